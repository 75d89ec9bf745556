import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classification.prediction import Hit
from core.classification.votes import VOTE_POWER, vote


def hit(family, score):
    return Hit(1, "human", family, "a", score, 900)


class TestVote:
    def test_the_nearest_decide(self):
        assert list(vote([hit(1, 0.9), hit(2, 0.6), hit(2, 0.6)])) == [1, 2]

    def test_many_near_ones_beat_one_that_is_little_nearer(self):
        assert list(vote([hit(1, 0.9), hit(2, 0.88), hit(2, 0.88)])) == [2, 1]

    def test_weighs_the_score_to_its_power(self):
        found = vote([hit(1, 1.0), hit(2, 0.5)])
        assert found[2] / found[1] == pytest.approx(0.5**VOTE_POWER)

    def test_one_neighbour_has_all_votes(self):
        assert vote([hit(4, 0.01)]) == {4: 1.0}

    def test_a_tie_goes_to_the_smaller_number_whatever_the_order(self):
        assert list(vote([hit(5, 0.7), hit(3, 0.7)])) == list(vote([hit(3, 0.7), hit(5, 0.7)]))
        assert list(vote([hit(5, 0.7), hit(3, 0.7)])) == [3, 5]

    @pytest.mark.parametrize("hits", [[], [hit(1, 0.0)], [hit(1, -0.4)]])
    def test_without_likeness_there_is_none(self, hits):
        assert vote(hits) == {}

    def test_what_is_unlike_takes_nothing_away(self):
        assert vote([hit(1, 0.5), hit(1, -0.9), hit(2, -0.9)])[1] == 1.0

    @given(st.lists(st.tuples(st.integers(0, 3), st.floats(-1, 1)), max_size=20))
    def test_is_shares_of_one_the_largest_first(self, pairs):
        shares = list(vote([hit(family, score) for family, score in pairs]).values())
        assert shares == sorted(shares, reverse=True)
        assert all(0 <= share <= 1 for share in shares)
        if shares:
            assert sum(shares) == pytest.approx(1)
