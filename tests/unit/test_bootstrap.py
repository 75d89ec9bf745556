import numpy as np
import pytest

from core.bootstrap import Estimate, estimate_mean


class TestEstimateMean:
    def test_is_the_mean_and_how_many_values_it_is_of(self):
        found = estimate_mean([0.0, 1.0, 1.0, 0.0])
        assert (found.mean, found.n) == (0.5, 4)

    def test_the_interval_is_that_of_the_standard_error(self):
        values = np.random.default_rng(1).normal(5, 2, size=400)
        found = estimate_mean(values)
        error = values.std() / np.sqrt(values.size)
        assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.03)
        assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.03)

    def test_it_holds_the_true_mean_as_often_as_it_says(self):
        draw = np.random.default_rng(2)
        contained = [
            (found := estimate_mean(draw.beta(2, 1, size=60))).low <= 2 / 3 <= found.high
            for _ in range(300)
        ]
        assert 0.91 <= np.mean(contained) <= 0.98

    def test_the_same_seed_gives_the_same_interval(self):
        values = [0.1, 0.5, 0.9, 0.3]
        assert estimate_mean(values, seed=3) == estimate_mean(values, seed=3)
        assert estimate_mean(values, seed=3) != estimate_mean(values, seed=4)

    def test_one_value_has_no_width(self):
        assert estimate_mean([0.25]) == Estimate(0.25, 0.25, 0.25, 1)

    def test_more_values_than_are_drawn_at_a_time(self, monkeypatch):
        values = np.linspace(0, 1, 50)
        in_one_batch = estimate_mean(values)
        monkeypatch.setattr("core.bootstrap._BATCH_SIZE", 120)
        found = estimate_mean(values)
        assert (found.mean, found.n) == (in_one_batch.mean, in_one_batch.n)
        assert found.low == pytest.approx(in_one_batch.low, abs=0.02)


class TestOverlaps:
    @pytest.mark.parametrize(
        ("low", "high", "does"),
        [(0.3, 0.5, True), (0.45, 0.7, True), (0.5, 0.9, True), (0.6, 1, False)],
    )
    def test_where_they_have_a_value_in_common(self, low, high, does):
        one, other = Estimate(0.4, 0.2, 0.5, 9), Estimate(0.65, low, high, 9)
        assert one.overlaps(other) is other.overlaps(one) is does
