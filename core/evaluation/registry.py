"""Registry of splits and methods by name, and the plan of an evaluation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.evaluation.classifiers import KmerNaiveBayes, MajorityClass, count_classifiers
from core.evaluation.clusters import LINK, mmseqs_clusters, mmseqs_unavailable, profile_clusters
from core.evaluation.data import LabelledData
from core.evaluation.external_tools import BLASTN, BLASTN_SENSITIVE, DIAMOND, MMSEQS, Tool
from core.evaluation.genekin_method import library_methods
from core.evaluation.methods import Method
from core.evaluation.perturbations import (
    DRAWS,
    SPLIT_SEEDS,
    perturbed_split,
    reference_organism,
    repeated_splits,
)
from core.evaluation.splits import (
    FOLDS,
    REPEATS,
    Round,
    between_organisms,
    held_out_clusters,
    left_out_families,
    random_split,
    stratified_folds,
)
from core.evaluation.sql_method import SqlSearch
from core.progress import Progress
from core.settings import Settings
from core.stores.milvus.index import INDEX_KINDS
from core.stores.sql.database import Database

DEFAULT_SEED = 42
"""The random seed of the published baseline."""


@dataclass(frozen=True, slots=True)
class Split:
    """A named way to split data into training sets and queries.

    Attributes
    ----------
    make
        Makes the rounds from data and a random seed; raises InputError where that is impossible.
    unavailable_reason
        Returns why it cannot be made here, as a sentence; empty if it can.
    """

    name: str
    title: str
    about: str
    make: Callable[[LabelledData, int, Progress], list[Round]]
    unavailable_reason: Callable[[], str] = lambda: ""


@dataclass(frozen=True, slots=True)
class PlannedSplit:
    """A split and the methods to evaluate on it.

    Attributes
    ----------
    max_queries
        Of larger tasks, so many random queries; None for all.
    """

    split: str
    methods: tuple[str, ...]
    max_queries: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Splits and methods of an evaluation, with its random seed."""

    parts: tuple[PlannedSplit, ...]
    seed: int = DEFAULT_SEED

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of all methods that take part."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.methods))


def _split_by_profiles(data: LabelledData, _seed: int, progress: Progress) -> list[Round]:
    indexes = data.distinct()
    clusters = profile_clusters(data.take(indexes).sequences, progress=progress)
    return held_out_clusters(data, indexes, clusters)


def _split_by_mmseqs(data: LabelledData, _seed: int, progress: Progress) -> list[Round]:
    progress("Clustering with MMseqs2", 0, 1)
    indexes = data.distinct()
    return held_out_clusters(data, indexes, mmseqs_clusters(data.take(indexes).sequences))


def _by_name(*splits: Split) -> Mapping[str, Split]:
    return {split.name: split for split in splits}


SPLITS = _by_name(
    Split(
        "seed",
        "random 80/20",
        "A random fifth of the distinct sequences is held out, as in the published baseline.",
        lambda data, seed, _: random_split(data, seed, copies=False),
    ),
    Split(
        "copies",
        "random 80/20 with copies",
        "A random fifth of all records is held out: a query may have an exact copy in the training"
        " set.",
        lambda data, seed, _: random_split(data, seed, copies=True),
    ),
    Split(
        "folds",
        "repeated 5-fold",
        f"Cross-validation with {FOLDS} folds stratified by family, repeated {REPEATS} times.",
        lambda data, seed, _: stratified_folds(data, seed),
    ),
    Split(
        "homology",
        "homology-aware",
        f"Clusters of relatives are held out, {FOLDS} folds: single linkage of k-mer profiles with"
        f" an inner product above {LINK}.",
        _split_by_profiles,
    ),
    Split(
        "homology-mmseqs",
        "homology-aware (MMseqs2)",
        f"Clusters of relatives are held out, {FOLDS} folds: proteins with 25% identity over half"
        " of one of the two.",
        _split_by_mmseqs,
        mmseqs_unavailable,
    ),
    Split(
        "organisms",
        "cross-species",
        "One organism is the training set, another one the queries.",
        lambda data, _seed, _: between_organisms(data),
    ),
    Split(
        "stress",
        "robustness",
        "Random 80/20 with fragmented, substituted, reverse-complemented and ambiguous queries.",
        lambda data, seed, _: perturbed_split(data, seed),
    ),
)
"""Splits to choose from, by name."""

