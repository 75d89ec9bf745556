"""Contents of a run as bytes to store, and back: parts of compressed JSON, checked when read."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from core.calls import Call
from core.classification.prediction import Hit
from core.classification.profile_evidence import ProfileHit
from core.serialized import decompress, parse_json
from core.stores.sql.runs import Part
from core.tracing import TraceResult

CALLS, QUERIES, TRACES = "calls", "queries", "traces"
"""Kinds of parts."""
_MAX_ITEMS = 200
_MAX_LETTERS = 4_000_000
"""A part is full with this many items, or letters of JSON."""
_MAX_PART_BYTES = 500_000_000
"""More than any part has: a single query can have 16 million letters, of six bytes in JSON."""


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
    """Return calls `start` to `stop` - 1 of a run, from the parts that contain them.

    Raises
    ------
    ValueError
        If a part is damaged.
    """
    return _CALLS.validate_python(list(map(_call_fields, _unpack(parts, start, stop))))


def unpack_queries(parts: Iterable[Part], start: int, stop: int) -> list[StoredQuery]:
    """Return queries `start` to `stop` - 1 of a run, from the parts that contain them.

    Raises
    ------
    ValueError
        If a part is damaged.
    """
    values = _unpack(parts, start, stop)
    return _QUERIES.validate_python([_by_field(StoredQuery, query) for query in values])


def unpack_traces(parts: Iterable[Part], start: int, stop: int) -> list[TraceResult]:
    """Return trace results `start` to `stop` - 1 of a run, from the parts that contain them.

    Raises
    ------
    ValueError
        If a part is damaged.
    """
    return _TRACES.validate_python(list(_unpack(parts, start, stop)))


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
        items = parse_json(decompress(part.data, _MAX_PART_BYTES))
        if not isinstance(items, list):
            message = "not a list of items"
            raise ValueError(message)  # noqa: TRY004  (damaged data, not a wrong argument)
        yield from items[max(0, start - part.first) : max(0, stop - part.first)]


def _call_fields(values: Any) -> dict[str, Any]:
    """Return the fields of a call from its stored form."""
    try:
        hits = [_by_field(Hit, hit) for hit in values["hits"]]
        profiles = [_by_field(ProfileHit, hit) for hit in values.get("profiles", ())]
        families = dict(values["families"])
    except (AttributeError, KeyError, TypeError) as error:
        message = "not a call"
        raise ValueError(message) from error
    return {**values, "families": families, "hits": hits, "profiles": profiles}


def _by_field(item: type, values: Any) -> dict[str, Any]:
    """Return the values of a dataclass, stored in the order of its fields, by field."""
    try:
        return dict(zip(_NAMES[item], values, strict=True))
    except TypeError as error:
        message = f"not a {item.__name__}"
        raise ValueError(message) from error


_NAMES: dict[type, tuple[str, ...]] = {
    item: tuple(field.name for field in fields(item)) for item in (Hit, ProfileHit, StoredQuery)
}
_STORED = ConfigDict(extra="forbid", allow_inf_nan=False)
_CALLS = TypeAdapter(list[Call], config=_STORED)
_QUERIES = TypeAdapter(list[StoredQuery], config=_STORED)
_TRACES = TypeAdapter(list[TraceResult], config=_STORED)
