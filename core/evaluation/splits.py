"""Splits: training sets and the queries put to them. Pure functions of the data.

A split has one or more rounds. Methods learn from a round's training set and nothing else; tasks of
the same name are scored together over all rounds of a split.
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, RepeatedStratifiedKFold, train_test_split

from core.errors import InputError
from core.evaluation.data import Indexes, LabelledData
from core.evaluation.methods import NO_FAMILY

TEST_SHARE = 0.2
"""Share of the sequences that a random split holds out."""
FOLDS = 5
REPEATS = 2
UNMODIFIED = "as they are"
"""The task whose queries are the held-out sequences themselves; stored in reports."""


@dataclass(frozen=True, slots=True)
class Task:
    """Queries of a round.

    Attributes
    ----------
    name
        Such as ``"reverse complement"``; stored in reports.
    indexes
        Indexes of the sequences that the queries are made from.
    sequences
        The queries.
    units
        Resampling unit of each query, int64: queries that depend on each other, such as relatives,
        share a number.
    perturbed
        Whether the queries differ from the sequences.
    unknown
        Whether no query has a family of the training set.
    """

    name: str
    indexes: Indexes
    sequences: tuple[str, ...]
    units: NDArray[np.int64]
    perturbed: bool = False
    unknown: bool = False

    @classmethod
    def unmodified(
        cls,
        data: LabelledData,
        indexes: Indexes,
        name: str = UNMODIFIED,
        units: NDArray[np.int64] | None = None,
        *,
        unknown: bool = False,
    ) -> "Task":
        """Make a task of the sequences at some indexes, as they are."""
        sequences = data.take(indexes).sequences
        return cls(name, indexes, sequences, indexes if units is None else units, unknown=unknown)

    def sample(self, size: int, seed: int) -> "Task":
        """Return at most `size` random queries; tasks of one split share their sequences."""
        if len(self.sequences) <= size:
            return self
        ranks = np.random.default_rng(seed).permutation(self.indexes.max() + 1)[self.indexes]
        chosen = np.sort(np.argsort(ranks, kind="stable")[:size])
        return replace(
            self,
            indexes=self.indexes[chosen],
            sequences=tuple(self.sequences[number] for number in chosen.tolist()),
            units=self.units[chosen],
        )

    def true_families(self, data: LabelledData) -> NDArray[np.int64]:
        """Return the family of each query, int64; NO_FAMILY where it is unknown."""
        if self.unknown:
            return np.full(len(self.sequences), NO_FAMILY, dtype=np.int64)
        return data.families[self.indexes]


@dataclass(frozen=True, slots=True)
class Round:
    """A training set and the tasks for the methods fitted on it."""

    training: Indexes
    tasks: tuple[Task, ...]


def random_split(data: LabelledData, seed: int, *, copies: bool) -> list[Round]:
    """Hold out a random fifth of the sequences.

    Parameters
    ----------
    copies
        Whether exact copies stay: then a query may have a copy in the training set.

    Raises
    ------
    InputError
        If all sequences are equal, or copies are to stay and there are none.
    """
    distinct = data.distinct()
    if distinct.size < 2:
        raise InputError("All sequences are copies of one.", "Evaluate on more sequences.")
    if copies and distinct.size == len(data):
        message = "There are no exact copies in these sequences."
        raise InputError(message, "Libraries store each sequence once; evaluate on a file.")
    indexes = np.arange(len(data)) if copies else distinct
    training, test = train_test_split(indexes, test_size=TEST_SHARE, random_state=seed)
    return [Round(training, (Task.unmodified(data, test),))]


def stratified_folds(
    data: LabelledData, seed: int, folds: int = FOLDS, repeats: int = REPEATS
) -> list[Round]:
    """Cross-validate on the distinct sequences, stratified by family, several times.

    Raises
    ------
    InputError
        If no family has as many members as there are folds.
    """
    indexes = data.distinct()
    families = data.families[indexes]
    if np.unique(families, return_counts=True)[1].max(initial=0) < folds:
        message = f"No family has {folds} distinct members, one for each fold."
        raise InputError(message, "Evaluate on more sequences.")
    splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    with warnings.catch_warnings():  # Families smaller than the number of folds are accepted.
        warnings.simplefilter("ignore", UserWarning)
        parts = list(splitter.split(indexes, families))
    return [
        Round(indexes[training], (Task.unmodified(data, indexes[test]),))
        for training, test in parts
    ]


def held_out_clusters(
    data: LabelledData, indexes: Indexes, clusters: NDArray[np.int64], folds: int = FOLDS
) -> list[Round]:
    """Cross-validate with every cluster either in the training set or held out.

    Parameters
    ----------
    indexes, clusters
        The sequences that take part, and the cluster of each.

    Raises
    ------
    InputError
        If there are fewer clusters than folds.
    """
    count = np.unique(clusters).size
    if count < folds:
        message = f"The sequences form only {count} clusters of relatives: none can be held out."
        raise InputError(message, "Evaluate on less similar sequences.")
    parts = GroupKFold(folds).split(indexes, groups=clusters)
    return [
        Round(
            indexes[training],
            (Task.unmodified(data, indexes[test], units=clusters[test]),),
        )
        for training, test in parts
    ]


def between_organisms(data: LabelledData) -> list[Round]:
    """Train on each organism's distinct sequences, and query with each other organism's.

    Raises
    ------
    InputError
        If there are fewer than two organisms.
    """
    owners = np.array(data.organisms)
    names = list(dict.fromkeys(data.organisms))
    if len(names) < 2:
        message = "The data have only one organism."
        raise InputError(message, "Choose sequences of two organisms or more.")
    members = {}
    for name in names:
        indexes = np.flatnonzero(owners == name)
        members[name] = indexes[data.take(indexes).distinct()]
    return [
        Round(
            members[reference],
            tuple(
                Task.unmodified(data, members[name], f"{name} from {reference}")
                for name in names
                if name != reference
            ),
        )
        for reference in names
        if np.unique(data.families[members[reference]]).size > 1
    ]


def left_out_families(data: LabelledData) -> list[Round]:
    """Leave out each family in turn and query with its distinct members.

    No query has a family of the training set; a task is named after the family left out.
    """
    indexes = data.distinct()
    families = data.families[indexes]
    return [
        Round(
            indexes[families != family],
            (
                Task.unmodified(
                    data,
                    indexes[families == family],
                    data.family_names.get(family, str(family)),
                    unknown=True,
                ),
            ),
        )
        for family in np.unique(families).tolist()
    ]
