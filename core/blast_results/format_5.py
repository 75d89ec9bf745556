"""BLAST results as XML, ``-outfmt 5``, read by Biopython."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from core.blast_results.naming import own_name
from core.blast_results.results import BlastAlignment, BlastHit, BlastQuery, Search

FAULTS = (ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError)
"""Errors that Biopython raises for elements that are missing or are not numbers."""


def iter_format_5(file: BinaryIO) -> Iterator[Search]:
    """Yield the queries of XML that was found harmless, with program and database.

    Raises
    ------
    One of FAULTS
        If an element is missing or invalid. A pydantic ValidationError is a ValueError.
    """
    from Bio.SearchIO.BlastIO.blast_xml import BlastXmlParser  # Imports slowly.

    parser = BlastXmlParser(  # type: ignore[no-untyped-call]
        file, use_raw_query_ids=True, use_raw_hit_ids=True
    )
    for found in parser:
        yield Search(f"{found.program} {found.version}", found.target or "", _query(found))


def _query(found: Any) -> BlastQuery:
    """Return a query from Biopython's, which has no types."""
    name, _ = own_name(found.id, found.description, "Query_", "lcl|")
    return BlastQuery(name, found.seq_len, tuple(_hits(found)))


def _hits(found: Any) -> Iterator[BlastHit]:
    for hit in found:
        name, title = own_name(hit.id, hit.description, "gnl|BL_ORD_ID|")
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
