"""Splits: which sequences are learned from, and which are asked about. Pure functions of the data.

A split is one round or several. What a round's methods learn from is its training part and nothing
else; rounds of one split that have tasks of the same name are judged together.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, RepeatedStratifiedKFold, train_test_split

from core.errors import InputError
from core.evaluation.data import LabelledData, Places

TEST_SHARE = 0.2
"""Share of the sequences that the seed's split asks about."""
FOLDS = 5
REPEATS = 2
AS_THEY_ARE = "as they are"
"""The task whose queries are the sequences themselves."""

Step = Callable[[], None]
"""Called between small steps; raises Cancelled when the work is to end."""


@dataclass(frozen=True, slots=True)
class Task:
    """Queries of a round.

    Attributes
    ----------
    name
        What is asked, such as ``"reverse complement"``.
    places
        Of the sequences that the queries are made of.
    sequences
        The queries.
    units
        What is not independent of each other has one number, such as relatives: int64.
    changed
        Whether the queries are other than the sequences.
    """

    name: str
    places: Places
    sequences: tuple[str, ...]
    units: NDArray[np.int64]
    changed: bool = False

    @classmethod
    def plain(
        cls,
        data: LabelledData,
        places: Places,
        name: str = AS_THEY_ARE,
        units: NDArray[np.int64] | None = None,
    ) -> "Task":
        """The sequences at some places, as they are."""
        sequences = data.taken(places).sequences
        return cls(name, places, sequences, places if units is None else units)


@dataclass(frozen=True, slots=True)
class Round:
    """A training part, and the tasks that are put to what is fitted on it."""

    training: Places
    tasks: tuple[Task, ...]


def seed_split(data: LabelledData, seed: int, *, copies: bool) -> list[Round]:
    """A fifth of the sequences at random, as the seed does it, asked of the others.

    Parameters
    ----------
    copies
        Whether exact copies stay: then a copy of a query may be learned from.

    Raises
    ------
    InputError
        If copies are to stay, and there are none; or there is nothing but copies of one.
    """
    distinct = data.distinct()
    if distinct.size < 2:
        raise InputError("All sequences are copies of one.", "Evaluate on more sequences.")
    if copies and distinct.size == len(data):
        message = "There are no exact copies in these sequences."
        raise InputError(message, "A library keeps each once; evaluate on the file itself.")
    places = np.arange(len(data)) if copies else distinct
    training, test = train_test_split(places, test_size=TEST_SHARE, random_state=seed)
    return [Round(training, (Task.plain(data, test),))]


def stratified_folds(
    data: LabelledData, seed: int, folds: int = FOLDS, repeats: int = REPEATS
) -> list[Round]:
    """Every distinct sequence is asked about once a repeat, families in equal shares a fold.

    Raises
    ------
    InputError
        If no family has as many members as there are folds.
    """
    places = data.distinct()
    families = data.families[places]
    if np.unique(families, return_counts=True)[1].max(initial=0) < folds:
        message = f"No family has {folds} distinct members, one for each fold."
        raise InputError(message, "Evaluate on more sequences.")
    dealing = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    with warnings.catch_warnings():  # A small family is not in every fold; so it is.
        warnings.simplefilter("ignore", UserWarning)
        dealt = list(dealing.split(places, families))
    return [Round(places[rest], (Task.plain(data, places[test]),)) for rest, test in dealt]


def held_out_clusters(
    data: LabelledData, places: Places, clusters: NDArray[np.int64], folds: int = FOLDS
) -> list[Round]:
    """Whole clusters are asked about: no cluster is on both sides.

    Parameters
    ----------
    places, clusters
        Of the sequences that take part, and the cluster of each.

    Raises
    ------
    InputError
        If there are fewer clusters than folds.
    """
    found = np.unique(clusters).size
    if found < folds:
        message = f"All sequences are relatives, in {found} clusters: none can be held out."
        raise InputError(message, "Evaluate on less similar sequences.")
    dealt = GroupKFold(folds).split(places, groups=clusters)
    return [
        Round(places[rest], (Task.plain(data, places[test], units=clusters[test]),))
        for rest, test in dealt
    ]


def between_organisms(data: LabelledData) -> list[Round]:
    """Each organism's distinct sequences asked of each other organism's.

    Raises
    ------
    InputError
        If there are fewer than two organisms.
    """
    owners = np.array(data.organisms)
    names = list(dict.fromkeys(data.organisms))
    if len(names) < 2:
        message = "There is one organism only."
        raise InputError(message, "Choose sequences of two organisms or more.")
    parts = {}
    for name in names:
        places = np.flatnonzero(owners == name)
        parts[name] = places[data.taken(places).distinct()]
    return [
        Round(parts[known], tuple(_asked(data, parts, known, names)))
        for known in names
        if np.unique(data.families[parts[known]]).size > 1
    ]


def _asked(
    data: LabelledData, parts: dict[str, Places], known: str, names: Sequence[str]
) -> list[Task]:
    return [
        Task.plain(data, parts[name], name=f"{name} from {known}")
        for name in names
        if name != known
    ]
