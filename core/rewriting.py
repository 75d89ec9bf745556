"""Vectors written anew, from the rows that are ready."""

from collections.abc import Callable, Sequence

from core.arrays import recognised
from core.encoders import Encoder
from core.errors import StoreError
from core.stores.labels import SequenceRow
from core.stores.vectors import VectorStore

_BATCH = 512
_READY = 0
"""As the load of vectors that no search is to leave out: no load has that number."""


def rewrite(
    vectors: VectorStore,
    encoder: Encoder,
    rows: Sequence[SequenceRow],
    *,
    collection: str,
    partition: str,
    progress: Callable[[int], None],
) -> set[int]:
    """Encode sequences, and write their vectors into a partition, which is made if need be.

    Parameters
    ----------
    progress
        Called with how many are done.

    Returns
    -------
    set of int
        Ids of those in which the encoder recognised something: they have a vector now.
    """
    vectors.add_partition(collection, partition)
    written: set[int] = set()
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        encoded = encoder.encode([row.residues for row in batch])
        readable = recognised(encoded)
        ids = [
            row.id for row, has_vector in zip(batch, readable.tolist(), strict=True) if has_vector
        ]
        vectors.upsert(collection, partition, ids, _READY, encoded[readable])
        written.update(ids)
        progress(start + len(batch))
    return written


def require_count(vectors: VectorStore, collection: str, partition: str, expected: int) -> None:
    """Check that a partition has as many vectors as were written to it.

    Raises
    ------
    StoreError
        If it has more or fewer.
    """
    found = vectors.count(collection, partition)
    if found != expected:
        message = (
            f"The vector store has {found:,} vectors of {partition} where {expected:,} were"
            " written."
        )
        raise StoreError(message, "Look at the store, then try again.")
