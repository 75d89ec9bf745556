"""Exact comparison of the genes of organisms, and the alignment of two of them.

Milvus finds the neighbours of a query without comparing it with all sequences. Here all genes are
compared with all, and products of matrices of complete profiles are both exact and several times as
fast as a search for each gene. They are computed in blocks, so that memory does not grow with the
library.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.alignment.explanation import explain_hits
from core.alignment.pairwise import Alignment
from core.arrays import Vectors
from core.classification.prediction import Hit
from core.classify import classify
from core.encoders import Encoder
from core.encoders.translated import TranslatedEncoder, stack_profiles
from core.errors import InputError
from core.library.library import Library
from core.progress import Progress, no_progress
from core.sequences.records import Record
from core.similarity.organism_pairs import Comparison, Gene, Similarity
from core.stores.sql import SequenceRow
from core.thread_pool import map_in_threads

_ROWS = 128
"""Genes in a block, one block a thread."""
_COLUMNS = 4_096
"""Genes of the reference organism whose vectors are in memory."""


def compare(
    library: Library,
    *,
    limit: int | None = None,
    encoder: type[Encoder] | None = None,
    progress: Progress = no_progress,
) -> Comparison:
    """Compare every organism of a library with every other one.

    Parameters
    ----------
    limit
        Number of genes of each organism to compare, the first ones; all if None. They are compared
        with all genes of the other organisms.
    encoder
        Class of the encoder to compare by, the library's own if None. Another one is fitted on the
        library's sequences.
    progress
        Called with the number of pairs of genes compared, and of all.

    Raises
    ------
    InputError
        If `limit` is not positive.
    """
    _check_limit(limit)
    rows = {name: library.sequences(name) for name in library.organism_names()}
    fitted = library.encoder
    if encoder is not None and encoder.name != fitted.name:
        residues = [row.residues for organism_rows in rows.values() for row in organism_rows]
        fitted = encoder.fit(residues, progress)
    pairs = _compare_pairs(fitted, rows, limit, list(permutations(rows, 2)), progress)
    by_names = {(pair.organism, pair.reference): pair for pair in pairs}
    return Comparison(fitted.name, tuple(rows), by_names)


def compare_organisms(
    library: Library, organism: str, reference: str, limit: int | None = None
) -> Similarity:
    """Find the nearest gene of a reference organism for each gene of another organism.

    Parameters
    ----------
    limit
        Number of genes of `organism` to compare, the first ones; all if None.

    Raises
    ------
    InputError
        If an organism is not in the library, or `limit` is not positive.
    """
    _check_limit(limit)
    rows = {name: library.sequences(name) for name in (organism, reference)}
    pairs = _compare_pairs(library.encoder, rows, limit, [(organism, reference)], no_progress)
    return next(pairs)


def align_genes(library: Library, gene: Gene, other: Gene, product: float) -> Alignment | None:
    """Return the best local alignment of a gene with another; None without any similarity.

    Residues are aligned if the library's encoder tells the reading frame, else bases.

    Parameters
    ----------
    product
        Inner product of the two genes.

    Raises
    ------
    InputError
        If one of them is no longer in the library.
    """
    residues = library.residues([gene.id, other.id])
    for member in (gene, other):
        if member.id not in residues:
            message = f"{member.name} of {member.organism} is no longer in the library."
            raise InputError(message, "Reload the page.")
    record = Record(gene.name, residues[gene.id], 1, 1)
    (call,) = classify(library, [record], organisms=[other.organism], neighbours=1)
    hit = Hit(other.id, other.organism, other.family, other.name, product, other.length)
    searched = library.count_genes([other.organism])
    alignments = explain_hits(record.residues, call, [hit], residues, searched=searched).alignments
    return alignments[0] if alignments else None


def count_pairs(counts: Sequence[int], limit: int | None) -> int:
    """Return the number of pairs of genes that :func:`compare` computes.

    Parameters
    ----------
    counts
        Number of genes of each organism.

    >>> count_pairs([3, 2], None), count_pairs([3, 2], 1)
    (12, 5)
    """
    total = sum(counts)
    return sum(min(count, limit or count) * (total - count) for count in counts)


def _check_limit(limit: int | None) -> None:
    if limit is not None and limit < 1:
        message = f"Invalid limit: {limit} genes."
        raise InputError(message, "Give 1 or more.")


def encode_full(encoder: Encoder, sequences: Sequence[str]) -> Vectors:
    """Return vectors of all features, one a row, not limited to those that are searched."""
    if isinstance(encoder, TranslatedEncoder):
        return stack_profiles(encoder.profiles(sequences))
    return encoder.encode(sequences)


def transpose(vectors: Vectors) -> Vectors:
    """Return the vectors, one a column."""
    return vectors.T.tocsr() if isinstance(vectors, csr_array) else vectors.T


def to_dense(products: Any) -> NDArray[np.float32]:
    """Return inner products as an array of at most 1, from sparse or dense ones."""
    array: NDArray[np.float32] = (
        products.toarray() if isinstance(products, csr_array) else np.asarray(products)
    )
    return np.minimum(array, 1)


def make_gene(organism: str, row: SequenceRow) -> Gene:
    """Return a sequence of an organism without its residues."""
    return Gene(row.id, organism, row.family, row.name, len(row.residues))


def _compare_pairs(
    encoder: Encoder,
    rows: Mapping[str, Sequence[SequenceRow]],
    limit: int | None,
    names: Sequence[tuple[str, str]],
    progress: Progress,
) -> Iterator[Similarity]:
    """Compare pairs of an organism and a reference organism."""
    genes = {
        name: tuple(make_gene(name, row) for row in organism_rows)
        for name, organism_rows in rows.items()
    }
    residues = {
        name: [row.residues for row in organism_rows] for name, organism_rows in rows.items()
    }
    meter = _PairMeter(
        progress, sum(len(residues[one][:limit]) * len(residues[other]) for one, other in names)
    )
    for organism, reference in names:
        meter.step = f"Comparing {organism} with {reference}"
        nearest, best = _find_nearest(
            encoder, residues[organism][:limit], residues[reference], meter
        )
        yield Similarity(
            organism, reference, genes[organism][:limit], genes[reference], nearest, best
        )


class _PairMeter:
    """Progress in pairs of genes."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.step = ""
        self._total = total
        self._done = 0
        self._progress = progress

    def count(self, sizes: Iterable[int]) -> Callable[[], None]:
        """Return a function to call after each of some parts of these sizes."""
        remaining = iter(sizes)

        def report() -> None:
            self._done += next(remaining)
            self._progress(self.step, self._done, self._total)

        return report


def _find_nearest(
    encoder: Encoder, sequences: Sequence[str], references: Sequence[str], meter: _PairMeter
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the index of the nearest reference of each sequence, or -1, and the inner product."""
    nearest = np.full(len(sequences), -1, dtype=np.int64)
    best = np.zeros(len(sequences), dtype=np.float64)
    blocks = [sequences[start : start + _ROWS] for start in range(0, len(sequences), _ROWS)]
    for first in range(0, len(references), _COLUMNS):
        columns = transpose(encode_full(encoder, references[first : first + _COLUMNS]))
        report = meter.count(len(block) * columns.shape[1] for block in blocks)
        results = map_in_threads(partial(_find_best, encoder, columns), blocks, report)
        indices, products = (np.concatenate(parts) for parts in zip(*results, strict=True))
        closer = products > best
        nearest[closer] = indices[closer] + first
        best[closer] = products[closer]
    return nearest, best


def _find_best(
    encoder: Encoder, columns: Vectors, sequences: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the column with the largest inner product with each sequence, and that product."""
    products = to_dense(encode_full(encoder, sequences) @ columns)
    indices = products.argmax(axis=1)
    return indices, products[np.arange(indices.size), indices]
