"""How close the genes of one organism are to those of another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.calling.caller import cosines
from core.encoders.translated import TranslatedEncoder
from core.errors import InputError, Refitted
from core.library import Library
from core.threads import in_threads

_TOGETHER = 256
_CANDIDATES = 10


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
        """Mean best inner product: a cosine of weighted words, not a percent identity."""
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
    try:
        best = [
            score
            for start in range(0, len(residues), _TOGETHER)
            for score in _best(library, residues[start : start + _TOGETHER], to)
        ]
    except Refitted:
        return similarity(library.reopened(), of, to, limit)
    return Similarity(of, to, np.array(best, dtype=np.float64))


def _best(library: Library, residues: Sequence[str], to: str) -> list[float]:
    """The best inner product of each sequence with any of the organism `to`."""
    if not isinstance(library.encoder, TranslatedEncoder):
        found = library.search(residues, organisms=[to], limit=1)
        return [hits[0].score if hits else 0.0 for hits in found]
    # Vectors of rare words find the candidates; only whole profiles compare.
    profiles = in_threads(library.encoder.profile, residues)
    vectors = library.encoder.query_vectors(profiles)
    found = library.search_vectors(vectors, organisms=[to], limit=_CANDIDATES)
    relatives = [library.relatives(hits) for hits in found]
    pairs = list(zip(profiles, relatives, strict=True))
    return in_threads(lambda pair: float(cosines(*pair).max(initial=0.0)), pairs)
