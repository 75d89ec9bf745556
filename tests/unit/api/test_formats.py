"""Answers written piece by piece, in every format."""

import json

import pytest

from core.api.formats import Format, Writer, choose_format

ROWS = [{"query": "a", "n": 1, "hits": [1]}, {"query": 'b "c"\n', "n": None, "hits": []}]


def written(file_format, *pieces):
    writer = Writer(file_format, ("query", "n"), "calls")
    parts = [writer.head({"library": "x"}), *map(writer.rows, pieces), writer.tail({"end": True})]
    return b"".join(parts).decode()


@pytest.mark.parametrize("pieces", [[ROWS], [ROWS[:1], ROWS[1:]], [[], ROWS, []]])
class TestWriter:
    def test_json_is_the_same_however_it_is_cut(self, pieces):
        assert json.loads(written(Format.JSON, *pieces)) == {
            "library": "x",
            "calls": ROWS,
            "end": True,
        }

    def test_lines_of_json(self, pieces):
        text = written(Format.NDJSON, *pieces)
        assert [json.loads(line) for line in text.splitlines()] == ROWS

    def test_tables_have_their_columns(self, pieces):
        assert written(Format.CSV, *pieces) == 'query,n\na,1\n"b ""c""\n",\n'
        assert written(Format.TSV, *pieces).startswith("query\tn\na\t1\n")


@pytest.mark.parametrize("file_format", list(Format))
def test_an_answer_without_rows_is_complete(file_format):
    text = written(file_format)
    if file_format is Format.JSON:
        assert json.loads(text) == {"library": "x", "calls": [], "end": True}
    else:
        assert len(text.splitlines()) == (0 if file_format is Format.NDJSON else 1)


def test_what_is_no_number_is_an_error():
    with pytest.raises(ValueError, match="not JSON compliant"):
        written(Format.JSON, [{"score": float("nan")}])


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/jsonl", "ndjson"),
        ("text/csv;q=0.2, application/json;q=0.3", "json"),
        ("text/csv;q=x, text/tab-separated-values;q=0.1", "tsv"),
        ("TEXT/CSV", "csv"),
        (";;,,", "json"),
    ],
)
def test_the_header_accept(accept, expected):
    assert choose_format(None, accept).value == expected
