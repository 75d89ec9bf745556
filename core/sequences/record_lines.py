"""Records as lines of JSON, for a process that is given them by another."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import ConfigDict, TypeAdapter, ValidationError

from core.schema import STRICT, describe_fault
from core.sequences.records import Problem, Record

_Values = tuple[str, str, str, int, int, int | None, tuple[str, str] | None]
_LongValues = tuple[str, str, str, int, int, int | None, tuple[str, str] | None, int]
"""Values of a record that is too long to keep its residues: the last one is its length."""
_LINE: TypeAdapter[_Values | _LongValues] = TypeAdapter(
    _Values | _LongValues, config=ConfigDict(**STRICT)
)


def pack_records(references: Mapping[str, Sequence[Record]]) -> Iterator[bytes]:
    """Yield a line for each record of each organism, in their order.

    Queries belong to no organism: their name is empty.
    """
    for organism, records in references.items():
        for record in records:
            problem = record.problem and (record.problem.code, record.problem.message)
            values = (
                *(organism, record.name, record.residues, record.position, record.line),
                *(record.family, problem),
                *(() if record.bases is None else (record.bases,)),
            )
            yield json.dumps(values).encode() + b"\n"


def unpack_records(content: Iterable[bytes]) -> dict[str, list[Record]]:
    """Return the records by organism, from bytes that are cut anywhere.

    Raises
    ------
    ValueError
        If they are damaged.
    """
    references: dict[str, list[Record]] = {}
    for line in _lines(content):
        try:
            values = _LINE.validate_json(line)
        except ValidationError as error:
            raise ValueError(describe_fault(error)) from None
        organism, name, residues, position, number, family, problem, *bases = values
        found = Problem(*problem) if problem else None
        record = Record(name, residues, position, number, family, found, *bases)
        references.setdefault(organism, []).append(record)
    return references


def _lines(content: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for data in content:
        *lines, rest = (rest + data).split(b"\n")
        yield from lines
    if rest:
        yield rest
