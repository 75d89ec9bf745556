"""A map of sequences: near on it is what shares much."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh

from core.library.library import Library
from core.progress import Progress, no_progress
from core.similarity.comparison import dense, gene, transposed, whole_vectors
from core.similarity.organism_pairs import Gene

MOST = 3_000
"""Sequences on a map; of more, so many are drawn at random."""
FEWEST = 5
"""Sequences that are worth a map."""

_PERPLEXITY = 30.0
_SPREAD = 1e-4
"""Standard deviation of the first axis at the start, as usual for t-SNE."""
_ROWS = 512


@dataclass(frozen=True, slots=True)
class SequenceMap:
    """Sequences on a plane.

    Attributes
    ----------
    genes
        In the order of the organisms, and in each as they came.
    places
        float64, shape (n, 2). Only neighbourhoods mean something: neither the axes nor the
        distance between groups do.
    total
        Of how many sequences these were drawn.
    """

    genes: Sequence[Gene]
    places: NDArray[np.float64]
    total: int


def map_sequences(
    library: Library, *, most: int = MOST, seed: int = 0, progress: Progress = no_progress
) -> SequenceMap:
    """Lay out the sequences of a library, or a sample of them, by t-SNE of their inner products.

    It begins from the two principal axes, so that the layout at large is kept, and is the same
    for the same library and seed on one machine.

    References
    ----------
    van der Maaten L, Hinton G (2008), Visualizing data using t-SNE. JMLR 9:2579-2605.
    Kobak D, Berens P (2019), The art of using t-SNE for single-cell transcriptomics. Nat Commun
    10:5416.
    """
    progress("Reading sequences", 0, 0)
    rows = [
        (gene(name, row), row.residues)
        for name in library.organism_names()
        for row in library.sequences(name)
    ]
    total = len(rows)
    if total > most:
        chosen = np.random.default_rng(seed).choice(total, most, replace=False)
        rows = [rows[place] for place in np.sort(chosen).tolist()]
    products = _products(library, [residues for _, residues in rows], progress)
    progress("Laying out the map", 0, 0)
    return SequenceMap(tuple(each for each, _ in rows), _layout(products, seed), total)


def _products(library: Library, residues: Sequence[str], progress: Progress) -> NDArray[np.float32]:
    """Inner products of all with all: float32, shape (n, n)."""
    vectors = whole_vectors(library.encoder, residues)
    columns = transposed(vectors)
    products = np.empty((len(residues), len(residues)), dtype=np.float32)
    for start in range(0, len(residues), _ROWS):
        progress("Comparing sequences", start, len(residues))
        products[start : start + _ROWS] = dense(vectors[start : start + _ROWS] @ columns)
    return products


def _layout(products: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """Places on a plane: float64, shape (n, 2)."""
    count = len(products)
    if count < FEWEST:
        return np.column_stack([np.arange(count), np.zeros(count)]).astype(np.float64)
    from sklearn.manifold import TSNE  # It takes a second to import.
    from threadpoolctl import threadpool_limits

    start = _principal_axes(products, seed)
    distances = np.maximum(1 - products, 0)
    np.fill_diagonal(distances, 0)
    tsne = TSNE(
        metric="precomputed",
        init=(start / start[:, 0].std() * _SPREAD).astype(np.float32),
        perplexity=min(_PERPLEXITY, (count - 1) / 3),
        random_state=seed,
    )
    # Its threads wait for each other so busily that, on a machine with other work, one is faster.
    with threadpool_limits(1):
        return np.asarray(tsne.fit_transform(distances), dtype=np.float64)


def _principal_axes(products: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """The two axes along which the vectors differ most: float64, shape (n, 2)."""
    means = products.mean(axis=0)
    centred = products - means - means[:, None] + means.mean()
    values, axes = eigsh(
        centred.astype(np.float64), k=2, v0=np.random.default_rng(seed).normal(size=len(products))
    )
    order = np.argsort(-values)
    found: NDArray[np.float64] = axes[:, order] * np.sqrt(np.maximum(values[order], 1e-12))
    return found
