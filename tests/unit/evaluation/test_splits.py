import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from core.errors import InputError
from core.evaluation.data import LabelledData
from core.evaluation.methods import NO_FAMILY
from core.evaluation.splits import (
    Round,
    between_organisms,
    held_out_clusters,
    left_out_families,
    random_split,
    stratified_folds,
)


def numbered(count: int, copies: int = 0, families: int = 2) -> LabelledData:
    """Different sequences of families in turn; the last `copies` are the first once more."""
    sequences = [f"A{number:08b}" for number in range(count - copies)]
    sequences += sequences[:copies]
    places = [sequences.index(sequence) for sequence in sequences]
    return LabelledData(
        tuple(sequences), np.array(places) % families, ("human",) * count, "numbers"
    )


def sides(data: LabelledData, item: Round) -> tuple[set[str], set[str]]:
    """Return the training sequences and the queries."""
    asked = {sequence for task in item.tasks for sequence in task.sequences}
    return set(data.take(item.training).sequences), asked


class TestSeedSplit:
    def test_is_scikit_learn_s_over_the_distinct_sequences_in_their_order(self):
        data = numbered(50, copies=10)
        training, test = train_test_split(data.sequences[:40], test_size=0.2, random_state=42)

        (found,) = random_split(data, 42, copies=False)

        assert data.take(found.training).sequences == tuple(training)
        assert found.tasks[0].sequences == tuple(test)

    def test_without_copies_nothing_is_on_both_sides(self):
        data = numbered(50, copies=25)
        (found,) = random_split(data, 42, copies=False)

        known, asked = sides(data, found)
        assert not known & asked
        assert len(known | asked) == 25

    def test_with_copies_every_record_takes_part(self):
        data = numbered(50, copies=25)
        (found,) = random_split(data, 42, copies=True)

        known, asked = sides(data, found)
        assert known & asked
        assert sorted([*found.training, *found.tasks[0].indexes]) == list(range(50))

    def test_with_copies_needs_some(self):
        with pytest.raises(InputError, match="no exact copies"):
            random_split(numbered(10), 42, copies=True)

    def test_copies_of_one_sequence_cannot_be_parted(self):
        data = LabelledData(("ACGT",) * 4, np.array([0, 1, 0, 1]), ("human",) * 4)

        with pytest.raises(InputError, match="copies of one"):
            random_split(data, 42, copies=True)


class TestStratifiedFolds:
    def test_every_distinct_sequence_is_asked_about_once_a_repeat(self):
        data = numbered(44, copies=4)
        rounds = stratified_folds(data, seed=1, folds=4, repeats=3)

        asked = [place for item in rounds for place in item.tasks[0].indexes.tolist()]
        assert len(rounds) == 12
        assert sorted(asked) == sorted(list(range(40)) * 3)
        for item in rounds:
            known, queries = sides(data, item)
            assert not known & queries

    def test_families_have_equal_shares_of_a_fold(self):
        data = numbered(40, families=4)
        for item in stratified_folds(data, seed=1, folds=5, repeats=1):
            assert np.bincount(data.families[item.tasks[0].indexes]).tolist() == [2, 2, 2, 2]

    def test_a_family_smaller_than_the_folds_is_no_error(self):
        data = numbered(12)
        data.families[-1] = 7

        assert len(stratified_folds(data, seed=1, folds=5, repeats=1)) == 5

    def test_some_family_must_reach_all_folds(self):
        with pytest.raises(InputError, match="No family has 5 distinct members"):
            stratified_folds(numbered(8), seed=1, folds=5)


class TestHeldOutClusters:
    def test_no_cluster_is_on_both_sides_and_all_are_asked_about(self):
        data = numbered(30)
        places, clusters = np.arange(30), np.arange(30) // 4
        rounds = held_out_clusters(data, places, clusters, folds=3)

        for item in rounds:
            assert not set(clusters[item.training]) & set(clusters[item.tasks[0].indexes])
        asked = np.concatenate([item.tasks[0].indexes for item in rounds])
        assert sorted(asked.tolist()) == list(range(30))

    def test_members_of_a_cluster_are_one_unit(self):
        data = numbered(30)
        clusters = np.arange(30) // 4
        for item in held_out_clusters(data, np.arange(30), clusters, folds=3):
            assert item.tasks[0].units.tolist() == clusters[item.tasks[0].indexes].tolist()

    def test_too_few_clusters_are_said(self):
        with pytest.raises(InputError, match="only 2 clusters of relatives: none can be held out"):
            held_out_clusters(numbered(10), np.arange(10), np.arange(10) % 2, folds=5)


class TestLeftOutFamilies:
    def test_each_family_is_queried_against_the_others(self):
        data = numbered(12, copies=2, families=3)
        rounds = left_out_families(data)

        assert [item.tasks[0].name for item in rounds] == ["0", "1", "2"]
        for family, item in enumerate(rounds):
            (task,) = item.tasks
            assert set(data.families[task.indexes]) == {family}
            assert family not in data.families[item.training]
            assert sorted([*task.indexes, *item.training]) == list(range(10))

    def test_no_query_has_a_family_of_the_training_set(self):
        data = numbered(12, families=3)
        for item in left_out_families(data):
            assert set(item.tasks[0].true_families(data)) == {NO_FAMILY}


class TestBetweenOrganisms:
    def test_each_is_asked_of_each_other_one_with_its_copies_once(self):
        sequences = ("A", "C", "A", "G", "T", "A")
        families = np.array([0, 1, 0, 0, 1, 0])
        owners = ("human", "human", "human", "dog", "dog", "dog")
        data = LabelledData(sequences, families, owners)

        rounds = between_organisms(data)

        found = {
            task.name: (item.training.tolist(), task.indexes.tolist())
            for item in rounds
            for task in item.tasks
        }
        assert found == {
            "dog from human": ([0, 1], [3, 4, 5]),
            "human from dog": ([3, 4, 5], [0, 1]),
        }

    def test_nothing_is_learned_from_an_organism_of_one_family(self):
        data = LabelledData(("A", "C", "G"), np.array([0, 1, 0]), ("human", "human", "dog"))

        assert [item.tasks[0].name for item in between_organisms(data)] == ["dog from human"]

    def test_one_organism_is_too_few(self):
        with pytest.raises(InputError, match="only one organism"):
            between_organisms(numbered(4))
