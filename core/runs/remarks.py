"""What is odd about the queries of a run, in sentences."""

from collections import Counter
from collections.abc import Iterator, Sequence

from core.classifier import Call, Status
from core.runs.packing import Query

SHORT = 60
"""Bases below which little can be said of a query."""
UNREADABLE = 0.1
"""Share of letters that cannot be read from which on it is worth a remark."""


def remarks(calls: Sequence[Call], queries: Sequence[Query]) -> list[str]:
    """What somebody should know who looks at a run as a whole; empty where nothing is odd."""
    return list(_remarks(calls, queries))


def _remarks(calls: Sequence[Call], queries: Sequence[Query]) -> Iterator[str]:
    usable = [call for call in calls if call.status is not Status.INVALID]
    copies = Counter(query.residues for query in queries if query.residues)
    same = sum(count - 1 for count in copies.values())
    names = Counter(query.name for query in queries if query.name)
    twice = sum(count > 1 for count in names.values())
    reverse = sum(call.strand == "-" for call in usable)
    short = sum(call.length < SHORT for call in usable)
    unreadable = sum(call.unreadable >= UNREADABLE for call in usable)
    if same:
        yield f"{_of(same)} an exact copy of another."
    if twice:
        yield f"{twice:,} {'name is' if twice == 1 else 'names are'} given more than once."
    if reverse:
        yield f"{_of(reverse)} read on the reverse strand."
    if short:
        yield f"{_of(short)} shorter than {SHORT} bases: of those little can be said."
    if unreadable:
        yield f"{_of(unreadable)} unreadable by a tenth or more."


def _of(count: int) -> str:
    return "1 query is" if count == 1 else f"{count:,} queries are"
