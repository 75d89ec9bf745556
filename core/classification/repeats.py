"""Simple repeats: sequences of so few different words that many genes have something like them.

References
----------
Morgulis et al. (2006), "A fast and symmetric DUST implementation to mask low-complexity DNA
sequences", J Comput Biol 13:1028-1040.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.encoders.proteins import encode_bases

_WINDOW = 62
"""Triplets of a window: 64 bases."""
_MAX_SCORE = 2.0
"""Pairs of equal triplets in a window, by the number of its triplets less one, above which it is
repetitive; the default of DUST."""


def repeat_share(residues: str) -> float:
    """Return the share of a sequence's bases that lie in repetitive windows, 0 to 1.

    >>> repeat_share("CAG" * 40), repeat_share("ATGGCTGAAACCCTGTTCTGGACACCTCTC")
    (1.0, 0.0)
    """
    return int(_count_repetitive(encode_bases(residues))) / len(residues)


@njit(nogil=True, cache=True)
def _count_repetitive(codes: NDArray[np.uint8]) -> int:
    triplets = codes.size - 2
    window = min(_WINDOW, triplets)
    counts = np.zeros(64, dtype=np.int64)
    pairs = 0
    repetitive = 0
    end = 0  # Bases before it are counted.
    for last in range(triplets):
        word = _triplet(codes, last)
        if word >= 0:
            pairs += counts[word]
            counts[word] += 1
        if last >= window:
            word = _triplet(codes, last - window)
            if word >= 0:
                counts[word] -= 1
                pairs -= counts[word]
        first = last - window + 1
        if first >= 0 and pairs > _MAX_SCORE * (window - 1):
            repetitive += last + 3 - max(first, end)
            end = last + 3
    return repetitive


@njit(nogil=True, cache=True)
def _triplet(codes: NDArray[np.uint8], index: int) -> int:
    """Return the number of a triplet, -1 if it has an ambiguous base."""
    first, second, third = codes[index], codes[index + 1], codes[index + 2]
    if max(first, second, third) > 3:
        return -1
    return 16 * int(first) + 4 * int(second) + int(third)
