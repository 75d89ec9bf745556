import random
import zlib
from dataclasses import replace

import pytest

from core.runs import serialization as module
from core.runs.serialization import (
    StoredQuery,
    pack_calls,
    pack_queries,
    unpack_calls,
    unpack_queries,
)
from tests.unit.runs.test_call_table import CALLED, HIT, INVALID, UNKNOWN

ODD = "<script>=1+1 \u202e 基因 🧬 \ud83e \0"


class TestCalls:
    def test_come_back_as_they_were(self):
        odd = replace(CALLED, query=ODD, hits=(HIT, replace(HIT, name=ODD, score=1 / 3)))
        calls = [CALLED, UNKNOWN, INVALID, odd]
        assert unpack_calls(pack_calls(calls), 0, 4) == calls

    def test_every_page_is_that_of_the_whole(self, monkeypatch):
        monkeypatch.setattr(module, "_MAX_ITEMS", 3)
        calls = [replace(CALLED, query=f"q{number}") for number in range(10)]
        parts = list(pack_calls(calls))
        assert [part.first for part in parts] == [0, 3, 6, 9]
        for start in range(11):
            for stop in range(start, 12):
                assert unpack_calls(parts, start, stop) == calls[start:stop]

    def test_none_are_no_parts(self):
        assert list(pack_calls([])) == []


class TestQueries:
    def test_come_back_as_they_were_given(self):
        queries = [StoredQuery("a", "ACGT"), StoredQuery("", "AC!>GT"), StoredQuery(ODD, "")]
        assert unpack_queries(pack_queries(queries), 0, 3) == queries

    def test_long_ones_are_parts_of_their_own(self, monkeypatch):
        monkeypatch.setattr(module, "_MAX_LETTERS", 100)
        queries = [
            StoredQuery("long", "A" * 100),
            StoredQuery("short", "A"),
            StoredQuery("last", "A"),
        ]
        assert [part.first for part in pack_queries(queries)] == [0, 1]

    def test_of_dna_take_a_third_of_its_letters(self):
        residues = "".join(random.Random(1).choices("ACGT", k=100_000))
        (part,) = pack_queries([StoredQuery("q", residues)])
        assert len(part.data) < 34_000

    def test_a_damaged_part_is_never_read_as_something_else(self):
        (part,) = pack_queries([StoredQuery("q", "ACGT" * 100)])
        with pytest.raises(zlib.error):
            unpack_queries([replace(part, data=part.data[:-9])], 0, 1)
