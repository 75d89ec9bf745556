"""Sequences as programs hold them: files, texts, tables, lists and records."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from core.errors import InputError
from core.sequences.alphabet import IUPAC_DNA, is_mostly_dna, normalise
from core.sequences.files import read_bytes
from core.sequences.limits import Limits
from core.sequences.queries import Queries, make_query, read_queries
from core.sequences.records import Record

if TYPE_CHECKING:
    from pandas import DataFrame


@runtime_checkable
class SequenceRecord(Protocol):
    """A record of another library, such as Biopython's ``SeqRecord``."""

    id: str | None
    seq: object


QueryInput: TypeAlias = (
    "str | PathLike[str] | Record | SequenceRecord | DataFrame"
    " | Mapping[str, str | SequenceRecord] | Iterable[str | Record | SequenceRecord]"
)
"""Queries: a file, a text, a table, sequences by name, a list of sequences or records."""
ReferenceInput: TypeAlias = (
    "str | PathLike[str] | DataFrame | Iterable[Record | tuple[str, str, str | int]]"
)
"""Reference sequences: a file, a text, a table, records, or names, sequences and families."""

References: TypeAlias = "ReferenceInput | Mapping[str, ReferenceInput]"
"""Reference sequences by organism, or one input that names the organisms itself."""

_TEXT_STARTS = (">", "@")


@dataclass(frozen=True, slots=True)
class Content:
    """Content of a file, a text or a table, with its name for messages."""

    data: bytes
    name: str


def read_input(queries: QueryInput, limits: Limits) -> Queries:
    """Return queries as records, invalid ones included.

    Raises
    ------
    InputError
        If there are none, or they are none of these things.
    """
    if isinstance(queries, str) and is_sequence(queries):
        queries = [queries]
    content = read_content(queries, limits)
    if content is not None:
        return read_queries(content.data, content.name, limits)
    records = Queries()
    records.extend(_make_records(queries, limits))
    if not records:
        raise InputError("There are no sequences.", "Give at least one.")
    return records


def read_content(source: object, limits: Limits) -> Content | None:
    """Return the content of a file, a text or a table; None if the source is none of these.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    if isinstance(source, bytes):
        raise InputError("Bytes are neither a text nor the name of a file.", "Decode them.")
    if isinstance(source, str) and is_text(source):
        return Content(source.encode(errors="replace"), "the text")
    if isinstance(source, str | PathLike):
        path = Path(source).expanduser()
        return Content(read_bytes(path, limits.max_bytes), os.fspath(source))
    if (to_csv := getattr(source, "to_csv", None)) and hasattr(source, "columns"):
        return Content(to_csv(index=False).encode(), "the table")
    return None


def is_text(text: str) -> bool:
    r"""Return True if a string is the content of a file, and not its name.

    >>> is_text(">a\nACGT"), is_text("genes.fasta")
    (True, False)
    """
    return "\n" in text.strip() or text.lstrip().startswith(_TEXT_STARTS)


def is_sequence(text: str) -> bool:
    """Return True if a string in one line is a sequence, valid or not, and not the name of a file.

    >>> [is_sequence(text) for text in ("acgt", "ACGT-A", "MKV", "genes.fasta")]
    [True, True, True, False]
    """
    if is_text(text):
        return False
    if not normalise(text).strip(IUPAC_DNA):
        return True
    return (text.isalpha() or is_mostly_dna(text)) and not Path(text).exists()


def describe_references(records: Iterable[object]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, sequence and family of each reference record.

    Raises
    ------
    InputError
        If one of them is neither a record nor a name, a sequence and a family.
    """
    for record in records:
        if isinstance(record, Record):
            yield record.name, record.residues, _to_text(record.family)
        elif isinstance(record, tuple) and len(record) == 3:
            name, residues, family = map(_to_text, record)
            yield name, residues, family
        else:
            message = f"{_describe(record)} is no reference record."
            raise InputError(message, "Give records, or tuples of name, sequence and family.")


def _to_text(value: object) -> str:
    return "" if value is None else str(value)


def _make_records(queries: object, limits: Limits) -> Iterator[Record]:
    if isinstance(queries, Record | SequenceRecord):
        queries = [queries]
    elif hasattr(queries, "items"):  # A dict, or a series of pandas.
        for position, (name, residues) in enumerate(queries.items(), start=1):
            yield _make_record(str(name), residues, position, limits)
        return
    if not isinstance(queries, Iterable):
        message = f"{_describe(queries)} is no sequence."
        raise InputError(message, "Give a file, a text, or sequences.")
    for position, query in enumerate(queries, start=1):
        if isinstance(query, Record):
            checked = _make_record(query.name, query.residues, position, limits)
            yield query if query.problem else replace(checked, line=query.line)
        elif isinstance(query, SequenceRecord):
            yield _make_record(query.id or "", query, position, limits)
        else:
            yield _make_record("", query, position, limits)


def _make_record(name: str, residues: object, position: int, limits: Limits) -> Record:
    if isinstance(residues, SequenceRecord):
        residues = str(residues.seq)
    if not isinstance(residues, str):
        message = f"Query {position:,} is no sequence but {_describe(residues)}."
        raise InputError(message, "Give strings or records.")
    return make_query(name, residues, position, limits)


def _describe(value: object) -> str:
    return f"{type(value).__name__} {value!r:.40}"
