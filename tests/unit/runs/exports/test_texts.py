import csv
import io
import json

import pytest

from core.runs.call_table import COLUMNS, call_row, format_calls
from core.runs.exports.downloads import neutralize_formula, table
from tests.support.exported_run import CALLS, HOSTILE, RUN
from tests.unit.runs.test_call_table import CALLED, INVALID, UNKNOWN


def cells(file_format):
    text = table(RUN, CALLS, file_format).data.decode("utf-8-sig")
    delimiter = "\t" if file_format == "tsv" else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


class TestTable:
    @pytest.mark.parametrize("file_format", ["tsv", "csv"])
    def test_is_that_of_the_command_line_where_names_are_harmless(self, file_format):
        calls = [CALLED, UNKNOWN, INVALID]
        text = table(RUN, calls, file_format).data.decode("utf-8-sig")
        assert text == format_calls(calls, file_format)

    @pytest.mark.parametrize("file_format", ["tsv", "csv"])
    def test_no_cell_is_a_formula(self, file_format):
        header, *rows = cells(file_format)
        assert tuple(header) == COLUMNS
        assert len(rows) == len(CALLS)
        for cell in (cell for each in rows for cell in each if cell not in {"+", "-"}):
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))

    @pytest.mark.parametrize("character", [";", ",", "\t"])
    def test_not_even_in_a_spreadsheet_that_parts_columns_elsewhere(self, character):
        for file_format in ("tsv", "csv"):
            text = table(RUN, CALLS, file_format).data.decode("utf-8-sig")
            for line in text.splitlines():
                for cell in line.split(character):
                    bare = cell.strip("\" '\t")
                    assert not bare.startswith(("=", "@")) or "'" in cell[: cell.index(bare[0])]

    @pytest.mark.parametrize("file_format", ["tsv", "csv"])
    def test_other_names_come_back_as_they_are(self, file_format):
        found = {each[0] for each in cells(file_format)}
        harmless = {
            name for name in HOSTILE if neutralize_formula(name) == name and "\ud83e" not in name
        }
        assert len(harmless) >= 6
        assert harmless <= found

    def test_only_csv_begins_with_the_mark_that_excel_needs(self):
        assert table(RUN, CALLS, "csv").data.startswith(b"\xef\xbb\xbfquery,")
        assert table(RUN, CALLS, "tsv").data.startswith(b"query\t")

    def test_json_has_names_as_they_are(self):
        found = json.loads(table(RUN, CALLS[:4], "json").data)
        assert [each["query"] for each in found] == HOSTILE[:4]
        assert found[0] == json.loads(json.dumps(call_row(CALLS[0]))) | {
            "families": found[0]["families"],
            "hits": found[0]["hits"],
        }

    @pytest.mark.parametrize("file_format", ["tsv", "csv", "json"])
    def test_of_no_calls_can_be_read_too(self, file_format):
        assert table(RUN, [], file_format).data
