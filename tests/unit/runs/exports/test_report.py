import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.alignment.explanation import explain_hits
from core.alignment.pairwise import format_evalue
from core.classification.prediction import Hit
from core.classification.profile_evidence import ProfileHit
from core.runs.exports import report as module
from core.runs.exports.report import export_report
from tests.support.alignments import alignment
from tests.support.evolution import ancestor
from tests.support.exported_run import CALLS, HOSTILE, RUN
from tests.support.synthetic import dna
from tests.unit.runs.test_call_table import CALLED, GUESSED, HIT, INVALID, UNKNOWN

_LARGE = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "details"}
_SMALL = {"summary", "table", "thead", "tbody", "tr", "th", "td", "b", "a", "bdi", "span"}
TAGS = _LARGE | _SMALL
"""Those that the report itself is made of."""
COLOURS = {0: "#000001", 1: "#000002", 2: "#0072B2"}


class _Reader(HTMLParser):
    """The document as a browser reads it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = set(), [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def written(run=RUN, calls=CALLS, alignments=None, **options):
    options["colour"] = COLOURS.__getitem__
    return export_report(run, calls, alignments or {}, **options).data.decode()


def by_hit(alignments):
    return {(0, aligned.hit.id): aligned for aligned in alignments}


def one(call):
    run = replace(RUN, queries=1, statuses={call.status: 1}, called={})
    return " ".join(_Reader(written(run, [call])).texts)


@pytest.fixture
def page():
    return _Reader(written(link="https://lab/history?run=a&b=<c>"))


class TestSafety:
    def test_names_are_shown_as_text(self, page):
        for name in HOSTILE[:13]:
            assert name in page.texts

    def test_nothing_of_them_is_run(self, page):
        assert page.tags <= TAGS
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        assert not [value for _, value in page.attributes if value and "javascript" in value]
        assert page.open == []

    def test_each_name_is_kept_from_turning_round_what_is_beside_it(self):
        text = written()
        around = re.findall("<bdi>[^<]*\u202e[^<]*</bdi>", text)
        assert len(around) == text.count("\u202e") > 0

    def test_nothing_is_loaded(self, page):
        assert not {"script", "link", "img", "iframe"} & page.tags
        assert "url(" not in "".join(page.texts)
        assert "@import" not in "".join(page.texts)
        assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes

    def test_the_link_is_one(self, page):
        assert ("href", "https://lab/history?run=a&b=<c>") in page.attributes

    def test_a_link_that_is_no_address_is_text(self):
        page = _Reader(written(link="javascript:alert(1)"))
        links = [value for name, value in page.attributes if name == "href"]
        assert all(value.startswith("#query-") for value in links)


class TestContents:
    def test_begins_with_what_came_out(self):
        texts = "".join(_Reader(written()).texts)
        assert "Plate 7: <b>α</b>" in texts
        assert "09 March 2026, 14:05 UTC" in texts
        assert "16 called · 1 unknown · 1 invalid" in texts

    def test_has_the_table_the_versions_and_the_settings(self):
        texts = _Reader(written()).texts
        assert {"query", "family", "best hit", "identity", "E-value", "similarity"} <= set(texts)
        assert "GeneKin 0.1.0, numpy 2.4.6" in texts
        assert {"0.87", "human, dog", "c" * 64} <= set(texts)

    def test_says_how_each_was_decided(self):
        texts = one(CALLED)
        assert "Ion channel , confidence 88%" in texts.replace("\n", "")
        assert "reverse strand, frame 2" in texts
        assert "BRCA1" in texts

    def test_says_why_one_is_unknown_or_invalid(self):
        texts = re.sub(r"\s+", " ", one(GUESSED))
        assert "unknown best guess: Kinase (50%) Nothing is like it." in texts
        assert "Nothing is like it. · best guess: Kinase (50%)" in texts
        assert "strand," not in texts.replace("strand, frame", "")
        assert "best guess" not in one(UNKNOWN)
        assert "Record 3 (line 9) is empty." in one(INVALID)

    def test_families_have_their_colours_and_the_unknown_none(self):
        text = written()
        assert f"background:{COLOURS[2]}" in text
        assert 'class="dot none"' in text

    def test_names_the_profiles_that_match(self):
        match = ProfileHit("<kin>", "PF1", "A <family>", 2, 81.5, 1e-20, "-", 3, 10, 1309)
        call = replace(CALLED, profiles=(match, replace(match, name="other", family=None)))
        texts = _Reader(written(calls=[call])).texts
        first = texts.index("speaks for")
        shown = [text for text in texts[first:] if text.strip()]
        at = shown.index("<kin>")
        assert shown[at : at + 2] == ["<kin>", "A <family>"]
        assert {RUN.families[2], "10–1,309", format_evalue(1e-20), "-, 3"} <= {*shown[at:]}
        assert "other" in shown[at + 3 :]
        assert "speaks for" not in one(CALLED)

    def test_shows_the_alignments_that_it_is_given(self):
        gene = ancestor(0)
        hit = Hit(1, "human", 2, "<gene>", 0.9, len(gene))
        call = replace(CALLED, strand="+", frame=1, hits=(hit,))
        alignments = explain_hits(gene, call, [hit], {1: gene}).alignments
        texts = "".join(_Reader(written(calls=[call], alignments=by_hit(alignments))).texts)
        assert (
            "Alignment with <gene>: identity 100%, query coverage 100%, hit coverage 100%" in texts
        )
        assert f"query    1 {alignments[0].query_letters[:60]} 180" in texts

    def test_says_of_an_alignment_that_it_is_not_significant(self):
        gene, query = ancestor(0), dna("noise", 600)
        hit = Hit(1, "human", 2, "gene", 0.01, len(gene))
        call = replace(UNKNOWN, strand="+", frame=1, hits=(hit,))
        alignments = explain_hits(query, call, [hit], {1: gene}).alignments
        texts = "".join(_Reader(written(calls=[call], alignments=by_hit(alignments))).texts)
        assert "; not significant" in texts

    def test_is_bounded_and_says_so(self, monkeypatch):
        monkeypatch.setattr(module, "MAX_ROWS", 3)
        monkeypatch.setattr(module, "MAX_DETAILS", 2)
        text = written()
        assert "First 3 of 18" in text
        assert "First 2 of 18" in text
        assert text.count("<details open") == 2

    def test_of_no_queries_is_a_page_too(self):
        run = replace(RUN, queries=0, statuses={}, called={})
        assert "<b>0</b> called" in written(run, [])

    def test_evidence_is_open_such_that_it_is_printed_and_found(self):
        text = written()
        assert text.count("<details open") == text.count("<details") == len(CALLS)

    def test_the_table_leads_to_the_evidence(self):
        page = _Reader(written())
        links = {value for name, value in page.attributes if name == "href"}
        anchors = {f"#{value}" for name, value in page.attributes if name == "id"}
        assert links == anchors
        assert len(links) == len(CALLS)

    def test_hits_have_the_figures_of_their_alignments(self):
        texts = _Reader(written(calls=[CALLED], alignments={(0, HIT.id): alignment(HIT)})).texts
        start = texts.index("Evidence")
        assert texts[texts.index("50%", start) :][:3] == ["50%", "75%", "1e-45"]

    def test_prints_dark_on_white_whatever_the_screen(self):
        style = written().partition("@media print")[2]
        assert "color-scheme: light" in style
        assert "--paper: #fff" in style
