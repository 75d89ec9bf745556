import io
import zipfile
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from core.errors import InputError
from core.runs.call_table import call_row
from core.runs.exports import excel as module
from core.runs.exports.downloads import describe_run
from core.runs.exports.excel import CALL_COLUMNS, HIT_COLUMNS, export_workbook
from tests.support.alignments import alignment
from tests.support.exported_run import CALLS, GENES, HOSTILE, RUN
from tests.unit.runs.test_call_table import CALLED, GUESSED, HIT, INVALID


@pytest.fixture(scope="module")
def book():
    return load_workbook(io.BytesIO(export_workbook(RUN, CALLS, {}, "https://lab/run").data))


def values(sheet):
    return [tuple(cell.value for cell in line) for line in sheet]


def call_rows(calls, alignments):
    book = load_workbook(io.BytesIO(export_workbook(RUN, calls, alignments).data))
    header, *rows = values(book["calls"])
    return [dict(zip(header, row, strict=True)) for row in rows]


class TestWorkbook:
    def test_has_the_calls_under_the_names_of_all_tables(self, book):
        header, *rows = values(book["calls"])
        assert header == CALL_COLUMNS
        assert len(rows) == len(CALLS)
        (found,) = call_rows([CALLED], {(0, HIT.id): alignment(HIT)})
        assert found == call_row(CALLED) | {"identity": 0.5, "coverage": 0.75, "evalue": 1.23e-45}

    def test_an_unknown_or_invalid_query_has_no_family(self):
        unknown, invalid = call_rows([GUESSED, INVALID], {})
        assert (unknown["family"], unknown["family_id"], unknown["confidence"]) == (
            "unknown",
            None,
            None,
        )
        assert (unknown["best_guess"], unknown["best_guess_confidence"]) == ("Kinase", 0.5)
        assert (invalid["family"], invalid["best_guess"]) == ("invalid", None)

    def test_has_the_hits_of_every_call(self, book):
        header, *rows = values(book["hits"])
        assert header == HIT_COLUMNS
        assert len(rows) == len(GENES)
        name = HOSTILE[0]
        assert rows[0] == (name, 1, name, name, 2, "Ion channel", None, None, None, 0.5, 900)

    def test_has_the_facts_of_the_run_and_the_meanings_of_columns(self, book):
        assert dict(values(book["run"])[1:]) == describe_run(RUN, "https://lab/run")
        meanings = dict(values(book["columns"])[1:])
        assert meanings.keys() == {*CALL_COLUMNS, *HIT_COLUMNS}
        assert all(meanings.values())

    def test_names_are_text_and_come_back_as_they_are(self, book):
        found = [cell.value for cell in book["calls"]["A"][1:]]
        odd = {"half \ud83e": "half \ufffd", "bell \x07 and zero \0": "bell \ufffd and zero \ufffd"}
        assert found[: len(HOSTILE)] == [odd.get(name, name) for name in HOSTILE]

    def test_no_cell_is_a_formula_or_becomes_one_when_it_is_edited(self, book):
        for sheet in book:
            for cell in (cell for line in sheet for cell in line if cell.value is not None):
                assert cell.data_type in {"s", "n"}, cell.value
                if str(cell.value).lstrip().startswith(("=", "+", "-", "@")):
                    assert cell.quotePrefix

    def test_no_formula_is_in_the_file(self):
        data = export_workbook(RUN, CALLS, {}).data
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sheets = [name for name in archive.namelist() if "/worksheets/" in name]
            assert len(sheets) == 4
            for name in sheets:
                text = archive.read(name).decode()
                assert "<f>" not in text
                assert "<hyperlink" not in text

    def test_shows_the_ten_best_hits(self):
        many = replace(CALLED, hits=CALLED.hits * 30)
        book = load_workbook(io.BytesIO(export_workbook(RUN, [many], {}).data))
        assert [line[1] for line in values(book["hits"])[1:]] == list(range(1, 11))

    def test_of_more_calls_than_a_sheet_has_rows_is_refused(self, monkeypatch):
        monkeypatch.setattr(module, "MAX_ROWS", 2)
        with pytest.raises(InputError, match="more than an Excel sheet can hold"):
            export_workbook(RUN, CALLS, {})
