"""Evidence on held-out sequences: each one judged as if its homologs were not in the library.

In every split of a training sample the sequences are held out, each one alone or with its whole
cluster of homologs (from near copies to distant ones), and the evidence that the remaining ones
give is recorded. Shuffled sequences show how much evidence random DNA reaches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.classification.evidence import (
    CLEAR_SIMILARITY,
    clear_features,
    neighbour_evidence,
    unclear_features,
)
from core.classification.model import alignments, make_candidate
from core.classification.peptide_kmers import PeptideKmers
from core.classification.ridge import RidgeFit, fit_ridge
from core.encoders.inner_products import InnerProducts
from core.encoders.translated import TranslatedEncoder, stack_profiles
from core.thread_pool import map_in_threads

CLUSTER_THRESHOLDS = (0.04, 0.10, 0.30)
"""Cosine similarities above which two sequences are linked, from distant homologs to near copies.
"""
MAX_ROWS = 500
"""Maximum number of sequences of each kind, clear or unclear, that are recorded in a split."""
SHUFFLED_SEQUENCES = 300
"""Number of shuffled sequences that estimate the noise."""
MIN_SEQUENCES = 50
"""Minimum number of sequences to estimate weights, or a slope, from."""
_MAX_CANDIDATES = 100
"""Maximum number of candidates; fewer than for a query, as here they are the nearest for certain.
"""
_GUMBEL_999 = 4.94
"""Standard deviations above its mean that a Gumbel variable exceeds once in a thousand times."""


@dataclass(frozen=True, slots=True)
class HeldOutEvidence:
    """Evidence on sequences that were held out.

    Attributes
    ----------
    features
        float64, shape (n, families, features).
    truth
        int64, shape (n,): index of each true family.
    weight
        float64, shape (n,): number of sequences that each one represents.
    significant
        bool, shape (n,): evidence stronger than random DNA reaches.
    rows
        int64, shape (n,): indexes of the sequences in the sample.
    """

    features: NDArray[np.float64]
    truth: NDArray[np.int64]
    weight: NDArray[np.float64]
    significant: NDArray[np.bool_]
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def linked_clusters(similarities: NDArray[np.float32], threshold: float) -> NDArray[np.int64]:
    """Cluster by single linkage of the pairs above `threshold`; return each row's cluster."""
    _, clusters = connected_components(coo_array(similarities > threshold), directed=False)
    return clusters.astype(np.int64)


