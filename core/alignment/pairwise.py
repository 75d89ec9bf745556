"""Pairwise alignments of queries with hits, and their layout in rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.alignment.scoring import GAP, MAX_EVALUE, ScoringScheme
from core.alignment.translations import Reading
from core.classification.prediction import Hit

ROW_WIDTH = 60
"""Columns of a row."""
_DNA_ROW_WIDTH = 20
"""Columns of a row with the codons below."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best local alignment of a query with a hit.

    Attributes
    ----------
    strand, frame
        Reading of the query: ``+`` or ``-``, and 1 to 3; the frame is 0 where bases are aligned.
    score, bits
        Raw score as in blastp or blastn, and in bits.
    evalue
        Number of alignments of this score that chance brings between the query, in all its
        readings, and as many genes of the hit's length as were searched.
    identity
        Share of columns, including gaps, with a match, 0 to 1.
    query_coverage, hit_coverage
        Share of the query's bases, and of the hit's letters, from the first column to the last.
    query_start, query_end
        First and last base on the query as entered, from 1; the start is the smaller one.
    hit_start, hit_end
        First and last letter on the hit, from 1: residues of its longest ORF, or bases.
    query_letters, midline, hit_letters
        The columns: letters and gaps of the query; the letter of a match, ``+`` for similar letters
        or a blank; letters and gaps of the hit.
    dna
        The query's bases, three a column, on the strand that is read; empty where bases are
        aligned.
    significant
        Whether its E-value is below :data:`~core.alignment.scoring.MAX_EVALUE`.
    truncated
        Whether only the region around the best segment was aligned, because the hit is very long or
        the segment is not significant.
    """

    hit: Hit
    strand: str
    frame: int
    score: float
    bits: float
    evalue: float
    identity: float
    query_coverage: float
    hit_coverage: float
    query_start: int
    query_end: int
    hit_start: int
    hit_end: int
    query_letters: str
    midline: str
    hit_letters: str
    dna: str
    significant: bool
    truncated: bool


def build_alignment(
    hit: Hit,
    reading: Reading,
    reference: NDArray[np.uint8],
    scheme: ScoringScheme,
    *,
    path: NDArray[np.int64],
    score: float,
    pairs: int,
    truncated: bool,
) -> Alignment:
    """Build the alignment along a path.

    Parameters
    ----------
    reference
        Letters of the hit as numbers, uint8.
    path
        int64, shape (2, n): the boundaries of its blocks, in letters of the reading and of the hit,
        from 0.
    pairs
        Letters of the query times letters that were searched, which the E-value depends on.
    """
    (first, hit_first), (end, hit_end) = path[:, 0].tolist(), path[:, -1].tolist()
    starts, sizes = path[:, :-1].T.tolist(), np.diff(path).T.tolist()
    blocks = list(zip(starts, sizes, strict=True))
    query = _lay_out(reading.text, [(at[0], size[0], max(size)) for at, size in blocks])
    letters = _lay_out(
        scheme.decode(reference), [(at[1], size[1], max(size)) for at, size in blocks]
    )
    midline = scheme.midline(query, letters)
    codons = [(at[0] * 3, size[0] * 3, max(size) * 3) for at, size in blocks]
    query_start, query_end = reading.to_query_positions(first, end)
    evalue = scheme.gapped.evalue(score, pairs)
    return Alignment(
        hit=hit,
        strand=reading.strand,
        frame=reading.frame,
        score=score,
        bits=scheme.gapped.bits(score),
        evalue=evalue,
        identity=(len(midline) - midline.count(" ") - midline.count("+")) / len(midline),
        query_coverage=(query_end - query_start + 1) / reading.length,
        hit_coverage=(hit_end - hit_first) / reference.size,
        query_start=query_start,
        query_end=query_end,
        hit_start=hit_first + 1,
        hit_end=hit_end,
        query_letters=query,
        midline=midline,
        hit_letters=letters,
        dna=_lay_out(reading.dna, codons) if reading.frame else "",
        significant=evalue < MAX_EVALUE,
        truncated=truncated,
    )


def _lay_out(text: str, blocks: list[tuple[int, int, int]]) -> str:
    """Return the letters of blocks (start, letters, columns), with gaps where it has none."""
    return "".join(text[start : start + size] or GAP * width for start, size, width in blocks)


@dataclass(frozen=True, slots=True)
class AlignmentRow:
    """A row of an alignment.

    Attributes
    ----------
    query_start, query_end
        Bases on the query as entered at both ends, in reading order: descending on the strand
        ``-``.
    hit_start, hit_end
        Letters on the hit at both ends.
    dna
        Three bases a column; empty where bases are aligned.
    """

    query_start: int
    query_end: int
    hit_start: int
    hit_end: int
    query_letters: str
    midline: str
    hit_letters: str
    dna: str


def split_rows(alignment: Alignment, width: int = ROW_WIDTH) -> Iterator[AlignmentRow]:
    """Yield an alignment in rows of `width` columns."""
    step = 3 if alignment.frame else 1
    forward = alignment.strand == "+"
    base = alignment.query_start if forward else alignment.query_end
    letter = alignment.hit_start
    for start in range(0, len(alignment.query_letters), width):
        query, midline, hit = (
            line[start : start + width]
            for line in (alignment.query_letters, alignment.midline, alignment.hit_letters)
        )
        bases = step * (len(query) - query.count(GAP))
        letters = len(hit) - hit.count(GAP)
        last = base + bases - 1 if forward else base - bases + 1
        yield AlignmentRow(
            query_start=base,
            query_end=last if bases else base,
            hit_start=letter,
            hit_end=letter + max(0, letters - 1),
            query_letters=query,
            midline=midline,
            hit_letters=hit,
            dna=alignment.dna[start * step : (start + width) * step] if alignment.frame else "",
        )
        base = base + bases if forward else base - bases
        letter += letters


def format_alignment(alignment: Alignment, *, dna: bool = False) -> str:
    """Return an alignment as plain text, with positions at both ends of every row.

    Parameters
    ----------
    dna
        Add the query's codons below each row where residues are aligned.
    """
    codons = dna and alignment.frame > 0
    ends = (alignment.query_end, alignment.hit_end)
    digits = max(len(str(end)) for end in ends)
    lines = []
    for row in split_rows(alignment, _DNA_ROW_WIDTH if codons else ROW_WIDTH):
        query, midline, hit = row.query_letters, row.midline, row.hit_letters
        if codons:
            query, midline, hit = (_space_out(line) for line in (query, midline, hit))
        lines += [
            f"query  {row.query_start:>{digits}} {query} {row.query_end}",
            f"{'':{digits + 7}} {midline}".rstrip(),
            f"hit    {row.hit_start:>{digits}} {hit} {row.hit_end}",
            *([f"DNA    {'':{digits}} {row.dna}"] if codons else []),
            "",
        ]
    return "\n".join(lines)


def _space_out(line: str) -> str:
    """Return the letters, each above the middle of its codon."""
    return "".join(f" {letter} " for letter in line)


def format_evalue(evalue: float) -> str:
    """Return an E-value with as many digits as it deserves.

    >>> [format_evalue(value) for value in (0.0, 3.21e-50, 0.0312, 4.2, 1234.5)]
    ['0', '3e-50', '0.031', '4.2', '1,234']
    """
    if 0 < evalue < 0.01:
        return f"{evalue:.0e}"
    return f"{evalue:,.0f}" if evalue >= 10 else f"{evalue:.2g}"
