"""What there is to choose from: splits and methods by name, and what is evaluated by default."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.evaluation.classifiers import Majority, WordCounts, seed_classifiers
from core.evaluation.clusters import LINK, mmseqs_clusters, mmseqs_missing, profile_clusters
from core.evaluation.data import LabelledData
from core.evaluation.external_tools import BLASTN, DIAMOND
from core.evaluation.genekin_method import library_searches
from core.evaluation.methods import Method
from core.evaluation.perturbations import stress
from core.evaluation.splits import (
    FOLDS,
    REPEATS,
    Round,
    Step,
    between_organisms,
    held_out_clusters,
    seed_split,
    stratified_folds,
)
from core.evaluation.sql_method import SqlSearch
from core.settings import Settings
from core.stores.milvus.index import INDEX_KINDS
from core.stores.sql.database import Database

SEED = 42
"""The seed's own random state."""


@dataclass(frozen=True, slots=True)
class Split:
    """A way to part data, by name.

    Attributes
    ----------
    make
        Makes its rounds of data, with a random seed; raises InputError where that cannot be.
    missing
        Why it cannot be made here; empty where it can.
    """

    name: str
    title: str
    about: str
    make: Callable[[LabelledData, int, Step], list[Round]]
    missing: Callable[[], str] = lambda: ""


@dataclass(frozen=True, slots=True)
class Part:
    """A split, and the methods that are evaluated on it."""

    split: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is evaluated, with the seed of all that is random."""

    parts: tuple[Part, ...]
    seed: int = SEED

    @property
    def methods(self) -> tuple[str, ...]:
        """All that take part, each once."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.methods))


def _by_profiles(data: LabelledData, _seed: int, step: Step) -> list[Round]:
    places = data.distinct()
    clusters = profile_clusters(data.taken(places).sequences, step=step)
    return held_out_clusters(data, places, clusters)


def _by_mmseqs(data: LabelledData, _seed: int, step: Step) -> list[Round]:
    step()
    places = data.distinct()
    return held_out_clusters(data, places, mmseqs_clusters(data.taken(places).sequences))


SPLITS: Mapping[str, Split] = {
    split.name: split
    for split in (
        Split(
            "seed",
            "a fifth at random",
            "The published demo's split: a fifth of the sequences, exact copies left out.",
            lambda data, seed, _: seed_split(data, seed, copies=False),
        ),
        Split(
            "copies",
            "a fifth at random, with copies",
            "The same of all records: a query may be an exact copy of what is learned from.",
            lambda data, seed, _: seed_split(data, seed, copies=True),
        ),
        Split(
            "folds",
            "repeated folds",
            f"{FOLDS} folds with all families in equal shares, {REPEATS} times.",
            lambda data, seed, _: stratified_folds(data, seed),
        ),
        Split(
            "homology",
            "no relatives",
            f"Whole clusters of relatives held out, {FOLDS} folds: single linkage of k-mer profiles"
            f" with an inner product above {LINK}.",
            _by_profiles,
        ),
        Split(
            "homology-mmseqs",
            "no relatives by MMseqs2",
            f"Whole clusters held out, {FOLDS} folds: proteins a quarter identical over half of one"
            " of the two.",
            _by_mmseqs,
            mmseqs_missing,
        ),
        Split(
            "organisms",
            "from organism to organism",
            "All of one organism asked of another.",
            lambda data, _seed, _: between_organisms(data),
        ),
        Split(
            "stress",
            "stress",
            "A fifth at random; its queries cut, changed, turned round and made ambiguous.",
            lambda data, seed, _: stress(data, seed),
        ),
    )
}

_CLASSIFIERS = ("knn", "forest", "svm", "logistic", "naive-bayes", "kaggle", "majority")
_MAIN = ("translated", "seed", "count", "mysql", *_CLASSIFIERS, "blastn", "diamond")
_INDEXES = tuple(f"count-{kind.lower()}" for kind in INDEX_KINDS[1:])
_STRESSED = ("translated", "seed", "mysql", "knn", "kaggle", "blastn", "diamond")

METHODS = (*_MAIN, *_INDEXES)
"""Names of all methods."""

_USUAL: Mapping[str, tuple[str, ...]] = {
    "seed": METHODS,
    "copies": _MAIN,
    "folds": _MAIN,
    "homology": _MAIN,
    "homology-mmseqs": _MAIN,
    "organisms": ("translated", "seed", "mysql", "blastn", "diamond"),
    "stress": _STRESSED,
}
"""The methods of each split, where none are chosen."""
DEFAULT_SPLITS = ("seed", "copies", "homology", "stress", "organisms")


def make_plan(splits: Sequence[str] = (), methods: Sequence[str] = (), seed: int = SEED) -> Plan:
    """The default plan, or other splits, or other methods on all of them.

    Raises
    ------
    InputError
        If there is no such split or method, or the seed is not usable.
    """
    for name in splits:
        _require(name, tuple(SPLITS), "split")
    for name in methods:
        _require(name, METHODS, "method")
    if not 0 <= seed < 1 << 32:
        raise InputError(f"{seed} cannot be a seed.", "Give a number from 0 to 4,294,967,295.")
    chosen = dict.fromkeys(splits or DEFAULT_SPLITS)
    asked = tuple(dict.fromkeys(methods))
    return Plan(tuple(Part(name, asked or _USUAL[name]) for name in chosen), seed)


def make_methods(settings: Settings, database: Database, seed: int = SEED) -> dict[str, Method]:
    """All methods by name.

    Parameters
    ----------
    settings
        Which Milvus server there is, if any.
    database
        In which the MySQL model has its temporary tables.
    seed
        Of what is random in them.
    """
    found: list[Method] = [
        *library_searches(settings, INDEX_KINDS),
        SqlSearch(database),
        *seed_classifiers(seed),
        WordCounts(),
        Majority(),
        BLASTN,
        DIAMOND,
    ]
    by_name = {method.name: method for method in found}
    return {name: by_name[name] for name in METHODS}


def _require(name: str, known: Sequence[str], kind: str) -> None:
    if name not in known:
        message = f"There is no {kind} {name[:80]!r}."
        raise InputError(message, f"Choose from: {', '.join(known)}.")
