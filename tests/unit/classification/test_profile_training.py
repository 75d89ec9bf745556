"""Training of profiles, without a look at what is held out."""

import random

import numpy as np
import pytest

from core.classification.held_out import HeldOutEvidence
from core.classification.profile_evidence import ProfileEvidence
from core.classification.profile_search import HmmProfile, ProfileMatch, ProfileSearch
from core.classification.profile_training import (
    DEFAULT_WEIGHTS,
    UNUSED_WEIGHTS,
    _SampleMatches,
    train_profiles,
)
from core.classification.training import train
from core.encoders import TranslatedEncoder
from tests.support.evolution import members
from tests.support.profiles import (
    FAMILIES,
    build,
    distant_member,
    distant_members,
    distant_protein,
    profile,
)


def hmm(text, name="p", family=None):
    return HmmProfile(name, "", "", 0, text, family)


def trained(records, families=None):
    sequences = [record.residues for record in records]
    labels = families or [record.family for record in records]
    return train(TranslatedEncoder.fit(sequences), sequences, labels)


@pytest.fixture(scope="module")
def records():
    return distant_members("human", 16)


@pytest.fixture(scope="module")
def training(records):
    return trained(records)


@pytest.fixture(scope="module")
def of_families():
    return [hmm(profile(family)) for family in FAMILIES]


@pytest.fixture(scope="module")
def clustered():
    return trained(members("human", families=3, count=8))


@pytest.fixture(scope="module")
def mislabelled(records):
    labels = [record.family for record in records]
    random.Random(1).shuffle(labels)
    return trained(records, labels)


class TestWeights:
    def test_profiles_that_tell_families_apart_get_weight(self, training, of_families):
        model = train_profiles(training, of_families)
        assert model.weights[1] > 0.5
        assert [model.family(index) for index in range(4)] == [0, 1, 2, 3]

    def test_a_profile_of_a_held_out_gene_says_nothing_of_it(self, training, records):
        """It finds the gene that it was built from, best of all, and that must not count."""
        own = [
            hmm(build("own", [distant_protein(record.family, f"human {number % 16}")]))
            for number, record in enumerate(records[:20])
        ]
        found = ProfileSearch([one.text for one in own]).search(training.sample.sequences)
        assert all(row_matches[0].profile == row for row, row_matches in enumerate(found[:20]))
        matches = _SampleMatches(training.sample, [row[:1] for row in found], len(own))
        assert all(matches.counts(index).sum() >= 1 for index in range(len(own)))
        for evidence, clusters in zip(training.unclear, training.splits, strict=True):
            held_out = matches.hold_out(evidence, clusters)
            chosen = evidence.rows < len(own)
            best = held_out.ratios[chosen].argmax(axis=1)
            alone = [matches.counts(row).sum() == 1 for row in evidence.rows[chosen].tolist()]
            assert sum(alone) >= 5
            assert not held_out.informative[chosen][alone].any()
            assert best.size == len(own)

    def test_profiles_that_match_genes_of_any_family_get_none(self, mislabelled, of_families):
        model = train_profiles(mislabelled, of_families)
        assert tuple(model.weights) == UNUSED_WEIGHTS
        assert not model.is_used

    def test_profiles_that_match_nothing_say_nothing(self, training):
        model = train_profiles(training, [hmm(profile("other"))])
        assert not model.state()["counts"].any()
        assert tuple(model.weights) == UNUSED_WEIGHTS
        match = ProfileMatch(0, 100.0, 1e-30, "+", 1, 1, 9)
        assert ProfileEvidence(model, [match]).feature([0, 1, 2, 3]) == pytest.approx(np.zeros(4))

    def test_one_family_teaches_no_weight(self):
        records = distant_members("human", 16, families=[0])
        model = train_profiles(trained(records), [hmm(profile(0))])
        assert tuple(model.weights) == DEFAULT_WEIGHTS

    def test_a_wrong_word_of_the_user_is_overruled(self, training):
        model = train_profiles(training, [hmm(profile(0), family=3)])
        assert model.family(0) == 0

    def test_the_same_library_gives_the_same_model(self, training, of_families):
        one, other = (train_profiles(training, of_families).state() for _ in range(2))
        assert {name: array.tolist() for name, array in one.items()} == {
            name: array.tolist() for name, array in other.items()
        }

    def test_can_be_cancelled(self, training, of_families):
        def cancel(*_step):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train_profiles(training, of_families, progress=cancel)


class TestHoldOut:
    """One profile that matches some genes of a sample with real clusters."""

    def largest_cluster(self, training):
        """Return the rows of the most genes that are relatives of each other."""
        clusters = training.splits[1]
        return np.flatnonzero(clusters == np.bincount(clusters).argmax()).tolist()

    def hold_out(self, training, rows, split, asked):
        """Return what a profile that matches these rows says of one that is held out."""
        count = len(training.sample.sequences)
        match = ProfileMatch(0, 90.0, 1e-20, "+", 1, 1, 9)
        matches = [[match] if row in rows else [] for row in range(count)]
        evidence = HeldOutEvidence(
            np.zeros((1, 3, 3)),
            np.zeros(1, dtype=np.int64),
            np.ones(1),
            np.zeros(1, dtype=np.bool_),
            np.array([asked]),
        )
        return _SampleMatches(training.sample, matches, 1).hold_out(
            evidence, training.splits[split]
        )

    def test_the_own_cluster_is_left_out(self, clustered):
        rows = self.largest_cluster(clustered)
        assert len(rows) > 2
        held_out = self.hold_out(clustered, rows, 1, rows[0])
        assert held_out.ratios == pytest.approx(np.zeros((1, 3)))
        assert not held_out.supported.any()

    def test_other_clusters_stay(self, clustered):
        rows = [0, *range(8, 16)]
        held_out = self.hold_out(clustered, rows, 1, 0)
        assert held_out.ratios[0].argmax() == 1
        assert held_out.supported[0].tolist() == [False, True, False]

    def test_relatives_are_one_witness(self, clustered):
        relatives = self.largest_cluster(clustered)
        other = next(row for row in range(24) if row not in relatives)
        one = self.hold_out(clustered, [other, relatives[0]], 1, other)
        many = self.hold_out(clustered, [other, *relatives], 1, other)
        assert many.informative.all()
        assert many.ratios == pytest.approx(one.ratios)

    def test_what_it_does_not_match_it_says_nothing_of(self, clustered):
        assert not self.hold_out(clustered, [8, 9], 1, 0).informative.any()


class TestThreshold:
    def test_is_that_of_the_model_where_profiles_have_no_weight(self, mislabelled, of_families):
        found = train_profiles(mislabelled, of_families)
        assert found.threshold == mislabelled.model.threshold

    def test_calls_on_new_members_are_right(self, training, of_families):
        model = train_profiles(training, of_families)
        asked = [(f, distant_member(f, f"asked {n}")) for f in FAMILIES for n in range(10)]
        evidence = model.search([sequence for _, sequence in asked])
        right = [
            int(np.argmax(found.feature([0, 1, 2, 3]))) == family
            for (family, _), found in zip(asked, evidence, strict=True)
            if found
        ]
        assert len(right) >= 10
        assert all(right)
        assert 0.8 <= model.threshold <= 0.99


def test_the_model_is_that_of_training_without_profiles(training, of_families):
    before = {name: array.copy() for name, array in training.model.state().items()}
    train_profiles(training, of_families)
    after = training.model.state()
    assert all((before[name] == after[name]).all() for name in before)
