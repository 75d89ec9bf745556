"""The ways to read a query: six translations, or its two strands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.alignment.scoring import nucleotides, proteins
from core.encoders.proteins import base_codes
from core.encoders.translation import translate
from core.sequences.alphabet import reverse_complement

_CODON = 3


@dataclass(frozen=True, eq=False)
class Reading:
    """A query, read in one way.

    Attributes
    ----------
    strand, frame
        ``+`` or ``-``, and 1 to 3; 0 where it is read as bases.
    codes
        Its letters as numbers, uint8.
    text
        The same as letters; bases that cannot be read as N.
    dna
        What it is read from: the strand, from the first base of the frame on.
    length
        Bases of the query.
    """

    strand: str
    frame: int
    codes: NDArray[np.uint8]
    text: str
    dna: str
    length: int

    @property
    def step(self) -> int:
        """Bases of a letter."""
        return _CODON if self.frame else 1

    def on_query(self, first: int, end: int) -> tuple[int, int]:
        """First and last base of letters `first` to `end` - 1, from 1, on the query as given."""
        offset = max(0, self.frame - 1)
        start, stop = offset + self.step * first, offset + self.step * end
        return (
            (start + 1, stop)
            if self.strand == "+"
            else (self.length - stop + 1, self.length - start)
        )


def translations(query: str) -> list[Reading]:
    """The six translations: frames 1 to 3 of the strand as given, then of the other one.

    Parameters
    ----------
    query
        IUPAC DNA, upper case.
    """
    residues, lengths = translate(base_codes(query))
    strands = {"+": query, "-": reverse_complement(query)}
    return [
        Reading(
            strand=strand,
            frame=frame + 1,
            codes=(codes := residues[row + frame, : lengths[row + frame]]),
            text=proteins().text(codes),
            dna=dna[frame:],
            length=len(query),
        )
        for row, (strand, dna) in zip((0, _CODON), strands.items(), strict=True)
        for frame in range(_CODON)
    ]


def strands(query: str) -> list[Reading]:
    """The strand as given and the other one, as bases."""
    both = {"+": query, "-": reverse_complement(query)}
    return [
        Reading(strand, 0, codes := base_codes(dna), nucleotides().text(codes), dna, len(query))
        for strand, dna in both.items()
    ]
