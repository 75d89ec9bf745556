"""Clusters of relatives: what must be left out together to see how strangers fare.

How a caller learns from a library: every sequence judged as if its relatives were not there.

In four regimes the sequences of a sample are left out, each alone or with its whole cluster of
relatives (from near copies to distant ones), and what the rest says of it is recorded. On these
records the joining of the evidence is fitted, and the threshold from which on a query is called.
Shuffled sequences show how much evidence noise reaches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from core.classification.conditional_logit import fit_conditional_logit, probabilities
from core.classification.evidence import CLEAR, clear_features, neighbour_evidence, unclear_features
from core.classification.model import Candidate, FamilyModel, ModelParameters, alignments, candidate
from core.classification.peptide_kmers import PeptideKmers
from core.classification.ridge import RidgeFit, fit_ridge
from core.encoders.translated import TranslatedEncoder, stacked
from core.thread_pool import map_in_threads

LINKS = (0.04, 0.10, 0.30)
"""Inner products above which two sequences are linked, from distant relatives to near copies."""


def inner_products(rows: csr_array, others: csr_array) -> NDArray[np.float32]:
    """Inner products of sparse rows with others: float32, shape (rows, others)."""
    products: NDArray[np.float32] = (rows @ others.T.tocsr()).toarray()
    return products


def linked_clusters(products: NDArray[np.float32], link: float) -> NDArray[np.int64]:
    """Single-linkage clusters of the pairs above `link`: the cluster's number for each row."""
    _, clusters = connected_components(coo_array(products > link), directed=False)
    return clusters.astype(np.int64)


CANDIDATES = 150
"""Candidates that an unclear query is judged by."""
_NEAREST = 100
"""The same while learning, where the nearest are known exactly and fewer say as much."""
MOST_FITTED = 3_000
"""Sequences that a caller is fitted on; of a larger library, a sample."""
ROWS = 500
"""Sequences of each kind, clear or not, that a regime records."""
SHUFFLED = 300
"""Shuffled sequences that show what noise reaches."""
PRECISION = 0.97
"""Share of the calls on left-out clusters that shall be right."""
LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.8, 0.99

_ALONE_WEIGHT = 4.0
"""What an unclear sequence left out alone counts: most queries are of this kind."""
_FEWEST_ROWS = 50
_USUAL_CLEAR = (2.5, 4.5)
_USUAL_UNCLEAR = (16.0, 5.0, 0.15)
"""Weights for a library too small to learn its own from: those of the human reference, rounded."""

_GUMBEL_999 = 4.94
"""Standard deviations above its mean that a Gumbel variable exceeds once in a thousand times."""


@dataclass(frozen=True, slots=True)
class _Records:
    """What the rest said of sequences that were left out.

    `features` has the shape (n, families, features); `truth` the index of each true family;
    `weight` how many sequences each one stands for.
    """

    features: NDArray[np.float64]
    truth: NDArray[np.int64]
    weight: NDArray[np.float64]
    significant: NDArray[np.bool_]


