"""What deciding needs of candidates, made from their rows and kept in memory within bounds.

A profile takes ten times the room of the residues it is made of, and less time to make than to
read: so the residues in the labels are what every process of a deployment shares.
"""

from collections.abc import Sequence
from contextlib import suppress
from threading import Lock

import numpy as np
from cachetools import LRUCache

from core.classification.model import Candidate, candidate
from core.classification.votes import Hit
from core.encoders.base import Encoder
from core.encoders.translated import Profile, TranslatedEncoder
from core.stores.sql import LabelStore, LibraryRow

_Key = tuple[str, int, int]
"""Encoder, sequence and family: another library may have the same sequence in another family."""

_OVERHEAD = 600
"""Bytes of the objects around the arrays of a relative."""


class CandidateCache:
    """The relatives used last; safe to share between threads.

    Parameters
    ----------
    most_bytes
        Bound of its memory.
    """

    def __init__(self, most_bytes: int) -> None:
        self._kept: LRUCache[_Key, Candidate] = LRUCache(most_bytes, getsizeof=_size)
        self._lock = Lock()

    def of(
        self, labels: LabelStore, row: LibraryRow, encoder: Encoder, hits: Sequence[Hit]
    ) -> list[Candidate]:
        """The relative of every hit, in their order.

        Raises
        ------
        TypeError
            If the encoder makes no profiles.
        """
        if not isinstance(encoder, TranslatedEncoder):
            message = f"the encoder {encoder.name} makes no profiles"
            raise TypeError(message)
        families = {hit.id: hit.family for hit in hits}
        with self._lock:
            found = {
                number: self._kept.get((row.fingerprint, number, family))
                for number, family in families.items()
            }
        missing = [number for number, known in found.items() if known is None]
        residues = labels.residues(row.id, missing) if missing else {}
        made = {
            number: candidate(encoder, families[number], sequence)
            for number, sequence in residues.items()
        }
        with self._lock:
            for number, each in made.items():
                with suppress(ValueError):  # It alone is larger than the cache.
                    self._kept[row.fingerprint, number, each.family] = each
        return [found[hit.id] or made.get(hit.id) or _nothing(hit) for hit in hits]


def _nothing(hit: Hit) -> Candidate:
    empty = Profile(np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.float32))
    return Candidate(hit.family, empty, np.zeros(0, dtype=np.uint8))


def _size(candidate: Candidate) -> int:
    return candidate.profile.nbytes + candidate.protein.nbytes + _OVERHEAD
