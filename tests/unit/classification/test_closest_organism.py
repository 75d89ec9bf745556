import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classification.closest_organism import MAX_CANDIDATES, is_in, rank_organisms
from core.encoders.translated import Profile


def profile(weights):
    keys = np.array(sorted(weights), dtype=np.uint32)
    values = np.array([weights[key] for key in keys.tolist()], dtype=np.float32)
    length = np.linalg.norm(values)
    return Profile(keys, values / length if length else values)


QUERY = profile(dict.fromkeys(range(200), 1.0))
NEAR = profile(dict.fromkeys(range(180), 1.0))
FAR = profile(dict.fromkeys(range(100), 1.0) | dict.fromkeys(range(500, 580), 1.0))


class TestRankOrganisms:
    def test_is_the_organism_of_what_is_clearly_closer(self):
        found = rank_organisms(QUERY, [NEAR, FAR], ["human", "dog"])
        assert list(found) == ["human", "dog"]
        assert found["human"] > 0.99
        assert sum(found.values()) == pytest.approx(1)

    def test_is_less_sure_the_smaller_the_difference(self):
        little = profile(dict.fromkeys(range(178), 1.0) | {900: 1.0, 901: 1.0})
        found = rank_organisms(QUERY, [NEAR, little], ["human", "dog"])
        assert 0.5 < found["human"] < 0.9

    def test_equals_have_equal_shares_whatever_their_order(self):
        found = rank_organisms(QUERY, [NEAR, NEAR, NEAR], ["human", "dog", "cat"])
        assert found == pytest.approx({"human": 1 / 3, "dog": 1 / 3, "cat": 1 / 3})
        mirrored = rank_organisms(QUERY, [NEAR, NEAR, FAR], ["dog", "human", "cat"])
        assert mirrored["human"] == mirrored["dog"] > mirrored["cat"]

    def test_only_the_best_of_each_organism_counts(self):
        assert rank_organisms(QUERY, [NEAR, FAR, FAR], ["human", "dog", "dog"]) == rank_organisms(
            QUERY, [NEAR, FAR], ["human", "dog"]
        )

    def test_of_an_organism_that_shares_most_counts_not_what_comes_first(self):
        assert list(rank_organisms(QUERY, [FAR, NEAR], ["human", "dog"])) == ["dog", "human"]
        assert rank_organisms(QUERY, [FAR, FAR, NEAR], ["human", "dog", "dog"]) == rank_organisms(
            QUERY, [FAR, NEAR], ["human", "dog"]
        )

    def test_a_short_gene_is_no_closer_than_a_long_one_that_shares_the_same(self):
        long = profile(dict.fromkeys(range(180), 1.0) | dict.fromkeys(range(500, 900), 1.0))
        assert rank_organisms(QUERY, [NEAR, long], ["human", "dog"]) == {"human": 0.5, "dog": 0.5}

    def test_of_many_candidates_the_first_are_looked_at(self):
        many = [NEAR] * MAX_CANDIDATES
        assert rank_organisms(QUERY, [*many, QUERY], ["human"] * MAX_CANDIDATES + ["dog"]) == {
            "human": 1.0
        }

    def test_one_organism_is_sure(self):
        assert rank_organisms(QUERY, [NEAR, FAR], ["human", "human"]) == {"human": 1.0}

    def test_without_candidates_there_is_none(self):
        assert rank_organisms(QUERY, [], []) == {}

    def test_where_nothing_is_shared_all_are_alike(self):
        found = rank_organisms(profile({}), [NEAR, profile({})], ["human", "dog"])
        assert found == {"human": 0.5, "dog": 0.5}


class TestIsIn:
    @given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))
    def test_is_as_of_sets(self, keys, others):
        ascending = np.array(sorted(keys), dtype=np.uint32)
        found = is_in(ascending, np.array(sorted(others), dtype=np.uint32))
        assert found.tolist() == [key in others for key in sorted(keys)]
