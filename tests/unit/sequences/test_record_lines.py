import pytest

from core.sequences.record_lines import pack_records, unpack_records
from core.sequences.records import Problem, Record

REFERENCES = {
    "dog": [Record("a", "ACGT", 1, 2, 5), Record("ü 基因\u2028", "", 2, 4, None)],
    "cat": [Record("", "AC\nGT", 1, 1, 0, Problem("letters", "Record 1 has <b>\0</b>."))],
    "": [Record("long", "", 1, 1, None, Problem("too long", "It has 9 bp."), 9)],
}


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_records_come_back_as_they_were_however_they_are_cut(size):
    content = b"".join(pack_records(REFERENCES))
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    assert unpack_records(pieces) == REFERENCES


def test_nothing_is_nothing():
    assert unpack_records([]) == {}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[" * 20_000,
        b'["dog", "a", "ACGT", 1, 2, 5]',
        b'["dog", "a", "ACGT", "1", 2, 5, null]',
        b'["dog", "a", "ACGT", 1, 2, 5, ["code"]]',
        b'["dog", "a", "ACGT", 1, 2, 5, null, "9"]',
    ],
)
def test_what_is_damaged_is_refused(line):
    with pytest.raises(ValueError, match=r"."):
        unpack_records([line + b"\n"])
