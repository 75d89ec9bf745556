"""Order of the queries in a table. Pure: calls in, indices out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.calls import Call, Status

SORTED_COLUMNS: Mapping[str, str] = {
    "query": "query",
    "family": "family",
    "confidence": "confidence",
    "length": "length (bp)",
    "organism": "organism",
    "hit": "best hit",
    "score": "similarity",
}
"""Columns that a table can be sorted by, and their labels."""
_CERTAINTY = (Status.INVALID, Status.UNKNOWN, Status.CALLED)
_KEYS: Mapping[str, Callable[[Call], Any]] = {
    "query": lambda call: call.query.casefold(),
    "family": lambda call: call.family.casefold() if call.status is Status.CALLED else None,
    # An unknown query is less certain than any call, however low the threshold of that.
    "confidence": lambda call: (_CERTAINTY.index(call.status), call.confidence),
    "length": lambda call: call.length,
    "organism": lambda call: call.organism.casefold() if call.status is Status.CALLED else None,
    "hit": lambda call: call.closest.name.casefold() if call.closest else None,
    "score": lambda call: call.closest.score if call.closest else None,
}


@dataclass(frozen=True, slots=True)
class Order:
    """An order of queries.

    Attributes
    ----------
    name
        As the page calls it.
    column
        Column that is sorted by; that of the input, if empty.
    """

    name: str
    column: str = ""
    descending: bool = False

    @property
    def label(self) -> str:
        """Label of the column, with an arrow."""
        return f"{SORTED_COLUMNS[self.column]} {'↓' if self.descending else '↑'}"


INPUT_ORDER = "input order"
ORDERS: Mapping[str, Order] = {
    order.name: order
    for order in (
        Order(INPUT_ORDER),
        *(
            Order(f"{label}, {direction}", column, direction == "descending")
            for column, label in SORTED_COLUMNS.items()
            for direction in ("ascending", "descending")
        ),
    )
}
"""All orders by name."""


def next_order(order: Order, column: str) -> str:
    """Return the name of the order after a click on a column: ascending, descending, input."""
    if order.column != column:
        return f"{SORTED_COLUMNS[column]}, ascending"
    return INPUT_ORDER if order.descending else f"{SORTED_COLUMNS[column]}, descending"


def sort_calls(calls: Sequence[Call], indices: Sequence[int], order: Order) -> list[int]:
    """Return the indices of calls in an order; those without a value come last."""
    if not order.column:
        return list(indices)
    key = _KEYS[order.column]
    values = {index: key(calls[index]) for index in indices}
    present = [index for index in indices if values[index] is not None]
    present.sort(key=values.__getitem__, reverse=order.descending)
    return present + [index for index in indices if values[index] is None]
