"""Every gene of an organism with every gene of another, exactly.

Milvus finds the neighbours of a query without looking at all there is. Here all ask for all, and
products of matrices of whole profiles are both exact and several times as fast as a search a gene.
They are made in blocks, so that the memory they take does not grow with the library.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.arrays import Vectors
from core.encoders import Encoder
from core.encoders.translated import TranslatedEncoder, stacked
from core.errors import InputError
from core.library.library import Library
from core.progress import Progress, no_progress
from core.similarity.organism_pairs import Comparison, Gene, Similarity
from core.stores.sql import SequenceRow
from core.thread_pool import map_in_threads

_ROWS = 128
"""Genes whose inner products with a block of others are in memory, a thread."""
_COLUMNS = 4_096
"""Genes of the other organism whose vectors are in memory."""


def compare(
    library: Library,
    *,
    limit: int | None = None,
    encoder: type[Encoder] | None = None,
    progress: Progress = no_progress,
) -> Comparison:
    """The nearest gene, in every other organism, of the first `limit` (or all) genes of each.

    Parameters
    ----------
    encoder
        The kind of encoder to compare by; if it is not the library's own, one is fitted on the
        library's sequences. The library's own, if None.

    Raises
    ------
    InputError
        If `limit` is not positive.
    """
    _check(limit)
    rows = {name: library.sequences(name) for name in library.organism_names()}
    used = library.encoder
    if encoder is not None and encoder.name != used.name:
        residues = [row.residues for each in rows.values() for row in each]
        used = encoder.fit(
            residues, lambda done: progress("Fitting the encoder", done, len(residues))
        )
    pairs = _compared(used, rows, limit, list(permutations(rows, 2)), progress)
    return Comparison(used.name, tuple(rows), {(pair.of, pair.to): pair for pair in pairs})


def similarity(library: Library, of: str, to: str, limit: int | None = None) -> Similarity:
    """The nearest gene of organism `to` for the first `limit` (or all) genes of `of`.

    Raises
    ------
    InputError
        If an organism is not in the library, or `limit` is not positive.
    """
    _check(limit)
    rows = {name: library.sequences(name) for name in (of, to)}
    (pair,) = _compared(library.encoder, rows, limit, [(of, to)], no_progress)
    return pair


def compared_pairs(counts: Sequence[int], limit: int | None) -> int:
    """How many pairs of genes :func:`compare` looks at, by the organisms' numbers of genes.

    >>> compared_pairs([3, 2], None), compared_pairs([3, 2], 1)
    (12, 5)
    """
    total = sum(counts)
    return sum(min(count, limit or count) * (total - count) for count in counts)


def _check(limit: int | None) -> None:
    if limit is not None and limit < 1:
        message = f"A limit of {limit} genes leaves nothing to compare."
        raise InputError(message, "Give 1 or more.")


def whole_vectors(encoder: Encoder, sequences: Sequence[str]) -> Vectors:
    """All that an encoder sees in sequences, one a row: nothing is cut for the sake of a search."""
    if isinstance(encoder, TranslatedEncoder):
        return stacked(encoder.profiles(sequences))
    return encoder.encode(sequences)


def transposed(vectors: Vectors) -> Vectors:
    """The vectors, one a column."""
    return vectors.T.tocsr() if isinstance(vectors, csr_array) else vectors.T


def dense(products: Any) -> NDArray[np.float32]:
    """Inner products as an array, whatever the vectors were."""
    array: NDArray[np.float32] = (
        products.toarray() if isinstance(products, csr_array) else np.asarray(products)
    )
    return np.minimum(array, 1)


def _compared(
    encoder: Encoder,
    rows: Mapping[str, Sequence[SequenceRow]],
    limit: int | None,
    wanted: Sequence[tuple[str, str]],
    progress: Progress,
) -> Iterator[Similarity]:
    """The wanted pairs, each an organism and the one whose genes are looked at."""
    genes = {name: tuple(gene(name, row) for row in each) for name, each in rows.items()}
    residues = {name: [row.residues for row in each] for name, each in rows.items()}
    steps = _Steps(progress)
    for of, to in wanted:
        steps.total += len(residues[of][:limit]) * len(residues[to])
    for of, to in wanted:
        steps.doing = f"Comparing {of} with {to}"
        nearest, best = _nearest(encoder, residues[of][:limit], residues[to], steps)
        yield Similarity(of, to, genes[of][:limit], genes[to], nearest, best)


def gene(organism: str, row: SequenceRow) -> Gene:
    """A sequence of an organism, without its residues."""
    return Gene(row.id, organism, row.family, row.name, len(row.residues))


class _Steps:
    """How far the comparing is, in pairs of genes."""

    def __init__(self, progress: Progress) -> None:
        self.doing = ""
        self.total = 0
        self._done = 0
        self._progress = progress

    def over(self, sizes: Iterable[int]) -> Callable[[], None]:
        """What to call after each of some steps of these sizes."""
        left = iter(sizes)

        def tick() -> None:
            self._done += next(left)
            self._progress(self.doing, self._done, self.total)

        return tick


def _nearest(
    encoder: Encoder, asking: Sequence[str], others: Sequence[str], steps: _Steps
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Place of the nearest of the others, or -1, and the inner product with it, for each."""
    nearest = np.full(len(asking), -1, dtype=np.int64)
    best = np.zeros(len(asking), dtype=np.float64)
    blocks = [asking[start : start + _ROWS] for start in range(0, len(asking), _ROWS)]
    for first in range(0, len(others), _COLUMNS):
        columns = transposed(whole_vectors(encoder, others[first : first + _COLUMNS]))
        tick = steps.over(len(block) * columns.shape[1] for block in blocks)
        found = map_in_threads(partial(_best, encoder, columns), blocks, tick)
        places, scores = (np.concatenate(each) for each in zip(*found, strict=True))
        closer = scores > best
        nearest[closer] = places[closer] + first
        best[closer] = scores[closer]
    return nearest, best


def _best(
    encoder: Encoder, columns: Vectors, sequences: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The column with the largest inner product with each sequence, and that product."""
    products = dense(whole_vectors(encoder, sequences) @ columns)
    places = products.argmax(axis=1)
    return places, products[np.arange(places.size), places]
