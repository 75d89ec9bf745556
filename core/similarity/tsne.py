"""A t-SNE map of the sequences of a library."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.library.library import Library
from core.progress import Progress, no_progress
from core.similarity.comparison import encode_full, make_gene, to_dense, transpose
from core.similarity.organism_pairs import Gene

MAX_SEQUENCES = 3_000
"""Sequences on a map; of more, a random sample."""
MIN_SEQUENCES = 5
"""Sequences below which t-SNE is not computed."""

_PERPLEXITY = 30.0
_INITIAL_SPREAD = 1e-4
"""Standard deviation of the first axis at the start, as usual for t-SNE."""
_ROWS = 512


@dataclass(frozen=True, slots=True)
class SequenceMap:
    """Sequences on a plane.

    Attributes
    ----------
    genes
        By organism, each in the order it was loaded.
    coordinates
        float64, shape (n, 2). Only neighbourhoods are interpretable: neither the axes nor the
        distances between groups are.
    total
        Number of sequences of which these are a sample.
    """

    genes: Sequence[Gene]
    coordinates: NDArray[np.float64]
    total: int


def map_sequences(
    library: Library,
    *,
    max_sequences: int = MAX_SEQUENCES,
    seed: int = 0,
    progress: Progress = no_progress,
) -> SequenceMap:
    """Lay out the sequences of a library, or a sample of them, by t-SNE of their inner products.

    The layout starts from the first two principal axes, which preserves the global structure. On
    one machine, the same library and seed give the same map.

    References
    ----------
    van der Maaten L, Hinton G (2008), Visualizing data using t-SNE. JMLR 9:2579-2605.
    Kobak D, Berens P (2019), The art of using t-SNE for single-cell transcriptomics. Nat Commun
    10:5416.
    """
    progress("Reading sequences", 0, 0)
    rows = [
        (make_gene(name, row), row.residues)
        for name in library.organism_names()
        for row in library.sequences(name)
    ]
    total = len(rows)
    if total > max_sequences:
        sample = np.random.default_rng(seed).choice(total, max_sequences, replace=False)
        rows = [rows[index] for index in np.sort(sample).tolist()]
    products = _compute_products(library, [residues for _, residues in rows], progress)
    progress("Laying out the map", 0, 0)
    return SequenceMap(tuple(gene for gene, _ in rows), _lay_out(products, seed), total)


def _compute_products(
    library: Library, residues: Sequence[str], progress: Progress
) -> NDArray[np.float32]:
    """Return the inner products of all sequences with all: float32, shape (n, n)."""
    vectors = encode_full(library.encoder, residues)
    columns = transpose(vectors)
    products = np.empty((len(residues), len(residues)), dtype=np.float32)
    for start in range(0, len(residues), _ROWS):
        progress("Comparing sequences", start, len(residues))
        products[start : start + _ROWS] = to_dense(vectors[start : start + _ROWS] @ columns)
    return products


def _lay_out(products: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """Return coordinates on a plane: float64, shape (n, 2)."""
    count = len(products)
    if count < MIN_SEQUENCES:
        return np.column_stack([np.arange(count), np.zeros(count)]).astype(np.float64)
    from sklearn.manifold import TSNE  # It takes a second to import.
    from threadpoolctl import threadpool_limits

    start = _principal_axes(products, seed)
    distances = np.maximum(1 - products, 0)
    np.fill_diagonal(distances, 0)
    tsne = TSNE(
        metric="precomputed",
        init=(start / start[:, 0].std() * _INITIAL_SPREAD).astype(np.float32),
        perplexity=min(_PERPLEXITY, (count - 1) / 3),
        random_state=seed,
    )
    # Its threads spin while they wait; on a busy machine a single one is faster.
    with threadpool_limits(1):
        return np.asarray(tsne.fit_transform(distances), dtype=np.float64)


def _principal_axes(products: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """Return the coordinates on the first two principal axes: float64, shape (n, 2)."""
    from scipy.sparse.linalg import eigsh

    means = products.mean(axis=0)
    centred = products - means - means[:, None] + means.mean()
    start = np.random.default_rng(seed).normal(size=len(products))
    values, axes = eigsh(centred.astype(np.float64), k=2, v0=start)
    order = np.argsort(-values)
    coordinates: NDArray[np.float64] = axes[:, order] * np.sqrt(np.maximum(values[order], 1e-12))
    return coordinates
