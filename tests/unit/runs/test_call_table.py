import csv
import io
import json
import re
from dataclasses import replace

import pytest

from core.calls import Call, Status
from core.classification.prediction import Hit
from core.runs.call_table import COLUMNS, call_row, format_calls
from tests.conftest import PROJECT

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
    frame=2,
    unreadable=0.01234,
    reason="",
)


class TestColumns:
    def test_are_those_that_the_manual_documents(self):
        text = (PROJECT / "docs" / "command-line.md").read_text(encoding="utf-8")
        table = text.partition("| column | meaning |\n|---|---|\n")[2].partition("\n\n")[0]
        first_cells = [line.split("|")[1] for line in table.splitlines()]
        assert tuple(re.findall(r"`(\w+)`", "".join(first_cells))) == COLUMNS


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
        }

    def test_an_unknown_one_has_a_best_guess_and_no_hit(self):
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
        assert format_calls([CALLED, INVALID], "tsv") == (
            "query\tlength\tstatus\tfamily_id\tfamily\tconfidence\torganism\thit\tscore"
            "\torganism_confidence\tstrand\tframe\tunreadable\tnote\n"
            "q1\t240\tcalled\t2\tIon channel\t0.8765\tHomo_sapiens\tBRCA1\t0.9877"
            "\t0.7654\t-\t2\t0.0123\t\n"
            "q3\t0\tinvalid" + "\t" * 11 + "Record 3 (line 9) is empty.\n"
        )

    @pytest.mark.parametrize(("file_format", "delimiter"), [("tsv", "\t"), ("csv", ",")])
    def test_any_name_comes_back(self, file_format, delimiter):
        name = "a,b\"c'=1;<x>"
        call = replace(INVALID, query=name, reason='has "!", and more')
        text = format_calls([call], file_format)
        (back,) = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        assert (back["query"], back["note"]) == (name, 'has "!", and more')

    def test_json_has_all_families_and_hits_too(self):
        called, invalid = json.loads(format_calls([CALLED, INVALID], "json"))
        assert called == call_row(CALLED) | {
            "families": [
                {"family_id": 2, "confidence": 0.8765},
                {"family_id": 0, "confidence": 0.1235},
            ],
            "hits": [
                {
                    "id": 7,
                    "organism": "Homo_sapiens",
                    "family": 2,
                    "name": "BRCA1",
                    "score": 0.98765,
                    "length": 900,
                }
            ],
        }
        assert invalid == call_row(INVALID) | {"families": [], "hits": []}

    def test_json_keeps_letters_of_any_script_readable(self):
        call = replace(INVALID, query="Gen α")
        assert "Gen α" in format_calls([call], "json")

    def test_no_calls_are_a_header_or_an_empty_list(self):
        assert format_calls([], "csv") == ",".join(COLUMNS) + "\n"
        assert json.loads(format_calls([], "json")) == []
