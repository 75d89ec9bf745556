"""The contents of a run as bytes to keep, and back: compressed JSON, a part at a time."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from core.classification.votes import Hit
from core.classify import Call, Status
from core.stores.sql.runs import Part

CALLS, QUERIES = "calls", "queries"
_CALL = tuple(field.name for field in fields(Call))
_hit_values = attrgetter(*(field.name for field in fields(Hit)))
"""By their places: names would be most of what is kept. What hits get later belongs at their end,
with a default, as do fields of calls."""
_ITEMS = 200
_LETTERS = 4_000_000
"""Most items of a part, and the letters of JSON with which it is full."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a run, as it was given.

    Attributes
    ----------
    name
        Empty where it had none.
    residues
        Upper-case IUPAC letters; where the query is invalid, as it came.
    """

    name: str
    residues: str


def pack_calls(calls: Iterable[Call]) -> Iterator[Part]:
    """Calls in parts."""
    return _pack(CALLS, map(_call_values, calls))


def pack_queries(queries: Iterable[Query]) -> Iterator[Part]:
    """Queries in parts."""
    return _pack(QUERIES, ([query.name, query.residues] for query in queries))


def unpack_calls(parts: Iterable[Part], start: int, stop: int) -> list[Call]:
    """Calls `start` to `stop` - 1 of a run, from the parts that hold them."""
    return [_call(values) for values in _unpack(parts, start, stop)]


def unpack_queries(parts: Iterable[Part], start: int, stop: int) -> list[Query]:
    """Queries `start` to `stop` - 1 of a run, from the parts that hold them."""
    return [Query(*values) for values in _unpack(parts, start, stop)]


def _pack(kind: str, items: Iterable[Any]) -> Iterator[Part]:
    first, texts, letters = 0, list[str](), 0
    for item in items:
        texts.append(json.dumps(item))
        letters += len(texts[-1])
        if len(texts) == _ITEMS or letters >= _LETTERS:
            yield _part(kind, first, texts)
            first, texts, letters = first + len(texts), [], 0
    if texts:
        yield _part(kind, first, texts)


def _part(kind: str, first: int, texts: Sequence[str]) -> Part:
    return Part(kind, first, zlib.compress(f"[{','.join(texts)}]".encode("ascii")))


def _unpack(parts: Iterable[Part], start: int, stop: int) -> Iterator[Any]:
    for part in parts:
        items = json.loads(zlib.decompress(part.data))
        yield from items[max(0, start - part.first) : max(0, stop - part.first)]


def _call_values(call: Call) -> dict[str, Any]:
    values = {name: getattr(call, name) for name in _CALL}
    values["families"] = list(call.families.items())  # JSON has no numbers as keys.
    values["hits"] = list(map(_hit_values, call.hits))
    return values


def _call(values: dict[str, Any]) -> Call:
    values["status"] = Status(values["status"])
    values["families"] = dict(values["families"])
    values["hits"] = tuple(Hit(*hit) for hit in values["hits"])
    return Call(**values)