def train_model(
    encoder: TranslatedEncoder,
    sequences: Sequence[str],
    families: Sequence[int],
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> FamilyModel:
    """Learn from a library's sequences how much each kind of evidence may say.

    Parameters
    ----------
    sequences, families
        Distinct sequences, and the class number of each.
    seed
        Of the sampling.
    progress
        Called again and again with how many steps are done, and of how many.
    """
    steps = _Steps(progress, len(LINKS) + 3)
    generator = np.random.default_rng(seed)
    numbers, indexes = np.unique(np.array(families, dtype=np.int64), return_inverse=True)
    chosen = np.arange(len(sequences))
    if len(sequences) > MOST_FITTED:
        chosen = np.sort(generator.choice(len(sequences), MOST_FITTED, replace=False))
    study = _Study(
        encoder,
        [sequences[place] for place in chosen.tolist()],
        indexes[chosen],
        len(numbers),
        generator,
        tick=steps.tick,
    )
    steps.next()
    noise = study.noise()
    regimes: list[tuple[_Records, _Records]] = []
    for clusters in study.regimes():
        steps.next()
        regimes.append(study.left_out(clusters, noise))
    clear = [records for records, _ in regimes]
    unclear = [records for _, records in regimes]
    steps.next()
    clear_weights = _joined(clear, _USUAL_CLEAR)
    unclear_weights = _joined(unclear, _USUAL_UNCLEAR, first=_ALONE_WEIGHT)
    threshold = _threshold(clear[1:], clear_weights, unclear[1:], unclear_weights)
    learned = ModelParameters(
        families=numbers,
        weights=study.ridge.weights,
        priors=study.ridge.priors,
        clear_weights=clear_weights,
        unclear_weights=unclear_weights,
        noise=noise,
        threshold=np.array([threshold]),
    )
    return FamilyModel(study.words, learned)


class _Steps:
    """How far the learning is; told so often that whoever wants it to end need not wait."""

    def __init__(self, progress: Callable[[int, int], None], steps: int) -> None:
        self._progress = progress
        self._steps = steps
        self._done = 0
        self.tick()

    def next(self) -> None:
        self._done += 1
        self.tick()

    def tick(self) -> None:
        self._progress(self._done, self._steps)


class _Study:
    """A sample of a library, and what its sequences say of each other."""

    def __init__(
        self,
        encoder: TranslatedEncoder,
        sequences: Sequence[str],
        families: NDArray[np.int64],
        count: int,
        generator: np.random.Generator,
        *,
        tick: Callable[[], None],
    ) -> None:
        self._tick = tick
        self._encoder = encoder
        self._sequences = sequences
        self._families = families
        self._count = count
        self._generator = generator
        self._relatives = map_in_threads(
            lambda pair: candidate(encoder, *pair),
            list(zip(families.tolist(), sequences, strict=True)),
            tick,
        )
        self._rows = stacked([each.profile for each in self._relatives])
        self._products = inner_products(self._rows, self._rows)
        np.fill_diagonal(self._products, 0)
        tick()
        self.words = PeptideKmers.fit(sequences)
        tick()
        self.ridge: RidgeFit = fit_ridge(self.words.matrix(sequences), families, count, tick)
        tick()

    def regimes(self) -> list[NDArray[np.int64]]:
        """Who is left out together: each sequence alone, then clusters, wide and narrow."""
        alone = np.arange(len(self._sequences))
        return [alone, *(linked_clusters(self._products, link) for link in LINKS)]

    def left_out(
        self, clusters: NDArray[np.int64], noise: NDArray[np.float64]
    ) -> tuple[_Records, _Records]:
        """Records of sequences, left out with their clusters: clear ones, and unclear ones."""
        best = np.array([self._others(clusters, row).max() for row in range(len(clusters))])
        clear = self._drawn(np.flatnonzero(best >= CLEAR))
        unclear = self._drawn(np.flatnonzero(best < CLEAR))
        return (
            self._records(
                [self._clear(clusters, row) for row in clear],
                clear,
                np.ones(len(clear), dtype=np.bool_),
                (best >= CLEAR).sum(),
            ),
            self._unclear_records(clusters, unclear, (best < CLEAR).sum(), noise),
        )

    def noise(self) -> NDArray[np.float64]:
        """Nats that a shuffled sequence exceeds once in a thousand times: intercept, slope.

        Scores of chance alignments follow Gumbel's distribution, its place growing with the
        logarithm of the length (Karlin and Altschul 1990).
        """
        # Few sequences are shuffled more than once.
        rows = self._drawn(np.arange(len(self._sequences)), SHUFFLED)
        drawn: NDArray[np.int64] = np.resize(rows, SHUFFLED)
        shuffled = [
            "".join(self._generator.permutation(list(self._sequences[row]))) for row in drawn
        ]
        profiles = stacked([self._encoder.profile(sequence) for sequence in shuffled])
        products = inner_products(profiles, self._rows)
        strongest = np.array(
            map_in_threads(
                lambda pair: alignments(pair[0], self._nearest(pair[1])).max(initial=0.0),
                list(zip(shuffled, products, strict=True)),
                self._tick,
            )
        )
        lengths = np.log([len(sequence) for sequence in shuffled])
        slope = 1.0
        if len(self._sequences) >= _FEWEST_ROWS and np.ptp(lengths):
            slope = max(0.0, np.polyfit(lengths, strongest, 1)[0])
        residuals = strongest - slope * lengths
        return np.array([residuals.mean() + _GUMBEL_999 * residuals.std(), slope])

    def _others(self, clusters: NDArray[np.int64], row: int) -> NDArray[np.float32]:
        """Inner products of a sequence with all others, its own cluster's set to zero."""
        return np.where(clusters == clusters[row], np.float32(0), self._products[row])

    def _drawn(self, rows: NDArray[np.int64], most: int = ROWS) -> NDArray[np.int64]:
        if len(rows) <= most:
            return rows
        return np.sort(self._generator.choice(rows, most, replace=False))

    def _nearest(self, products: NDArray[np.float32]) -> list[Candidate]:
        order = np.argsort(-products, kind="stable")[:_NEAREST]
        return [self._relatives[place] for place in order if products[place] > 0]

    def _clear(self, clusters: NDArray[np.int64], row: int) -> NDArray[np.float64]:
        return clear_features(self._evidence(self._others(clusters, row)))

    def _evidence(self, products: NDArray[np.float32]) -> NDArray[np.float64]:
        order = np.argsort(-products, kind="stable")[:_NEAREST]
        return neighbour_evidence(products[order], self._families[order], self._count)

    def _unclear_records(
        self,
        clusters: NDArray[np.int64],
        rows: NDArray[np.int64],
        stands_for: int,
        noise: NDArray[np.float64],
    ) -> _Records:
        composition = self.ridge.left_out(clusters, rows)
        features, significant = [], []
        nearest_of = map_in_threads(
            lambda row: self._nearest(self._others(clusters, row)), rows.tolist(), self._tick
        )
        aligned = map_in_threads(
            lambda pair: alignments(self._sequences[pair[0]], pair[1]),
            list(zip(rows.tolist(), nearest_of, strict=True)),
            self._tick,
        )
        for row, said, nearest, strengths in zip(
            rows, composition, nearest_of, aligned, strict=True
        ):
            sequence = self._sequences[row]
            families = np.array([each.family for each in nearest], dtype=np.int64)
            features.append(
                unclear_features(
                    self._evidence(self._others(clusters, row)),
                    strengths,
                    families,
                    said,
                    len(sequence),
                )
            )
            reached = noise[0] + noise[1] * np.log(len(sequence))
            significant.append(strengths.max(initial=0.0) >= reached)
        return self._records(features, rows, np.array(significant, dtype=np.bool_), stands_for)

    def _records(
        self,
        features: Sequence[NDArray[np.float64]],
        rows: NDArray[np.int64],
        significant: NDArray[np.bool_],
        stands_for: int,
    ) -> _Records:
        weight = np.full(len(rows), stands_for / max(1, len(rows)))
        return _Records(
            np.stack(features) if features else np.zeros((0, self._count, 0)),
            self._families[rows],
            weight,
            significant,
        )


def _joined(
    regimes: Sequence[_Records], usual: Sequence[float], first: float = 1.0
) -> NDArray[np.float64]:
    """Weights of the joining, fitted on all regimes; the usual ones where there is too little.

    `first` is what a record of the first regime counts.
    """
    counts = [first, *([1.0] * (len(regimes) - 1))]
    filled = [
        (records, count)
        for records, count in zip(regimes, counts, strict=True)
        if len(records.truth)
    ]
    if sum(len(records.truth) for records, _ in filled) < _FEWEST_ROWS:
        return np.array(usual)
    if filled[0][0].features.shape[1] == 1:  # One family alone teaches nothing; others may come.
        return np.array(usual)
    return fit_conditional_logit(
        np.concatenate([records.features for records, _ in filled]),
        np.concatenate([records.truth for records, _ in filled]),
        np.concatenate([np.full(len(records.truth), count) for records, count in filled]),
    )


def _threshold(
    clear: Sequence[_Records],
    clear_weights: NDArray[np.float64],
    unclear: Sequence[_Records],
    unclear_weights: NDArray[np.float64],
) -> float:
    """The lowest confidence from which on enough of the calls on left-out clusters are right."""
    judged = [(records, clear_weights) for records in clear]
    judged += [(records, unclear_weights) for records in unclear]
    confidence, right, weight = [], [], []
    for records, weights in judged:
        if not records.significant.any():
            continue
        shares = probabilities(records.features[records.significant], weights)
        confidence.append(shares.max(axis=1))
        right.append(shares.argmax(axis=1) == records.truth[records.significant])
        weight.append(records.weight[records.significant])
    if not confidence:
        return LOWEST_THRESHOLD
    order = np.argsort(-np.concatenate(confidence), kind="stable")
    sure = np.concatenate(confidence)[order]
    weights = np.concatenate(weight)[order]
    precision = np.cumsum(weights * np.concatenate(right)[order]) / np.cumsum(weights)
    enough = np.flatnonzero(precision >= PRECISION)
    lowest = float(sure[enough[-1]]) if enough.size else HIGHEST_THRESHOLD
    return float(np.clip(lowest, LOWEST_THRESHOLD, HIGHEST_THRESHOLD))
