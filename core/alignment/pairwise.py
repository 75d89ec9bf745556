"""An alignment of a query with a hit, and its rows as people read them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.alignment.scoring import GAP, Scheme
from core.alignment.translations import Reading
from core.classification.votes import Hit

WIDTH = 60
"""Columns of a row."""
_DNA_WIDTH = 20
"""The same where each column has a codon."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best local alignment of a query with a hit.

    Attributes
    ----------
    strand, frame
        How the query is read: ``+`` or ``-``, and 1 to 3; the frame is 0 where bases are aligned.
    score
        As blastp counts, in half bits, or as blastn does.
    identity
        Share of its columns, gaps among them, in which both have the same letter, 0 to 1.
    query_coverage, hit_coverage
        Share of the query's bases, and of the hit's letters, from its first column to its last.
    query_start, query_end
        First and last base on the query as given, from 1; the start is the smaller one.
    hit_start, hit_end
        First and last letter on the hit, from 1: residues of its longest open stretch, or bases.
    query, middle, hit
        The columns: letters and gaps of the query; the letter where both have it, ``+`` where one
        stands for the other; letters and gaps of the hit.
    dna
        The query's bases under the columns, on the strand that is read: three a column.
    beyond_chance
        Whether it holds a segment that chance brings in less than one comparison of a hundred.
    cut
        Whether only the surroundings of their best segment were aligned: the hit is very long, or
        the segment is not beyond chance.
    """

    of: Hit
    strand: str
    frame: int
    score: float
    identity: float
    query_coverage: float
    hit_coverage: float
    query_start: int
    query_end: int
    hit_start: int
    hit_end: int
    query: str
    middle: str
    hit: str
    dna: str
    beyond_chance: bool
    cut: bool


def aligned(
    hit: Hit,
    reading: Reading,
    reference: NDArray[np.uint8],
    scheme: Scheme,
    *,
    path: NDArray[np.int64],
    score: float,
    beyond_chance: bool,
    cut: bool,
) -> Alignment:
    """The alignment along a path.

    Parameters
    ----------
    reference
        Letters of the hit as numbers.
    path
        int64, shape (2, n): where its blocks begin and end, in letters of the query as it is read
        and of the hit, from 0.
    """
    (first, other), (end, last) = path[:, 0].tolist(), path[:, -1].tolist()
    blocks = list(zip(path[:, :-1].T.tolist(), np.diff(path).T.tolist(), strict=True))
    query = _columns(reading.text, [(at[0], by[0], max(by)) for at, by in blocks])
    letters = _columns(scheme.text(reference), [(at[1], by[1], max(by)) for at, by in blocks])
    dna = [(at[0] * 3, by[0] * 3, max(by) * 3) for at, by in blocks]
    start, stop = reading.on_query(first, end)
    return Alignment(
        of=hit,
        strand=reading.strand,
        frame=reading.frame,
        score=score,
        identity=sum(map(scheme.same, query, letters)) / len(query),
        query_coverage=(stop - start + 1) / reading.length,
        hit_coverage=(last - other) / reference.size,
        query_start=start,
        query_end=stop,
        hit_start=other + 1,
        hit_end=last,
        query=query,
        middle="".join(map(scheme.mark, query, letters)),
        hit=letters,
        dna=_columns(reading.dna, dna) if reading.frame else "",
        beyond_chance=beyond_chance,
        cut=cut,
    )


def _columns(text: str, blocks: list[tuple[int, int, int]]) -> str:
    """The letters of blocks, each a first letter, how many, and how many columns it takes."""
    return "".join(text[at : at + count] or GAP * width for at, count, width in blocks)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an alignment.

    Attributes
    ----------
    query_start, query_end
        Bases on the query as given at its two ends, in reading order: they fall on the strand
        ``-``.
    hit_start, hit_end
        Letters on the hit at its two ends.
    dna
        Three bases a column; empty where bases are aligned.
    """

    query_start: int
    query_end: int
    hit_start: int
    hit_end: int
    query: str
    middle: str
    hit: str
    dna: str


def rows(alignment: Alignment, width: int = WIDTH) -> Iterator[Row]:
    """The alignment in rows of so many columns."""
    step = 3 if alignment.frame else 1
    forward = alignment.strand == "+"
    base = alignment.query_start if forward else alignment.query_end
    letter = alignment.hit_start
    for start in range(0, len(alignment.query), width):
        query, middle, hit = (
            line[start : start + width]
            for line in (alignment.query, alignment.middle, alignment.hit)
        )
        bases = step * (len(query) - query.count(GAP))
        letters = len(hit) - hit.count(GAP)
        last = base + bases - 1 if forward else base - bases + 1
        yield Row(
            query_start=base,
            query_end=last if bases else base,
            hit_start=letter,
            hit_end=letter + max(0, letters - 1),
            query=query,
            middle=middle,
            hit=hit,
            dna=alignment.dna[start * step : (start + width) * step] if alignment.frame else "",
        )
        base = base + bases if forward else base - bases
        letter += letters


def as_text(alignment: Alignment, *, dna: bool = False) -> str:
    """The alignment in plain text with positions at both ends of every row.

    Parameters
    ----------
    dna
        Whether the query's codons stand under each row, where there are any.
    """
    codons = dna and alignment.frame > 0
    ends = (alignment.query_end, alignment.hit_end)
    digits = max(len(str(end)) for end in ends)
    lines = []
    for row in rows(alignment, _DNA_WIDTH if codons else WIDTH):
        query, middle, hit = row.query, row.middle, row.hit
        if codons:
            query, middle, hit = (_spread(line) for line in (query, middle, hit))
        lines += [
            f"query  {row.query_start:>{digits}} {query} {row.query_end}",
            f"{'':{digits + 7}} {middle}".rstrip(),
            f"hit    {row.hit_start:>{digits}} {hit} {row.hit_end}",
            *([f"DNA    {'':{digits}} {row.dna}"] if codons else []),
            "",
        ]
    return "\n".join(lines)


def _spread(line: str) -> str:
    """A column under the middle of every codon."""
    return "".join(f" {letter} " for letter in line)
