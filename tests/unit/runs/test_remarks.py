from dataclasses import replace

import pytest

from core.classify import Call, Status
from core.runs import Query
from core.runs.run import remarks

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


def said(*calls, queries=None):
    return remarks(calls, queries or [Query(str(n), "ACGT" * n) for n in range(1, len(calls) + 1)])


class TestRemarks:
    def test_of_nothing_odd_are_none(self):
        assert said(call(), call()) == []

    @pytest.mark.parametrize(
        ("odd", "remark"),
        [
            ({"strand": "-"}, "1 query is read on the reverse strand."),
            ({"length": 59}, "1 query is shorter than 60 bases: of those little can be said."),
            ({"unreadable": 0.1}, "1 query is unreadable by a tenth or more."),
        ],
    )
    def test_name_what_is_odd(self, odd, remark):
        assert said(call(), call(**odd)) == [remark]

    def test_count(self):
        assert said(call(strand="-"), call(strand="-")) == [
            "2 queries are read on the reverse strand."
        ]

    def test_leave_out_what_is_invalid(self):
        assert said(call(status=Status.INVALID, length=3)) == []

    def test_name_exact_copies_and_names_given_twice(self):
        queries = [Query("a", "ACGT"), Query("a", "ACGT"), Query("", "GG"), Query("", "TT")]
        assert said(*[call()] * 4, queries=queries) == [
            "1 query is an exact copy of another.",
            "1 name is given more than once.",
        ]
