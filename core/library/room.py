"""Room on the disk that a load or a refit needs in the embedded stores, estimated beforehand."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.encoders import TranslatedEncoder, get_encoder_class
from core.stores.disk import Room

PAGE_BYTES = 4096
"""Page of SQLite: a long sequence has pages of its own, the last of them half empty."""
LABEL_BYTES_PER_SEQUENCE = 600
"""Its row without its bases, and its entries in the indexes."""
LABEL_BYTES_PER_BASE = 1.15
"""A base in half-full pages."""
LOG_BYTES = 5_000_000
"""Log of SQLite: it goes back to its start after 1,000 pages."""
PAGES_PER_ROW = 4
"""Pages that a row changes, in the table and in the indexes, all of which the log has."""
ROWS_PER_TRANSACTION = 512
VECTOR_OVERHEAD = 1.1
"""Files of vectors are so much larger than the vectors alone."""
VECTOR_BYTES_PER_SEQUENCE = 64
"""Ids, load and sequence numbers of a vector."""
MEMORY_BYTES = 128_000_000
"""Milvus Lite writes its rows in memory to a file at this size; their log exists until then."""
MODEL_BYTES_PER_FAMILY = 150_000
FIXED_BYTES = 1_000_000
"""Manifests, headers and indexes of small tables, in each store."""


def load_room(
    encoder: str,
    sequences: Iterable[str],
    *,
    n_families: int = 0,
    with_state: bool = False,
    with_labels: bool = True,
) -> Room:
    """Estimate the room that sequences need; rather too much than too little.

    Parameters
    ----------
    encoder
        Name of the encoder.
    n_families
        Number of families of its model.
    with_state
        Include a fitted encoder and its model.
    with_labels
        Include the sequences themselves; a refit has them already.
    """
    lengths = np.fromiter(map(len, sequences), dtype=np.int64)
    labels = log = FIXED_BYTES
    if with_labels:
        labels += _table_bytes(lengths)
        log += _log_bytes(lengths)
    if with_state:
        state = _state_bytes(encoder, int(lengths.sum()), n_families)
        labels += state
        log += state
    return Room(labels, FIXED_BYTES + _vector_bytes(encoder, lengths), log)


def _table_bytes(lengths: NDArray[np.int64]) -> int:
    last_pages = PAGE_BYTES * int(np.count_nonzero(lengths > PAGE_BYTES))
    rows = LABEL_BYTES_PER_SEQUENCE * lengths.size + LABEL_BYTES_PER_BASE * int(lengths.sum())
    return last_pages + int(rows)


def _log_bytes(lengths: NDArray[np.int64]) -> int:
    """Return the bytes of the log just before it starts again, after its largest transaction."""
    batch = min(lengths.size, ROWS_PER_TRANSACTION)
    longest = np.sort(lengths)[lengths.size - batch :]
    transaction = batch * PAGES_PER_ROW * PAGE_BYTES + int(longest.sum())
    return min(_table_bytes(lengths), LOG_BYTES) + transaction


def _state_bytes(encoder: str, bases: int, n_families: int) -> int:
    """Return the bytes of a fitted encoder and its model."""
    encoder_class = get_encoder_class(encoder)
    size = encoder_class.state_bytes(bases)
    if encoder_class is TranslatedEncoder:
        size += MODEL_BYTES_PER_FAMILY * (1 + n_families)
    return size


def _vector_bytes(encoder: str, lengths: NDArray[np.int64]) -> int:
    """Return the bytes of vectors: segments, index files, the log, and copies while merging."""
    encoder_class = get_encoder_class(encoder)
    vectors = encoder_class.vector_bytes(lengths)
    segments = int(VECTOR_OVERHEAD * vectors + VECTOR_BYTES_PER_SEQUENCE * lengths.size)
    index_files = 0 if encoder_class is TranslatedEncoder else vectors  # A sparse index has none.
    merged = segments if segments > MEMORY_BYTES else 0
    return segments + index_files + min(segments, 2 * MEMORY_BYTES) + merged
