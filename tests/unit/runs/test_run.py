from dataclasses import replace

import pytest

from core.calls import Call, Status
from core.runs import StoredQuery
from core.runs.run import list_remarks

CALL = Call(
    query="a",
    length=600,
    status=Status.CALLED,
    family_id=1,
    family="Kinase",
    confidence=0.9,
    families={1: 0.9},
    hits=(),
    organism="human",
    organism_confidence=1.0,
    strand="+",
    frame=1,
    unreadable=0.0,
    reason="",
)


def call(**options):
    return replace(CALL, **options)


def remarks(*calls, queries=None):
    return list_remarks(
        calls, queries or [StoredQuery(str(n), "ACGT" * n) for n in range(1, len(calls) + 1)]
    )


class TestListRemarks:
    def test_of_nothing_odd_are_none(self):
        assert remarks(call(), call()) == []

    @pytest.mark.parametrize(
        ("odd", "remark"),
        [
            ({"strand": "-"}, "1 sequence on the reverse strand."),
            ({"length": 59}, "1 sequence shorter than 60 bp: results are unreliable."),
            ({"unreadable": 0.1}, "1 sequence with at least 10% ambiguous bases."),
        ],
    )
    def test_name_what_is_odd(self, odd, remark):
        assert remarks(call(), call(**odd)) == [remark]

    def test_count(self):
        assert remarks(call(strand="-"), call(strand="-")) == ["2 sequences on the reverse strand."]

    def test_leave_out_what_is_invalid(self):
        assert remarks(call(status=Status.INVALID, length=3)) == []

    def test_name_exact_copies_and_names_given_twice(self):
        queries = [
            StoredQuery("a", "ACGT"),
            StoredQuery("a", "ACGT"),
            StoredQuery("", "GG"),
            StoredQuery("", "TT"),
        ]
        assert remarks(*[call()] * 4, queries=queries) == [
            "1 duplicate sequence.",
            "1 duplicate name.",
        ]
