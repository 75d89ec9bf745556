import csv
import io
import json
from dataclasses import replace

import pytest

from core.runs import RunSettings
from core.runs.call_table import ALIGNMENT_COLUMNS, COLUMNS, call_row, format_calls
from core.runs.exports.downloads import (
    describe_run,
    export_table,
    file_name,
    make_download,
    neutralize_formula,
)
from tests.support.exported_run import CALLS, HOSTILE, RUN
from tests.unit.runs.test_call_table import CALLED, INVALID, UNKNOWN


def cells(file_format):
    text = export_table(RUN, CALLS, file_format, {}).data.decode("utf-8-sig")
    delimiter = "\t" if file_format == "tsv" else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


class TestFileName:
    @pytest.mark.parametrize("name", [*HOSTILE, "../../etc/passwd", "a/b\\c:d", "", "…"])
    def test_is_one_that_every_system_takes(self, name):
        found = file_name(name)
        assert len(found) <= 60
        assert found == "" or (found.replace("_", "a").isalnum() and found.isascii())


class TestMakeDownload:
    def test_is_called_after_the_run_and_its_day(self):
        assert make_download(RUN, ".tsv", "text/plain", "").name == "Plate_7_b_b_2026-03-09.tsv"
        assert (
            make_download(replace(RUN, name="α"), ".tsv", "text/plain", "").name == "2026-03-09.tsv"
        )

    def test_text_is_utf_8_without_halves_of_characters(self):
        assert make_download(RUN, "", "", "Gen α \ud83e").data.decode() == "Gen α ?"


class TestDescribeRun:
    def test_are_what_it_takes_to_make_it_again(self):
        assert describe_run(RUN, "https://lab/run") == {
            "run": RUN.name,
            "link": "https://lab/run",
            "date": "2026-03-09 14:05:06 UTC",
            "by": "Ada",
            "queries": "18",
            "seconds": "0.250",
            "library": "default (4,449 genes, encoder translated)",
            "organisms": "human (3,629), dog (820)",
            "fingerprint": "f" * 32,
            "contents": "c" * 64,
            "searched": "human, dog",
            "neighbours": "10",
            "threshold": "0.87",
            "versions": "GeneKin 0.1.0, numpy 2.4.6",
        }

    def test_what_is_not_known_is_left_out(self):
        found = describe_run(replace(RUN, by="", settings=RunSettings(None, 10, 0.5)))
        assert not {"by", "link"} & found.keys()
        assert found["searched"] == "all organisms"


class TestExportTable:
    @pytest.mark.parametrize("file_format", ["tsv", "csv"])
    def test_is_that_of_the_command_line_where_names_are_harmless(self, file_format):
        calls = [CALLED, UNKNOWN, INVALID]
        text = export_table(RUN, calls, file_format, {}).data.decode("utf-8-sig")
        assert text == format_calls(calls, file_format, RUN.families, {})

    @pytest.mark.parametrize("file_format", ["tsv", "csv"])
    def test_no_cell_is_a_formula(self, file_format):
        header, *rows = cells(file_format)
        assert tuple(header) == (*COLUMNS, *ALIGNMENT_COLUMNS)
        assert len(rows) == len(CALLS)
        for cell in (cell for row in rows for cell in row if cell not in {"+", "-"}):
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))

    @pytest.mark.parametrize("character", [";", ",", "\t"])
    def test_not_even_in_a_spreadsheet_that_splits_columns_elsewhere(self, character):
        for file_format in ("tsv", "csv"):
            text = export_table(RUN, CALLS, file_format, {}).data.decode("utf-8-sig")
            for line in text.splitlines():
                for cell in line.split(character):
                    bare = cell.strip("\" '\t")
                    assert not bare.startswith(("=", "@")) or "'" in cell[: cell.index(bare[0])]

    @pytest.mark.parametrize("file_format", ["tsv", "csv"])
    def test_other_names_come_back_as_they_are(self, file_format):
        found = {row[0] for row in cells(file_format)}
        harmless = {
            name for name in HOSTILE if neutralize_formula(name) == name and "\ud83e" not in name
        }
        assert len(harmless) >= 6
        assert harmless <= found

    def test_only_csv_begins_with_the_mark_that_excel_needs(self):
        assert export_table(RUN, CALLS, "csv", {}).data.startswith(b"\xef\xbb\xbfquery,")
        assert export_table(RUN, CALLS, "tsv", {}).data.startswith(b"query\t")

    def test_json_has_names_as_they_are(self):
        found = json.loads(export_table(RUN, CALLS[:4], "json", {}).data)
        assert [row["query"] for row in found] == HOSTILE[:4]
        assert found[0] == json.loads(json.dumps(call_row(CALLS[0]))) | {
            "families": found[0]["families"],
            "hits": found[0]["hits"],
            **dict.fromkeys(ALIGNMENT_COLUMNS),
        }

    @pytest.mark.parametrize("file_format", ["tsv", "csv", "json"])
    def test_of_no_calls_can_be_read_too(self, file_format):
        assert export_table(RUN, [], file_format, {}).data
