from dataclasses import replace

import pytest

from components.classify.order import INPUT_ORDER, ORDERS, next_order, sort_calls
from core.calls import Status
from tests.unit.runs.test_call_table import CALLED

CALLS = [
    replace(CALLED, query="b", family="Synthase", confidence=0.6, length=30),
    replace(CALLED, query="a", family="Kinase", confidence=0.9, length=20),
    replace(CALLED, query="C", status=Status.UNKNOWN, family="Kinase", confidence=0.7, hits=()),
    replace(CALLED, query="d", status=Status.INVALID, family="", confidence=0.0, length=4, hits=()),
]


@pytest.mark.parametrize(
    ("name", "indices"),
    [
        (INPUT_ORDER, [0, 1, 2, 3]),
        ("query, ascending", [1, 0, 2, 3]),
        ("query, descending", [3, 2, 0, 1]),
        ("confidence, ascending", [3, 2, 0, 1]),
        ("confidence, descending", [1, 0, 2, 3]),
        ("family, ascending", [1, 0, 2, 3]),
        ("family, descending", [0, 1, 2, 3]),
        ("best hit, descending", [0, 1, 2, 3]),
    ],
)
def test_queries_without_a_value_come_last(name, indices):
    assert sort_calls(CALLS, range(4), ORDERS[name]) == indices


def test_only_the_given_queries_are_sorted():
    assert sort_calls(CALLS, [0, 1], ORDERS["query, ascending"]) == [1, 0]


def test_clicks_on_a_header_go_through_its_orders():
    order, names = ORDERS[INPUT_ORDER], []
    for column in ("confidence", "confidence", "confidence", "length", "confidence"):
        names.append(next_order(order, column))
        order = ORDERS[names[-1]]
    assert names == [
        "confidence, ascending",
        "confidence, descending",
        INPUT_ORDER,
        "length (bp), ascending",
        "confidence, ascending",
    ]


def test_a_label_has_the_direction():
    assert ORDERS["length (bp), descending"].label == "length (bp) ↓"
