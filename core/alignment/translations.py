"""Readings of a query: its six translations, or its two strands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.alignment.scoring import nucleotide_scheme, protein_scheme
from core.encoders.proteins import encode_bases
from core.encoders.translation import translate
from core.sequences.alphabet import reverse_complement

_FRAMES = 3
_CODON_BASES = 3


@dataclass(frozen=True, eq=False)
class Reading:
    """A query, read on one strand as bases or in one frame as residues.

    Attributes
    ----------
    strand, frame
        ``+`` or ``-``, and 1 to 3; 0 where it is read as bases.
    codes
        Its letters as numbers, uint8.
    text
        Its letters; ambiguous ones as X or N.
    dna
        The bases that are read: those of the strand, from the first one of the frame on.
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
        return _CODON_BASES if self.frame else 1

    def to_query_positions(self, first: int, end: int) -> tuple[int, int]:
        """Return the first and last base, from 1, of letters `first` to `end` - 1.

        They are positions on the query as entered; the first is the smaller one on both strands.
        """
        offset = max(0, self.frame - 1)
        start, stop = offset + self.step * first, offset + self.step * end
        if self.strand == "+":
            return start + 1, stop
        return self.length - stop + 1, self.length - start


def translate_frames(query: str) -> list[Reading]:
    """Return the six translations: frames 1 to 3 of the forward strand, then of the reverse one.

    Parameters
    ----------
    query
        Upper-case IUPAC DNA.
    """
    residues, lengths = translate(encode_bases(query))
    strands = {"+": query, "-": reverse_complement(query)}
    return [
        Reading(
            strand=strand,
            frame=frame + 1,
            codes=(codes := residues[row + frame, : lengths[row + frame]]),
            text=protein_scheme().decode(codes),
            dna=dna[frame:],
            length=len(query),
        )
        for row, (strand, dna) in zip((0, _FRAMES), strands.items(), strict=True)
        for frame in range(_FRAMES)
    ]


def read_strands(query: str) -> list[Reading]:
    """Return the forward and the reverse strand, as bases.

    Parameters
    ----------
    query
        Upper-case IUPAC DNA.
    """
    strands = {"+": query, "-": reverse_complement(query)}
    return [
        Reading(
            strand=strand,
            frame=0,
            codes=(codes := encode_bases(dna)),
            text=nucleotide_scheme().decode(codes),
            dna=dna,
            length=len(query),
        )
        for strand, dna in strands.items()
    ]
