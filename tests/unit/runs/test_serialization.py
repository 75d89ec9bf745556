import json
import random
import zlib
from dataclasses import replace

import pytest

from core.classification.profile_evidence import ProfileHit
from core.runs import serialization as module
from core.runs.serialization import (
    StoredQuery,
    pack_calls,
    pack_queries,
    pack_traces,
    unpack_calls,
    unpack_queries,
    unpack_traces,
)
from core.stores.sql.runs import Part
from core.tracing import TraceResult
from tests.unit.runs.test_call_table import CALLED, HIT, INVALID, UNKNOWN

ODD = "<script>=1+1 \u202e 基因 🧬 \ud83e \0"


class TestCalls:
    def test_come_back_as_they_were(self):
        odd = replace(CALLED, query=ODD, hits=(HIT, replace(HIT, name=ODD, score=1 / 3)))
        calls = [CALLED, UNKNOWN, INVALID, odd]
        assert unpack_calls(pack_calls(calls), 0, 4) == calls

    def test_profiles_come_back_and_others_have_none_stored(self):
        hit = ProfileHit(ODD, "PF00001", "A family", 2, 81.5, 1e-20, "-", 3, 10, 309)
        matched = replace(CALLED, profiles=(hit, replace(hit, name="other", family=None)))
        assert unpack_calls(pack_calls([matched]), 0, 1) == [matched]
        assert "profiles" not in CALLED.to_json()

    @pytest.mark.parametrize("profiles", [3, [3], [["short"]], "text", None])
    def test_profiles_that_are_none_are_damage(self, profiles):
        data = zlib.compress(json.dumps([CALLED.to_json() | {"profiles": profiles}]).encode())
        with pytest.raises(ValueError, match=r"."):
            unpack_calls([Part("calls", 0, data)], 0, 1)

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
        with pytest.raises(ValueError, match="not a complete compressed stream"):
            unpack_queries([replace(part, data=part.data[:-9])], 0, 1)


def changed(part, change):
    """Return a part with another first item."""
    first, *others = json.loads(zlib.decompress(part.data))
    return replace(part, data=zlib.compress(json.dumps([change(first), *others]).encode()))


class TestDamaged:
    @pytest.mark.parametrize("data", [b"", b"\0", b"ACGT", zlib.compress(b"{}")], ids=ascii)
    @pytest.mark.parametrize("unpack", [unpack_calls, unpack_queries, unpack_traces])
    def test_bytes_are_refused_in_one_way(self, unpack, data):
        with pytest.raises(ValueError):  # noqa: PT011  (it has many messages)
            unpack([Part("calls", 0, data)], 0, 1)

    @pytest.mark.parametrize(
        "change",
        [
            lambda call: None,
            lambda call: [],
            lambda call: call | {"more": 1},
            lambda call: call | {"status": "maybe"},
            lambda call: call | {"length": "long"},
            lambda call: call | {"confidence": float("nan")},
            lambda call: call | {"families": [[1]]},
            lambda call: call | {"families": 5},
            lambda call: call | {"hits": [[1, 2]]},
            lambda call: call | {"hits": [[*call["hits"][0][:-1], None]]},
            lambda call: {name: call[name] for name in call if name != "hits"},
        ],
    )
    def test_a_call_of_another_shape_is_refused(self, change):
        (part,) = pack_calls([CALLED])
        with pytest.raises(ValueError):  # noqa: PT011
            unpack_calls([changed(part, change)], 0, 1)

    @pytest.mark.parametrize("query", [None, ["a"], ["a", "ACGT", 1], ["a", 5], {"a": 1}])
    def test_a_query_of_another_shape_is_refused(self, query):
        (part,) = pack_queries([StoredQuery("a", "ACGT")])
        with pytest.raises(ValueError):  # noqa: PT011
            unpack_queries([changed(part, lambda _: query)], 0, 1)

    @pytest.mark.parametrize("change", [{"closest": {"human": 1}}, {"identity": None}, {"x": 1}])
    def test_a_trace_of_another_shape_is_refused(self, change):
        traced = TraceResult("a", 4, {"human": 1.0}, {"human": HIT}, 0.9)
        (part,) = pack_traces([traced])
        assert unpack_traces([part], 0, 1) == [traced]
        with pytest.raises(ValueError):  # noqa: PT011
            unpack_traces([changed(part, lambda values: values | change)], 0, 1)

    def test_a_part_that_unpacks_to_more_than_any_has_is_refused(self, monkeypatch):
        monkeypatch.setattr(module, "_MAX_PART_BYTES", 1_000)
        (part,) = pack_queries([StoredQuery("a", "A" * 2_000)])
        with pytest.raises(ValueError, match="not a complete compressed stream"):
            unpack_queries([part], 0, 1)
