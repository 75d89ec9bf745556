"""BLAST results as XML2, ``-outfmt 16``: one file, or one of the files of ``-outfmt 14``."""

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree as ET  # nosec B405  # inspected before: see .xml

from core.blast_results.naming import own_name
from core.blast_results.results import BlastAlignment, BlastHit, BlastQuery, Search

_ANY = "{*}"
"""Stands for any namespace: BLAST names one, other programs need not."""


def iter_format_16(file: BinaryIO) -> Iterator[Search]:
    """Yield the queries of XML2 that was found harmless, with program and database.

    Raises
    ------
    AttributeError, TypeError, ValueError
        If an element is missing, or is not a number. A pydantic ValidationError is a ValueError.
    """
    program = database = ""
    for _, element in ET.iterparse(file):  # noqa: S314  # nosec B314
        match element.tag.rpartition("}")[2]:
            case "version":
                program = element.text or ""
            case "db":
                database = element.text or ""
            case "Search":
                yield Search(program, database, _query(element))
                element.clear()  # Its alignments are no longer needed.


def _query(search: ET.Element) -> BlastQuery:
    title = search.findtext(f"{_ANY}query-title")
    name, _ = own_name(_text(search, "query-id"), title, "Query_", "lcl|")
    hits = filter(None, map(_hit, search.iterfind(f"{_ANY}hits/{_ANY}Hit")))
    return BlastQuery(name, _int(search, "query-len"), tuple(hits))


def _hit(hit: ET.Element) -> BlastHit | None:
    """Return a hit; of identical subjects, the first names it. None if nothing of it is aligned."""
    subject = f"{_ANY}description/{_ANY}HitDescr/{_ANY}"
    given, description = _text(hit, f"{subject}id"), hit.findtext(f"{subject}title")
    name, title = own_name(given, description, "gnl|BL_ORD_ID|")
    alignments = tuple(map(_alignment, hit.iterfind(f"{_ANY}hsps/{_ANY}Hsp")))
    return BlastHit(name, title, _int(hit, "len"), alignments) if alignments else None


def _alignment(part: ET.Element) -> BlastAlignment:
    query_start, query_end = sorted((_int(part, "query-from"), _int(part, "query-to")))
    subject_start, subject_end = sorted((_int(part, "hit-from"), _int(part, "hit-to")))
    columns = _int(part, "align-len")
    return BlastAlignment(
        query_start=query_start,
        query_end=query_end,
        subject_start=subject_start,
        subject_end=subject_end,
        strand="-" if _is_reverse(part, "query") != _is_reverse(part, "hit") else "+",
        identity=_int(part, "identity") / columns if columns else None,
        columns=columns,
        evalue=float(_text(part, "evalue")),
        bits=float(_text(part, "bit-score")),
    )


def _is_reverse(part: ET.Element, side: str) -> bool:
    """Tell whether query or hit is read backwards: DNA has a strand, what is translated a frame."""
    frame = part.findtext(f"{_ANY}{side}-frame")
    return part.findtext(f"{_ANY}{side}-strand") == "Minus" or int(frame or 0) < 0


def _int(element: ET.Element, child: str) -> int:
    return int(_text(element, child))


def _text(element: ET.Element, child: str) -> str:
    path = child if child.startswith(_ANY) else f"{_ANY}{child}"
    text = element.findtext(path)
    if text is None:
        raise ValueError(child)
    return text
