"""Similarity and clusters of relatives, which make queries easy unless they are held out."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from core.encoders import TranslatedEncoder
from core.encoders.inner_products import InnerProducts
from core.encoders.translated import stack_profiles
from core.evaluation.external_tools import run_tool, translate_orf, write_fasta
from core.progress import Progress, no_progress

LINK = 0.05
"""Inner product of profiles above which two sequences are relatives: random DNA stays below."""
CLUSTERING = "-s 7.5 --min-seq-id 0.25 -c 0.5 --cov-mode 1 --cluster-mode 1 -v 1"
"""MMseqs2's options: 25% identity over half of one of the two proteins, single linkage."""

_BATCH_SIZE = 256


def nearest_similarities(
    references: Sequence[str], queries: Sequence[str], progress: Progress = no_progress
) -> NDArray[np.float64]:
    """Return each query's largest inner product with a reference.

    Parameters
    ----------
    references, queries
        IUPAC DNA. The profiles are complete ones of the encoder ``translated``, fitted on the
        references.
    progress
        May raise Cancelled.

    Returns
    -------
    NDArray[np.float64]
        0 to 1, shape (queries,).
    """
    encoder = TranslatedEncoder.fit(references)
    products = InnerProducts(_profiles(encoder, references))
    nearest = np.zeros(len(queries))
    for start in _batch_starts(len(queries), progress):
        batch = _profiles(encoder, queries[start : start + _BATCH_SIZE])
        nearest[start : start + _BATCH_SIZE] = products.of(batch).max(axis=1)
    return np.clip(nearest, 0, 1)


def related_pairs(
    sequences: Sequence[str], link: float = LINK, progress: Progress = no_progress
) -> csr_array:
    """Return which sequences share k-mers of the proteins that they code for.

    Parameters
    ----------
    link
        Inner product of two profiles above which sequences are relatives.
    progress
        May raise Cancelled.

    Returns
    -------
    csr_array
        Symmetric: bool, shape (sequences, sequences).
    """
    rows = _profiles(TranslatedEncoder.fit(sequences), sequences)
    products = InnerProducts(rows)
    pairs = []
    for start in _batch_starts(len(sequences), progress):
        related = products.of(rows[start : start + _BATCH_SIZE]) > link
        batch_rows, columns = np.nonzero(related)
        pairs.append((batch_rows + start, columns))
    coordinates = tuple(np.concatenate(axis).astype(np.int64) for axis in zip(*pairs, strict=True))
    values = np.ones(coordinates[0].size, dtype=np.bool_)
    return coo_array((values, coordinates), shape=(len(sequences),) * 2).tocsr()


def profile_clusters(
    sequences: Sequence[str], link: float = LINK, progress: Progress = no_progress
) -> NDArray[np.int64]:
    """Cluster sequences by single linkage of :func:`related_pairs`.

    Returns
    -------
    NDArray[np.int64]
        The number of each sequence's cluster, shape (sequences,).
    """
    pairs = related_pairs(sequences, link, progress)
    _, clusters = connected_components(pairs, directed=False)
    return clusters.astype(np.int64)


def mmseqs_unavailable() -> str:
    """Return the reason that MMseqs2 cannot cluster here; empty if it can."""
    return "" if shutil.which("mmseqs") else "MMseqs2 is not installed."


def mmseqs_clusters(sequences: Sequence[str]) -> NDArray[np.int64]:
    """Cluster the longest open reading frames by MMseqs2.

    Returns
    -------
    NDArray[np.int64]
        The number of each sequence's cluster, shape (sequences,).

    Raises
    ------
    GeneKinError
        If MMseqs2 fails.
    """
    with TemporaryDirectory(prefix="genekin-clusters-") as folder:
        path = Path(folder)
        proteins = write_fasta(path / "proteins.fasta", [translate_orf(dna) for dna in sequences])
        command = ["mmseqs", "easy-cluster", str(proteins), str(path / "found"), str(path / "work")]
        run_tool([*command, *CLUSTERING.split()])
        lines = (path / "found_cluster.tsv").read_text(encoding="ascii").splitlines()
    # Sequences too short for MMseqs2 form clusters of their own.
    clusters = -1 - np.arange(len(sequences), dtype=np.int64)
    for line in lines:
        representative, member = line.split("\t")
        clusters[int(member)] = int(representative)
    return clusters


def _profiles(encoder: TranslatedEncoder, sequences: Sequence[str]) -> csr_array:
    return stack_profiles([encoder.profile(sequence) for sequence in sequences])


def _batch_starts(count: int, progress: Progress) -> Iterator[int]:
    for start in range(0, count, _BATCH_SIZE):
        progress("Comparing sequences", start, count)
        yield start
