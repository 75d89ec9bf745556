import json
from dataclasses import replace

import pytest

from components.classify import files as module
from components.classify.files import RunAlignments, describe_limit, list_files
from components.classify.submission import RunResult
from components.shared import services
from tests.support.classify_page import ask, latest_run, open_downloads
from tests.support.pages import shown
from tests.support.synthetic import dna

TWO = f">one\n{dna('human 2')}\n>bad\nAC!\n"
LABELS = [
    "Table (TSV)",
    "Table (CSV)",
    "Excel (XLSX)",
    "All hits (JSON)",
    "Report (HTML)",
    "Hits (FASTA)",
    "BLAST tabular (format 6)",
    "Alignments (text)",
    "Sequences (FASTA)",
    "Sequences by family (ZIP)",
    "Run file (opens in any GeneKin)",
]


@pytest.fixture
def page(loaded, opened):
    return opened("classify")


@pytest.fixture
def result(page):
    ask(page, TWO)
    run = latest_run()
    return RunResult(run, services.runs().calls(run), services.runs().queries(run))


@pytest.fixture
def library(result):
    return services.libraries().open(result.run.library)


def labels(page):
    return [element.proto.label for element in page.get("download_button")]


def made(result, library):
    alignments = RunAlignments(result, library)
    groups = list_files(result, library, alignments, "https://lab/?run=1").values()
    return {file.label: (file, file.make()) for group in groups for file in group}


class TestPage:
    def test_offers_every_file(self, page):
        ask(page, TWO)
        assert not labels(page), "none is prepared before it is asked for"
        assert labels(open_downloads(page)) == LABELS

    def test_without_its_library_a_run_has_no_files_of_hits(self, page):
        ask(page, TWO)
        services.libraries().delete("default")
        assert labels(open_downloads(page)) == LABELS[:5] + LABELS[-3:]
        assert "files have no alignments, identities or E-values" in shown(page)

    def test_a_query_without_hits_has_no_files_of_hits(self, page):
        ask(page, ">short\nACG\n")
        assert labels(open_downloads(page)) == LABELS[:5] + LABELS[-3:]


class TestFiles:
    def test_have_the_names_that_the_page_says(self, result, library):
        files = made(result, library)
        assert list(files) == LABELS
        for file, download in files.values():
            assert download.name.endswith(file.ending)
            assert download.data

    def test_agree_on_the_alignment_of_the_best_hit(self, result, library):
        files = {label: download.data for label, (_, download) in made(result, library).items()}
        header, row, _ = files["Table (TSV)"].decode().splitlines()
        table = dict(zip(header.split("\t"), row.split("\t"), strict=True))
        best = json.loads(files["All hits (JSON)"])[0]["hits"][0]
        blast = files["BLAST tabular (format 6)"].decode().splitlines()[0].split("\t")
        assert (table["hit"], table["identity"], table["coverage"]) == ("human_2", "1.0", "1.0")
        assert (best["hit"], best["identity"], best["evalue"]) == (
            "human_2",
            1,
            float(table["evalue"]),
        )
        assert blast[:3] == ["one", "human_2", "100.000"]
        assert float(blast[10]) == best["evalue"]
        assert files["Hits (FASTA)"].decode().count(">") == len(result.calls[0].hits)
        assert b"Hit: human_2, human, Synthase\nidentity 100%" in files["Alignments (text)"]

    def test_align_once_for_all(self, result, library, monkeypatch):
        limits = []

        def align_hits(*_, limit, **__):
            limits.append(limit)
            return {}

        monkeypatch.setattr(module, "align_hits", align_hits)
        made(result, library)
        assert limits == [module.MAX_ALIGNMENTS]

    def test_say_how_many_hits_are_aligned(self, result, library, monkeypatch):
        assert describe_limit(result, library) == ""
        hits = len(result.calls[0].hits)
        monkeypatch.setattr(module, "MAX_ALIGNMENTS", hits - 1)
        assert f"of {hits - 1} of the {hits} hits" in describe_limit(result, library)
        assert describe_limit(replace(result, calls=[]), library) == ""
