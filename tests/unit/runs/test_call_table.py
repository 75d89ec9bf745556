import csv
import io
import json
import re
from dataclasses import replace

import pytest

from core.calls import Call, Status
from core.classification.prediction import Hit
from core.classification.profile_evidence import ProfileHit
from core.runs.call_table import (
    ALIGNMENT_COLUMNS,
    COLUMN_TYPES,
    COLUMNS,
    call_row,
    format_calls,
)
from tests.conftest import PROJECT
from tests.support.alignments import alignment
from tests.support.synthetic import FAMILY_NAMES

HIT = Hit(7, "Homo_sapiens", 2, "BRCA1", 0.98765, 900)
INVALID = Call(
    query="q3",
    length=0,
    status=Status.INVALID,
    family_id=None,
    family="",
    confidence=0.0,
    families={},
    hits=(),
    organism="",
    organism_confidence=0.0,
    strand="",
    frame=0,
    unreadable=0.0,
    reason="Record 3 (line 9) is empty.",
)
UNKNOWN = replace(
    INVALID,
    query="q2",
    length=12,
    status=Status.UNKNOWN,
    family_id=0,
    family="Kinase",
    confidence=0.5,
    reason="Nothing is like it.",
)
CALLED = replace(
    INVALID,
    query="q1",
    length=240,
    status=Status.CALLED,
    family_id=2,
    family="Ion channel",
    confidence=0.87654,
    families={2: 0.87654, 0: 0.12346},
    hits=(HIT,),
    organism="Homo_sapiens",
    organism_confidence=0.76543,
    strand="-",
    start=3,
    end=230,
    frame=2,
    unreadable=0.01234,
    reason="",
)


GUESSED = replace(UNKNOWN, families={0: 0.5, 2: 0.3})


class TestColumns:
    def test_have_types(self):
        assert tuple(COLUMN_TYPES) == (*COLUMNS, *ALIGNMENT_COLUMNS)
        for call in (CALLED, UNKNOWN, INVALID, GUESSED):
            for name, value in call_row(call).items():
                assert value is None or type(value) is COLUMN_TYPES[name], name

    def test_are_those_that_the_manual_documents(self):
        text = (PROJECT / "docs" / "command-line.md").read_text(encoding="utf-8")
        table = text.partition("| column | meaning |\n|---|---|\n")[2].partition("\n\n")[0]
        first_cells = [line.split("|")[1] for line in table.splitlines()]
        documented = tuple(re.findall(r"`(\w+)`", "".join(first_cells)))
        assert documented == (*COLUMNS, *ALIGNMENT_COLUMNS)

    def test_new_ones_come_after_those_that_scripts_know(self):
        assert COLUMNS[:14] == (
            "query",
            "length",
            "status",
            "family_id",
            "family",
            "confidence",
            "organism",
            "hit",
            "score",
            "organism_confidence",
            "strand",
            "frame",
            "unreadable",
            "note",
        )


class TestRow:
    def test_of_the_hits_it_names_the_closest_organisms_best(self):
        hits = (
            HIT,
            *(Hit(number, "Canis_lupus", 2, f"dog {number}", 0.9, 800) for number in (1, 2)),
        )
        found = call_row(replace(CALLED, hits=hits, organism="Canis_lupus"))
        assert (found["organism"], found["hit"], found["score"]) == ("Canis_lupus", "dog 1", 0.9)

    def test_a_call_with_its_best_hit(self):
        assert call_row(CALLED) == {
            "query": "q1",
            "length": 240,
            "status": "called",
            "family_id": 2,
            "family": "Ion channel",
            "confidence": 0.8765,
            "organism": "Homo_sapiens",
            "hit": "BRCA1",
            "score": 0.9877,
            "organism_confidence": 0.7654,
            "strand": "-",
            "frame": 2,
            "unreadable": 0.0123,
            "note": None,
            "best_guess": None,
            "best_guess_confidence": None,
            "evidence_start": 3,
            "evidence_end": 230,
            "profile": None,
            "profile_evalue": None,
        }

    def test_has_the_profile_that_matches_best(self):
        best = ProfileHit("7tm_1", "PF00001", "", 2, 81.5, 1.23456e-20, "-", 2, 3, 230)
        found = call_row(replace(CALLED, profiles=(best, replace(best, name="7tm_2"))))
        assert (found["profile"], found["profile_evalue"]) == ("7tm_1", 1.23e-20)

    def test_the_best_guess_of_an_unknown_one_stands_apart(self):
        found = call_row(GUESSED)
        assert (found["best_guess"], found["best_guess_confidence"]) == ("Kinase", 0.5)
        assert (found["family"], found["confidence"]) == ("Kinase", 0.5)

    def test_without_evidence_nothing_is_guessed(self):
        found = call_row(UNKNOWN)
        assert (found["best_guess"], found["best_guess_confidence"]) == (None, None)

    def test_an_unknown_one_has_the_commonest_family_and_no_hit(self):
        found = call_row(UNKNOWN)
        assert (found["family_id"], found["family"], found["confidence"]) == (0, "Kinase", 0.5)
        assert (found["organism"], found["hit"], found["score"]) == (None, None, None)
        assert found["note"] == "Nothing is like it."

    def test_an_invalid_one_has_no_guess(self):
        found = call_row(INVALID)
        assert (found["family_id"], found["family"], found["confidence"]) == (None, None, None)

    @pytest.mark.parametrize("call", [CALLED, UNKNOWN, INVALID])
    def test_has_the_columns_in_their_order(self, call):
        assert tuple(call_row(call)) == COLUMNS


