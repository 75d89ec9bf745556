"""How close the genes of one organism are to those of another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.library import Library


@dataclass(frozen=True, slots=True)
class Similarity:
    """The best inner product of each gene of one organism with any gene of another.

    Attributes
    ----------
    best
        float64, shape (n,), in the order of the genes; 0 where the encoder recognises nothing.
    """

    of: str
    to: str
    best: NDArray[np.float64]

    @property
    def n(self) -> int:
        """Number of genes compared."""
        return len(self.best)

    @property
    def mean(self) -> float:
        """Mean best inner product: a cosine of k-mer counts, not a percent identity."""
        return float(self.best.mean())


def similarity(library: Library, of: str, to: str, limit: int | None = None) -> Similarity:
    """Search the nearest gene of organism `to` for the first `limit` (or all) genes of `of`.

    Raises
    ------
    InputError
        If an organism is not in the library, or `limit` is not positive.
    """
    if limit is not None and limit < 1:
        message = f"A limit of {limit} genes leaves nothing to compare."
        raise InputError(message, "Give 1 or more.")
    residues = [row.residues for row in library.sequences(of, limit)]
    hits = library.search(residues, organisms=[to], limit=1)
    best = [found[0].score if found else 0.0 for found in hits]
    return Similarity(of, to, np.array(best, dtype=np.float64))
