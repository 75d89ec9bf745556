"""BLAST results as XML, ``-outfmt 5``: read by Biopython, once the XML is known to be harmless."""

import io
from collections.abc import Iterator, Sequence
from typing import Any
from xml.parsers import expat  # nosec B407  (it reads no entities: see _Inspection)

from pydantic import ValidationError

from core.blast_results.results import (
    MAX_ALIGNMENTS,
    BlastAlignment,
    BlastHit,
    BlastQuery,
    BlastResults,
)
from core.errors import InputError
from core.schema import describe_fault
from core.sequences.records import clean_name

_ROOT, _XML2_ROOTS = "BlastOutput", {"BlastXML2", "BlastOutput2"}
_QUERY, _ALIGNMENT = "Iteration", "Hsp"
_MAX_DEPTH = 50
"""More than any nested elements that BLAST writes."""
_OWN_QUERY_NAMES, _OWN_SUBJECT_NAMES = ("Query_", "lcl|"), ("gnl|BL_ORD_ID|",)
"""Beginnings of ids that BLAST makes up: the user's own begin the description."""
_FORMAT_HINT = "Use BLAST results in format 5 (XML), 6 or 7 (tabular)."
_DAMAGED_HINT = "Run BLAST again, or copy the file again."
_FAULTS = (
    ValidationError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    AssertionError,
)
"""Errors that Biopython raises for elements that are missing or are not numbers."""


def read_xml(data: bytes, name: str, digest: str) -> BlastResults:
    """Read BLAST's XML.

    Parameters
    ----------
    name, digest
        Name of the file, for messages, and digest of its contents.

    Raises
    ------
    InputError
        If it is not BLAST's XML, or declares entities; it names the line.
    """
    lines = _Inspection(data, name).query_lines
    from Bio.SearchIO.BlastIO.blast_xml import BlastXmlParser

    queries: list[BlastQuery] = []
    try:
        parser = BlastXmlParser(  # type: ignore[no-untyped-call]
            io.BytesIO(data), use_raw_query_ids=True, use_raw_hit_ids=True
        )
        program, database = "", ""
        for found in parser:
            queries.append(_query(found))
            program = f"{found.program} {found.version}"
            database = found.target or ""
    except _FAULTS as error:
        line = lines[len(queries)] if len(queries) < len(lines) else 1
        reason = "an element of this query is missing or invalid"
        if isinstance(error, ValidationError):
            reason = f"an alignment of this query is invalid ({describe_fault(error)})"
        raise InputError(f"{name}, line {line:,}: {reason}.", _DAMAGED_HINT) from None
    return BlastResults(name, digest, clean_name(program), clean_name(database), tuple(queries))


class _Inspection:
    """A first reading, which refuses whatever is not plain XML of BLAST.

    Entities can expand to any size, or name files of the server: a file that has one is refused.
    The document type that BLAST names is not fetched.

    Attributes
    ----------
    query_lines
        The line on which each query begins.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.query_lines: list[int] = []
        self._name = name
        self._depth = 0
        self._alignments = 0
        self._parser = expat.ParserCreate()
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.SkippedEntityHandler = self._refuse_entity
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            message = f"{name} is damaged XML, line {error.lineno:,}: {reason}."
            raise InputError(message, _DAMAGED_HINT) from None

    def _start(self, tag: str, _attributes: object) -> None:
        if self._depth == 0:
            self._check_root(tag)
        self._depth += 1
        self._alignments += tag == _ALIGNMENT
        if tag == _QUERY:
            self.query_lines.append(self._line)
        if self._depth > _MAX_DEPTH:
            raise self._refused("is nested too deeply")
        if self._alignments > MAX_ALIGNMENTS:
            raise self._refused(f"has more than {MAX_ALIGNMENTS:,} alignments")

    def _end(self, _tag: str) -> None:
        self._depth -= 1

    def _check_root(self, tag: str) -> None:
        if tag in _XML2_ROOTS:
            message = f"{self._name} has BLAST's XML2 (format 14 or 16), which is not supported."
            raise InputError(message, _FORMAT_HINT)
        if tag != _ROOT:
            raise InputError(f"{self._name} is XML, but not of BLAST.", _FORMAT_HINT)

    def _refuse_entity(self, *_: object) -> None:
        raise self._refused("has an XML entity, which BLAST never writes")

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber

    def _refused(self, reason: str) -> InputError:
        return InputError(f"{self._name} {reason} (line {self._line:,}).", _FORMAT_HINT)


def _query(found: Any) -> BlastQuery:
    """Return a query from Biopython's, which has no types."""
    name, _ = _own_name(found.id, found.description, _OWN_QUERY_NAMES)
    return BlastQuery(name, found.seq_len, tuple(_hits(found)))


def _hits(found: Any) -> Iterator[BlastHit]:
    for hit in found:
        name, title = _own_name(hit.id, hit.description, _OWN_SUBJECT_NAMES)
        alignments = tuple(map(_alignment, hit))
        if alignments:
            yield BlastHit(name, title, getattr(hit, "seq_len", None), alignments)


def _alignment(part: Any) -> BlastAlignment:
    columns = getattr(part, "aln_span", None)
    identical = getattr(part, "ident_num", None)
    return BlastAlignment(
        query_start=part.query_start + 1,
        query_end=part.query_end,
        subject_start=part.hit_start + 1,
        subject_end=part.hit_end,
        strand="-" if (part.query_frame or 1) * (part.hit_frame or 1) < 0 else "+",
        identity=identical / columns if columns and identical is not None else None,
        columns=columns,
        evalue=getattr(part, "evalue", None),
        bits=getattr(part, "bitscore", None),
    )


def _own_name(given: str, description: str | None, made_up: Sequence[str]) -> tuple[str, str]:
    """Return the name that the user gave, and the full header."""
    words = (description or "").split(maxsplit=1)
    if words and given.startswith(tuple(made_up)):
        return clean_name(words[0]), description or ""
    return clean_name(given), f"{given} {description or ''}".strip()