class TestAsText:
    def test_tsv_is_a_header_and_a_line_a_call_with_empty_cells_for_nothing(self):
        assert format_calls([CALLED, INVALID], "tsv", FAMILY_NAMES) == (
            "query\tlength\tstatus\tfamily_id\tfamily\tconfidence\torganism\thit\tscore"
            "\torganism_confidence\tstrand\tframe\tunreadable\tnote"
            "\tbest_guess\tbest_guess_confidence\tevidence_start\tevidence_end"
            "\tprofile\tprofile_evalue\n"
            "q1\t240\tcalled\t2\tIon channel\t0.8765\tHomo_sapiens\tBRCA1\t0.9877"
            "\t0.7654\t-\t2\t0.0123\t\t\t\t3\t230\t\t\n"
            "q3\t0\tinvalid" + "\t" * 11 + "Record 3 (line 9) is empty.\t\t\t\t\t\t\n"
        )

    def test_alignments_add_columns_at_the_end(self):
        text = format_calls([CALLED, UNKNOWN], "csv", FAMILY_NAMES, {(0, HIT.id): alignment(HIT)})
        header, called, unknown = csv.reader(io.StringIO(text))
        assert tuple(header) == (*COLUMNS, *ALIGNMENT_COLUMNS)
        assert called[-3:] == ["0.5", "0.75", "1.23e-45"]
        assert unknown[-3:] == ["", "", ""]

    @pytest.mark.parametrize(("file_format", "delimiter"), [("tsv", "\t"), ("csv", ",")])
    def test_any_name_comes_back(self, file_format, delimiter):
        name = "a,b\"c'=1;<x>"
        call = replace(INVALID, query=name, reason='has "!", and more')
        text = format_calls([call], file_format, FAMILY_NAMES)
        (back,) = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        assert (back["query"], back["note"]) == (name, 'has "!", and more')

    def test_json_has_all_families_and_hits_too(self):
        called, invalid = json.loads(format_calls([CALLED, INVALID], "json", FAMILY_NAMES))
        assert called == call_row(CALLED) | {
            "families": [
                {"family_id": 2, "family": "Ion channel", "confidence": 0.8765},
                {"family_id": 0, "family": "Kinase", "confidence": 0.1235},
            ],
            "hits": [
                {
                    "rank": 1,
                    "hit": "BRCA1",
                    "organism": "Homo_sapiens",
                    "family_id": 2,
                    "family": "Ion channel",
                    "score": 0.9877,
                    "length": 900,
                    "id": "7",
                }
            ],
        }
        assert invalid == call_row(INVALID) | {"families": [], "hits": []}

    def test_json_has_the_ids_that_javascript_would_round_as_strings(self):
        hit = replace(HIT, id=2**63 - 1)
        text = format_calls([replace(CALLED, hits=(hit,))], "json", FAMILY_NAMES)
        assert json.loads(text)[0]["hits"][0]["id"] == str(2**63 - 1)

    def test_json_has_the_alignments_letter_by_letter(self):
        aligned = alignment(HIT)
        hits = (HIT, replace(HIT, id=8))
        call = replace(CALLED, hits=hits)
        text = format_calls([call], "json", FAMILY_NAMES, {(0, HIT.id): aligned})
        (row,) = json.loads(text)
        assert (row["identity"], row["coverage"], row["evalue"]) == (0.5, 0.75, 1.23e-45)
        first, second = row["hits"]
        assert (first["identity"], first["evalue"]) == (0.5, 1.23e-45)
        assert first["alignment"]["query_letters"] == aligned.query_letters
        assert (first["alignment"]["query_start"], first["alignment"]["bits"]) == (1, 150.3)
        assert (second["identity"], second["alignment"]) == (None, None)

    def test_lines_are_the_items_of_json(self):
        calls = [CALLED, INVALID, replace(UNKNOWN, query="a\nb α")]
        lines = format_calls(calls, "ndjson", FAMILY_NAMES)
        assert lines.endswith("\n")
        assert list(map(json.loads, lines.splitlines())) == json.loads(
            format_calls(calls, "json", FAMILY_NAMES)
        )
        assert format_calls([], "ndjson", {}) == ""

    def test_json_keeps_letters_of_any_script_readable(self):
        call = replace(INVALID, query="Gen α")
        assert "Gen α" in format_calls([call], "json", FAMILY_NAMES)

    def test_no_calls_are_a_header_or_an_empty_list(self):
        assert format_calls([], "csv", {}) == ",".join(COLUMNS) + "\n"
        assert json.loads(format_calls([], "json", {})) == []
