"""Candidate cache: what the model needs of each hit, made from its residues and kept in memory.

A profile takes ten times the memory of its residues, and less time to make than to read. So the
database keeps the residues, which all processes share, and each process makes its own profiles.
"""

from collections.abc import Sequence
from contextlib import suppress
from threading import Lock

import numpy as np
from cachetools import LRUCache

from core.classification.model import Candidate, make_candidate
from core.classification.prediction import Hit
from core.encoders.base import Encoder
from core.encoders.translated import Profile, TranslatedEncoder
from core.stores.sql import LabelStore, LibraryRow
from core.thread_pool import map_in_threads

_Key = tuple[str, int, int]
"""Encoder, sequence and family: another library may have the same sequence in another family."""

_OBJECT_BYTES = 600
"""Bytes of the Python objects around a candidate's arrays."""


class CandidateCache:
    """The most recently used candidates; safe to share between threads.

    Parameters
    ----------
    max_bytes
        Upper limit of the memory used.
    """

    def __init__(self, max_bytes: int) -> None:
        self._cache: LRUCache[_Key, Candidate] = LRUCache(max_bytes, getsizeof=_size)
        self._lock = Lock()

    def candidates(
        self, labels: LabelStore, row: LibraryRow, encoder: Encoder, hits: Sequence[Hit]
    ) -> list[Candidate]:
        """Return the candidate of every hit, in the order of the hits.

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
            cached = {
                number: self._cache.get((row.fingerprint, number, family))
                for number, family in families.items()
            }
        missing = [number for number, known in cached.items() if known is None]
        residues = labels.residues(row.id, missing) if missing else {}
        new_candidates = map_in_threads(
            lambda number: make_candidate(encoder, families[number], residues[number]),
            list(residues),
        )
        made = dict(zip(residues, new_candidates, strict=True))
        with self._lock:
            for number, new in made.items():
                with suppress(ValueError):  # It alone is larger than the cache.
                    self._cache[row.fingerprint, number, new.family] = new
        return [cached[hit.id] or made.get(hit.id) or _empty_candidate(hit) for hit in hits]


def _empty_candidate(hit: Hit) -> Candidate:
    profile = Profile(np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.float32))
    nothing = np.zeros(0, dtype=np.uint8)
    return Candidate(hit.family, profile, nothing, nothing)


def _size(candidate: Candidate) -> int:
    arrays = candidate.profile, candidate.protein, candidate.bases
    return sum(array.nbytes for array in arrays) + _OBJECT_BYTES
