"""How close queries come to what is learned from: what makes some of them easy.

Clusters of relatives, which must be held out together to see how strangers fare.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.encoders import TranslatedEncoder
from core.encoders.translated import stacked
from core.evaluation.external_tools import fasta, protein, run_tool

_TOGETHER = 128


def nearest_similarities(
    references: Sequence[str], queries: Sequence[str], step: Callable[[], None] = lambda: None
) -> NDArray[np.float64]:
    """The largest inner product of each query's profile with any reference's, 0 to 1.

    The profiles are whole ones of the encoder ``translated``, fitted on the references.
    """
    encoder = TranslatedEncoder.fit(references)
    columns = stacked([encoder.profile(each) for each in references]).T.tocsr()
    found = []
    for start in range(0, len(queries), _TOGETHER):
        step()
        some = queries[start : start + _TOGETHER]
        products = stacked([encoder.profile(each) for each in some]) @ columns
        found.append(products.max(axis=1).toarray().ravel())
    nearest = np.concatenate(found) if found else np.zeros(0)
    return np.clip(nearest.astype(np.float64), 0, 1)


LINK = 0.05
"""Inner product of profiles above which two sequences are relatives: random DNA stays below."""
CLUSTERING = "-s 7.5 --min-seq-id 0.25 -c 0.5 --cov-mode 1 --cluster-mode 1 -v 1"
"""How MMseqs2 clusters: a quarter identical over half of one of the two, and single linkage."""

_TOGETHER_clusters = 256


def profile_clusters(
    sequences: Sequence[str],
    link: float = LINK,
    step: Callable[[], None] = lambda: None,
) -> NDArray[np.int64]:
    """Single linkage of sequences that share k-mers of what they code for.

    Parameters
    ----------
    link
        Inner product of two profiles above which they are relatives.
    step
        Called between small steps.

    Returns
    -------
    NDArray[np.int64]
        The number of each sequence's cluster.
    """
    encoder = TranslatedEncoder.fit(sequences)
    rows = stacked([encoder.profile(sequence) for sequence in sequences])
    columns = rows.T.tocsr()
    ends: list[NDArray[np.int64]] = []
    for start in range(0, len(sequences), _TOGETHER_clusters):
        step()
        products = (rows[start : start + _TOGETHER_clusters] @ columns).tocoo()
        linked = products.data > link
        found = np.vstack([products.row[linked] + start, products.col[linked]])
        ends.append(found.astype(np.int64))
    one, other = np.hstack(ends)
    links = coo_array(
        (np.ones(one.size, dtype=np.bool_), (one, other)), shape=(len(sequences),) * 2
    )
    _, clusters = connected_components(links, directed=False)
    return clusters.astype(np.int64)


def mmseqs_missing() -> str:
    """Why MMseqs2 cannot cluster here; empty where it can."""
    return "" if shutil.which("mmseqs") else "MMseqs2 is not installed here."


def mmseqs_clusters(sequences: Sequence[str]) -> NDArray[np.int64]:
    """Clusters of the longest open stretches by MMseqs2: connected components of relatives.

    Raises
    ------
    ToolError
        If MMseqs2 fails.
    """
    with TemporaryDirectory(prefix="genekin-clusters-") as folder:
        path = Path(folder)
        proteins = fasta(path / "proteins.fasta", [protein(each) for each in sequences])
        command = ["mmseqs", "easy-cluster", str(proteins), str(path / "found"), str(path / "work")]
        run_tool([*command, *CLUSTERING.split()])
        lines = (path / "found_cluster.tsv").read_text(encoding="ascii").splitlines()
    clusters = -1 - np.arange(len(sequences), dtype=np.int64)  # Too short: a cluster alone.
    for line in lines:
        chosen, member = line.split("\t")
        clusters[int(member)] = int(chosen)
    return clusters
