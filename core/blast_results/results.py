"""BLAST results: queries with their hits, whatever program and format they come from."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, NamedTuple

from pydantic import Field

from core.schema import StrictModel

MAX_ALIGNMENTS = 100_000
"""Maximum number of alignments of a file."""

_Position = Annotated[int, Field(ge=1, lt=2**31)]


class BlastAlignment(StrictModel):
    """A local alignment of a query with a subject (an HSP); what the file does not say is None.

    Attributes
    ----------
    query_start, query_end, subject_start, subject_end
        First and last letter, from 1; the start is the smaller one.
    strand
        ``-`` if query and subject run in opposite directions, or the query was read backwards.
    identity
        Share of the columns with the same letter, 0 to 1.
    columns
        Columns of the alignment, gaps included.
    evalue, bits
        E-value, and bit score.
    """

    query_start: _Position
    query_end: _Position
    subject_start: _Position | None = None
    subject_end: _Position | None = None
    strand: Annotated[str, Field(pattern=r"^[+-]$")] = "+"
    identity: Annotated[float, Field(ge=0, le=1)] | None = None
    columns: _Position | None = None
    evalue: Annotated[float, Field(ge=0)] | None = None
    bits: float | None = None


@dataclass(frozen=True)
class BlastHit:
    """A subject of the database that is similar to a query.

    Attributes
    ----------
    name
        Its id, the first word of its header.
    title
        Its header; empty if the file has none.
    length
        Letters of the subject; None if the file does not say so.
    alignments
        In the order of the file; at least one.
    """

    name: str
    title: str
    length: int | None
    alignments: tuple[BlastAlignment, ...]

    @property
    def best(self) -> BlastAlignment:
        """The first alignment, which is the best one."""
        return self.alignments[0]


@dataclass(frozen=True)
class BlastQuery:
    """A query with its hits, in the order of the file.

    Attributes
    ----------
    length
        Its length; None if the file does not say so.
    """

    name: str
    length: int | None
    hits: tuple[BlastHit, ...]

    @cached_property
    def span(self) -> int:
        """Its length, or else its last aligned letter."""
        ends = (part.query_end for hit in self.hits for part in hit.alignments)
        return max([self.length or 1, *ends])


class Search(NamedTuple):
    """A query as it is read, with the program and the database of its search."""

    program: str
    database: str
    query: BlastQuery


@dataclass(frozen=True)
class BlastResults:
    """The results of a file.

    Attributes
    ----------
    file
        Name of the file.
    digest
        Of its contents.
    program
        Program with its version, such as ``BLASTN 2.12.0+``; empty if the file does not say so.
    database
        Name of the database that was searched; empty if the file does not say so.
    queries
        In the order of the file, those without hits too where the file names them.
    """

    file: str
    digest: str
    program: str
    database: str
    queries: tuple[BlastQuery, ...]
