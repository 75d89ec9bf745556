"""Contents of a run as bytes to store, and back: parts of compressed JSON."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

from core.calls import Call
from core.classification.prediction import Hit
from core.stores.sql.runs import Part
from core.tracing import TraceResult

CALLS, QUERIES, TRACES = "calls", "queries", "traces"
"""Kinds of parts."""
_MAX_ITEMS = 200
_MAX_LETTERS = 4_000_000
"""A part is full with this many items, or letters of JSON."""


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A query of a run, as it was entered.

    Attributes
    ----------
    name
        Empty if it had none.
    residues
        IUPAC nucleotide codes in upper case; of an invalid query, the original text.
    """

    name: str
    residues: str


def pack_calls(calls: Iterable[Call]) -> Iterator[Part]:
    """Pack calls into parts."""
    return _pack(CALLS, (call.to_json() for call in calls))


def pack_queries(queries: Iterable[StoredQuery]) -> Iterator[Part]:
    """Pack queries into parts."""
    return _pack(QUERIES, map(astuple, queries))


def pack_traces(traces: Iterable[TraceResult]) -> Iterator[Part]:
    """Pack trace results into parts."""
    return _pack(TRACES, map(asdict, traces))


def unpack_calls(parts: Iterable[Part], start: int, stop: int) -> list[Call]:
    """Return calls `start` to `stop` - 1 of a run, from the parts that contain them."""
    return [Call.from_json(values) for values in _unpack(parts, start, stop)]


def unpack_queries(parts: Iterable[Part], start: int, stop: int) -> list[StoredQuery]:
    """Return queries `start` to `stop` - 1 of a run, from the parts that contain them."""
    return [StoredQuery(*values) for values in _unpack(parts, start, stop)]


def unpack_traces(parts: Iterable[Part], start: int, stop: int) -> list[TraceResult]:
    """Return trace results `start` to `stop` - 1 of a run, from the parts that contain them."""
    return [
        TraceResult(
            **values | {"closest": {name: Hit(**hit) for name, hit in values["closest"].items()}}
        )
        for values in _unpack(parts, start, stop)
    ]


def _pack(kind: str, items: Iterable[Any]) -> Iterator[Part]:
    first, texts, letters = 0, list[str](), 0
    for item in items:
        texts.append(json.dumps(item))
        letters += len(texts[-1])
        if len(texts) == _MAX_ITEMS or letters >= _MAX_LETTERS:
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
