import numpy as np
import pytest

from core.classification.profile_evidence import (
    ProfileModel,
    ProfileParameters,
    combine,
    log_ratios,
)
from core.classification.profile_search import HmmProfile, ProfileMatch
from core.encoders import state_digest

PRIORS = np.array([0.5, 0.25, 0.25])
FAMILIES = np.array([3, 7, 9])


def make(*profiles, counts, weights=(1.0, 2.0)):
    parameters = ProfileParameters(
        FAMILIES, PRIORS, np.array(counts, dtype=float), np.array(weights), np.array([0.9])
    )
    return ProfileModel(profiles, parameters)


def hmm(name="p", family=None):
    return HmmProfile(name, "", "", 10, "", family)


def match(profile=0, e_value=1e-9):
    return ProfileMatch(profile, 50.0, e_value, "+", 1, 1, 30)


class TestLogRatios:
    def test_nothing_known_says_nothing(self):
        assert log_ratios(np.zeros(3), PRIORS) == pytest.approx(np.zeros(3))

    def test_what_is_as_in_the_library_says_nothing(self):
        assert log_ratios(20 * PRIORS, PRIORS) == pytest.approx(np.zeros(3))

    def test_clusters_speak_for_their_family(self):
        ratios = log_ratios(np.array([0, 5.0, 0]), PRIORS)
        assert ratios[1] == pytest.approx(np.log(5.25 / 6 / 0.25))
        assert ratios[[0, 2]] == pytest.approx(-np.log([6, 6]))

    def test_more_clusters_speak_louder(self):
        few, many = (log_ratios(np.array([0, n, 0.0]), PRIORS) for n in (1, 10))
        assert 0 < few[1] < many[1]

    def test_a_users_word_counts_like_some_clusters(self):
        assert log_ratios(np.zeros(3), PRIORS, 1) == pytest.approx(
            log_ratios(np.array([0, 4.0, 0]), PRIORS)
        )

    def test_genes_overrule_a_users_word(self):
        ratios = log_ratios(np.array([40.0, 0, 0]), PRIORS, 1)
        assert ratios[0] > 0 > ratios[1]


class TestCombine:
    def test_takes_the_best_for_each_family(self):
        ratios = [np.array([2.0, -1.0]), np.array([0.0, 0.0])]
        assert combine(ratios, [0, 0]).tolist() == [2, 0]

    def test_a_match_that_may_be_chance_counts_less(self):
        assert combine([np.array([2.0])], [1.0]).tolist() == [1]


class TestModel:
    def test_reads_its_own_state(self):
        model = make(hmm(), counts=[[1, 0, 0]])
        again = ProfileModel.from_state([hmm()], model.state())
        assert state_digest("", again.state()) == state_digest("", model.state())
        assert (again.threshold, again.is_used) == (0.9, True)

    @pytest.mark.parametrize(
        "change",
        [
            {"counts": np.zeros((2, 3))},
            {"counts": -np.ones((1, 3))},
            {"counts": np.full((1, 3), np.nan)},
            {"priors": np.zeros(3)},
            {"weights": np.ones(3)},
            {"weights": np.ones(2, dtype=np.float32)},
            {"families": np.array([1, 1, 2])},
            {"families": np.array([1.0, 2, 3])},
            {"families": np.zeros(0, dtype=np.int64)},
            {"threshold": np.array([1.5])},
            {"more": np.zeros(1)},
        ],
    )
    def test_refuses_another_state(self, change):
        state = dict(make(hmm(), counts=[[1, 0, 0]]).state()) | change
        with pytest.raises(ValueError, match="not the state"):
            ProfileModel.from_state([hmm()], state)

    def test_refuses_a_state_without_profiles(self):
        with pytest.raises(ValueError, match="not the state"):
            ProfileModel.from_state([], make(hmm(), counts=[[1, 0, 0]]).state())

    def test_profiles_of_no_weight_are_not_searched(self):
        model = make(hmm(), counts=[[1, 0, 0]], weights=(1.0, 0.0))
        assert [bool(one) for one in model.search(["ACGT" * 100])] == [False]

    def test_tells_the_family_that_a_profile_speaks_for(self):
        model = make(hmm("a"), hmm("b"), hmm("c", 9), counts=[[0, 2, 1], [0, 0, 0], [0, 0, 0]])
        assert [model.family(index) for index in range(3)] == [7, None, 9]
        assert model.clusters(0) == {7: 2, 9: 1}

    def test_a_family_that_came_later_is_one_that_it_does_not_match(self):
        model = make(hmm(), counts=[[0, 4, 0]])
        ratios = model.ratios(0, [7, 11, 3])
        assert ratios[0] > 0
        assert ratios[1] == pytest.approx(-np.log(5)) == ratios[2]

    def test_the_unknown_family_of_a_user_is_none(self):
        assert make(hmm(family=44), counts=[[0, 0, 0]]).family(0) is None


class TestEvidence:
    def evidence(self, *matches):
        model = make(hmm("a"), hmm("b"), counts=[[0, 4, 0], [0, 0, 4]])
        from core.classification.profile_evidence import ProfileEvidence

        return ProfileEvidence(model, matches)

    def test_is_false_without_a_match(self):
        assert not self.evidence()
        assert self.evidence(match())

    def test_of_two_matches_both_speak(self):
        first, second, third = self.evidence(match(0), match(1)).feature([3, 7, 9])
        assert first < 0 < second == third

    def test_supports_only_what_is_hardly_chance(self):
        assert self.evidence(match(e_value=1e-4)).supports(7)
        assert not self.evidence(match(e_value=1e-4)).supports(3)
        assert not self.evidence(match(e_value=0.01)).supports(7)

    def test_shows_its_matches(self):
        (hit,) = self.evidence(match(1)).hits()
        assert (hit.name, hit.family, hit.score, hit.start, hit.end) == ("b", 9, 50.0, 1, 30)
