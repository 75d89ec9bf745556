import csv
import io
import json

import pytest

from core.classification.prediction import Hit
from core.tracing import TraceResult
from core.tracing.trace_table import (
    COLUMN_TYPES,
    COLUMNS,
    SUMMARY_COLUMNS,
    format_results,
    to_row,
)

RESULTS = [
    TraceResult(
        "one",
        300,
        organisms={"a": 0.98765, "b": 0.01235},
        closest={"a": Hit(1, "a", 0, "gene 1", 0.9, 900), "b": Hit(2, "b", 0, "gene 2", 0.8, 900)},
        identity=0.991234,
    ),
    TraceResult("bad", 3, problem="Record 2 has '!'."),
]


def read(text, delimiter="\t"):
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


class TestFormatResults:
    @pytest.mark.parametrize(("file_format", "delimiter"), [("tsv", "\t"), ("csv", ",")])
    def test_has_a_row_a_query(self, file_format, delimiter):
        one, bad = read(format_results(RESULTS, file_format), delimiter)
        assert tuple(one) == COLUMNS
        assert list(one.values()) == ["one", "300", "a", "0.9877", "0.9912", "gene 1", "b", ""]
        assert list(bad.values()) == ["bad", "3", "", "", "", "", "", "Record 2 has '!'."]

    def test_the_summary_has_a_row_an_organism(self):
        first, second = read(format_results(RESULTS, "tsv", summary=True))
        assert tuple(first) == SUMMARY_COLUMNS
        assert (first["organism"], first["queries"], second["organism"]) == ("a", "1", "b")
        assert float(first["low"]) <= float(first["share"]) <= float(first["high"]) <= 1

    def test_lines_are_the_queries_of_json(self):
        lines = format_results(RESULTS, "ndjson").splitlines()
        found = json.loads(format_results(RESULTS, "json"))
        assert list(map(json.loads, lines)) == found["queries"]
        lines = format_results(RESULTS, "ndjson", summary=True).splitlines()
        assert list(map(json.loads, lines)) == found["organisms"]

    def test_columns_have_types(self):
        for result in RESULTS:
            for name, value in to_row(result).items():
                assert value is None or type(value) is COLUMN_TYPES[name], name

    def test_json_has_both_and_every_confidence(self):
        found = json.loads(format_results(RESULTS, "json"))
        assert [part["organism"] for part in found["organisms"]] == ["a", "b"]
        assert found["queries"][0]["organisms"] == {"a": 0.98765, "b": 0.01235}
        assert found["queries"][1]["note"] == "Record 2 has '!'."