class TrainingSample:
    """Sequences of a library, with the similarities of all pairs and a composition classifier.

    Parameters
    ----------
    sequences, families
        Distinct sequences, and the family of each, int64, 0 to count - 1.
    count
        Number of families.
    generator
        Source of all random choices.
    check_cancelled
        Called between steps; an exception that it raises ends the work.

    Attributes
    ----------
    sequences, families, count
        As the parameters.
    """

    def __init__(
        self,
        encoder: TranslatedEncoder,
        sequences: Sequence[str],
        families: NDArray[np.int64],
        count: int,
        generator: np.random.Generator,
        *,
        check_cancelled: Callable[[], None],
    ) -> None:
        self._check_cancelled = check_cancelled
        self._encoder = encoder
        self.sequences = sequences
        self.families = families
        self.count = count
        self._generator = generator
        self._candidates = map_in_threads(
            lambda pair: make_candidate(encoder, *pair),
            list(zip(families.tolist(), sequences, strict=True)),
            check_cancelled,
        )
        profiles = stack_profiles([candidate.profile for candidate in self._candidates])
        self._products = InnerProducts(profiles)
        self._similarities = self._products.of(profiles)
        np.fill_diagonal(self._similarities, 0)
        self._alignments = np.full(self._similarities.shape, np.nan, dtype=np.float64)
        check_cancelled()
        self.peptide_kmers = PeptideKmers.fit(sequences)
        check_cancelled()
        features = self.peptide_kmers.matrix(sequences)
        self.ridge: RidgeFit = fit_ridge(features, families, count, check_cancelled)
        check_cancelled()

    def splits(self) -> list[NDArray[np.int64]]:
        """Return the clusters to hold out: single sequences first, then wide to narrow clusters."""
        singles = np.arange(len(self.sequences))
        return [singles, *map(self.clusters, CLUSTER_THRESHOLDS)]

    def clusters(self, threshold: float) -> NDArray[np.int64]:
        """Return the cluster of each sequence, by single linkage above a similarity."""
        return linked_clusters(self._similarities, threshold)

    def noise(self) -> NDArray[np.float64]:
        """Estimate the nats that a shuffled sequence exceeds once in a thousand times.

        Scores of chance alignments follow a Gumbel distribution whose location grows with the
        logarithm of the length (Karlin and Altschul 1990).

        Returns
        -------
        float64, (intercept, slope).
        """
        # Of a small sample, sequences are shuffled more than once.
        rows = self._draw(np.arange(len(self.sequences)), SHUFFLED_SEQUENCES)
        drawn: NDArray[np.int64] = np.resize(rows, SHUFFLED_SEQUENCES)
        shuffled = [
            "".join(self._generator.permutation(list(self.sequences[row]))) for row in drawn
        ]
        profiles = stack_profiles([self._encoder.profile(sequence) for sequence in shuffled])
        similarities = self._products.of(profiles)
        strongest = np.array(
            map_in_threads(
                lambda pair: self._align(pair[0], self._nearest(pair[1])).max(initial=0.0),
                list(zip(shuffled, similarities, strict=True)),
                self._check_cancelled,
            )
        )
        lengths = np.log([len(sequence) for sequence in shuffled])
        slope = 1.0
        if len(self.sequences) >= MIN_SEQUENCES and np.ptp(lengths):
            slope = max(0.0, np.polyfit(lengths, strongest, 1)[0])
        residuals = strongest - slope * lengths
        return np.array([residuals.mean() + _GUMBEL_999 * residuals.std(), slope])

    def hold_out(
        self, clusters: NDArray[np.int64], noise: NDArray[np.float64]
    ) -> tuple[HeldOutEvidence, HeldOutEvidence]:
        """Hold out sequences with their clusters, one cluster at a time.

        Parameters
        ----------
        clusters
            int64: cluster of every sequence.
        noise
            As :meth:`noise` returns it.

        Returns
        -------
        clear, unclear
            Evidence on sequences with and without a close neighbour that is left.
        """
        best = np.array([self._remaining(clusters, row).max() for row in range(len(clusters))])
        is_clear = best >= CLEAR_SIMILARITY
        clear = self._draw(np.flatnonzero(is_clear), MAX_ROWS)
        unclear = self._draw(np.flatnonzero(~is_clear), MAX_ROWS)
        clear_evidence = self._evidence(
            [clear_features(self._neighbour_evidence(clusters, row)) for row in clear],
            clear,
            np.ones(len(clear), dtype=np.bool_),
            int(is_clear.sum()),
        )
        features, significant = self._unclear_features(clusters, unclear, noise)
        return clear_evidence, self._evidence(
            features, unclear, significant, int((~is_clear).sum())
        )

    def _unclear_features(
        self, clusters: NDArray[np.int64], rows: NDArray[np.int64], noise: NDArray[np.float64]
    ) -> tuple[list[NDArray[np.float64]], NDArray[np.bool_]]:
        """Return the features of unclear sequences, and whether their evidence is significant."""
        compositions = self.ridge.predict_held_out(clusters, rows)
        nearest = [self._nearest(self._remaining(clusters, row)) for row in rows]
        aligned = map_in_threads(
            lambda pair: self._align_once(*pair),
            list(zip(rows.tolist(), nearest, strict=True)),
            self._check_cancelled,
        )
        features, significant = [], []
        for row, composition, candidates, strengths in zip(
            rows, compositions, nearest, aligned, strict=True
        ):
            length = len(self.sequences[row])
            families = self.families[candidates]
            evidence = self._neighbour_evidence(clusters, row)
            features.append(unclear_features(evidence, strengths, families, composition, length))
            noise_level = noise[0] + noise[1] * np.log(length)
            significant.append(strengths.max(initial=0.0) >= noise_level)
        return features, np.array(significant, dtype=np.bool_)

    def _evidence(
        self,
        features: Sequence[NDArray[np.float64]],
        rows: NDArray[np.int64],
        significant: NDArray[np.bool_],
        represented: int,
    ) -> HeldOutEvidence:
        """Return the evidence on drawn rows, which represent so many sequences."""
        return HeldOutEvidence(
            np.stack(features) if features else np.zeros((0, self.count, 0)),
            self.families[rows],
            np.full(len(rows), represented / max(1, len(rows))),
            significant,
            rows,
        )

    def _draw(self, rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        if len(rows) <= count:
            return rows
        return np.sort(self._generator.choice(rows, count, replace=False))

    def _remaining(self, clusters: NDArray[np.int64], row: int) -> NDArray[np.float32]:
        """Return the similarities of a sequence to all others, zero within its own cluster."""
        return np.where(clusters == clusters[row], np.float32(0), self._similarities[row])

    def _nearest(self, similarities: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the indexes of the most similar sequences, the best first."""
        order = np.argsort(-similarities, kind="stable")[:_MAX_CANDIDATES]
        return order[similarities[order] > 0]

    def _align(self, sequence: str, indexes: NDArray[np.int64]) -> NDArray[np.float64]:
        return alignments(sequence, [self._candidates[index] for index in indexes])

    def _align_once(self, row: int, indexes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Align a sequence with others; pairs that an earlier split aligned are kept."""
        known: NDArray[np.float64] = self._alignments[row]
        missing = indexes[np.isnan(known[indexes])]
        known[missing] = self._align(self.sequences[row], missing)
        return np.take(known, indexes)

    def _neighbour_evidence(self, clusters: NDArray[np.int64], row: int) -> NDArray[np.float64]:
        similarities = self._remaining(clusters, row)
        order = np.argsort(-similarities, kind="stable")[:_MAX_CANDIDATES]
        return neighbour_evidence(similarities[order], self.families[order], self.count)