BENCHMARK_SPLITS = _by_name(
    Split(
        "split-seeds",
        "repeated random 80/20",
        f"A random fifth is held out with the seeds {', '.join(map(str, SPLIT_SEEDS))}; bases are"
        f" substituted in {DRAWS} draws.",
        lambda data, seed, _: repeated_splits(data, seed),
    ),
    Split(
        "left-out-families",
        "left-out families",
        "Each family in turn is left out of the training set; its members are the queries.",
        lambda data, _seed, _: left_out_families(data),
    ),
    Split(
        "reference-organism",
        "one reference organism",
        "The first organism is the training set; the queries are the other organisms and unrelated"
        " sequences.",
        lambda data, seed, _: reference_organism(data, seed),
    ),
)
"""Further splits of the project's own benchmark, by name."""

_CLASSIFIERS = ("knn", "forest", "svm", "logistic", "naive-bayes", "kaggle", "majority")
_MAIN = ("translated", "seed", "count", "mysql", *_CLASSIFIERS, "blastn", "diamond")
_INDEXES = tuple(f"count-{kind.lower()}" for kind in INDEX_KINDS[1:])

METHODS = (*_MAIN, *_INDEXES)
"""Methods to choose from."""
BENCHMARK_METHODS: tuple[Tool, ...] = (BLASTN_SENSITIVE, MMSEQS)
"""Further methods of the project's own benchmark."""

_DEFAULT_METHODS: Mapping[str, tuple[str, ...]] = {
    "seed": METHODS,
    "copies": _MAIN,
    "folds": _MAIN,
    "homology": _MAIN,
    "homology-mmseqs": _MAIN,
    "organisms": ("translated", "seed", "mysql", "blastn", "diamond"),
    "stress": ("translated", "seed", "mysql", "knn", "kaggle", "blastn", "diamond"),
}
_MANY_TASKS = ("organisms", "stress")
DEFAULT_SPLITS = ("seed", "copies", "homology", "stress", "organisms")
QUICK_SPLITS = ("seed", "homology")
"""Splits of the quick benchmark, with their default methods but for other indexes."""


def make_plan(
    splits: Sequence[str] = (),
    methods: Sequence[str] = (),
    seed: int = DEFAULT_SEED,
    max_queries: int | None = None,
) -> Plan:
    """Plan an evaluation: the default splits with their default methods, unless others are chosen.

    Parameters
    ----------
    max_queries
        Queries of each task of the splits with many tasks; None for all.

    Raises
    ------
    InputError
        If there is no such split or method, or the seed is out of range.
    """
    for name in splits:
        _require(name, tuple(SPLITS), "split")
    for name in methods:
        _require(name, METHODS, "method")
    if not 0 <= seed < 1 << 32:
        raise InputError(f"{seed} cannot be a seed.", "Give a number from 0 to 4,294,967,295.")
    planned = dict.fromkeys(splits or DEFAULT_SPLITS)
    chosen = tuple(dict.fromkeys(methods))
    parts = (
        PlannedSplit(
            name,
            chosen or _DEFAULT_METHODS[name],
            max_queries if name in _MANY_TASKS else None,
        )
        for name in planned
    )
    return Plan(tuple(parts), seed)


def make_quick_plan(seed: int = DEFAULT_SEED) -> Plan:
    """Plan the quick benchmark: the published table, and the same without close relatives."""
    return Plan(tuple(PlannedSplit(name, _MAIN) for name in QUICK_SPLITS), seed)


def make_methods(
    settings: Settings, database: Database, seed: int = DEFAULT_SEED
) -> dict[str, Method]:
    """Make all methods, by name.

    Parameters
    ----------
    settings
        They name the Milvus server, if there is one.
    database
        Holds the temporary tables of the SQL search.
    seed
        Random seed of the classifiers.
    """
    methods: list[Method] = [
        *library_methods(settings, INDEX_KINDS),
        SqlSearch(database),
        *count_classifiers(seed),
        KmerNaiveBayes(),
        MajorityClass(),
        BLASTN,
        DIAMOND,
    ]
    by_name = {method.name: method for method in methods}
    return {name: by_name[name] for name in METHODS}


def _require(name: str, known: Sequence[str], kind: str) -> None:
    if name not in known:
        message = f"There is no {kind} {name[:80]!r}."
        raise InputError(message, f"Choose from: {', '.join(known)}.")
