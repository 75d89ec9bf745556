import numpy as np
import pytest

from core.tracing import mixture as module
from core.tracing.mixture import estimate_mixture


def batch(truth, count, clear, seed=1):
    """Return probabilities of queries from these shares; a part of them is informative."""
    draw = np.random.default_rng(seed)
    sources = draw.choice(len(truth), count, p=truth)
    probabilities = np.full((count, len(truth)), 1 / len(truth))
    informative = np.flatnonzero(draw.random(count) < clear)
    probabilities[informative] = 0.02 / (len(truth) - 1)
    probabilities[informative, sources[informative]] = 0.98
    return probabilities


class TestMixture:
    def test_queries_that_say_nothing_do_not_blur_it(self):
        shares = estimate_mixture(batch([0.7, 0.3, 0.0], 2_000, clear=0.3)).shares
        assert shares == pytest.approx([0.7, 0.3, 0.0], abs=0.05)

    def test_the_intervals_hold_the_truth_as_often_as_they_say(self):
        truth = np.array([0.6, 0.4])
        found = [estimate_mixture(batch(truth, 60, clear=0.7, seed=seed)) for seed in range(100)]
        held = [result.low[0] <= truth[0] <= result.high[0] for result in found]
        assert 0.88 <= np.mean(held) <= 0.99

    def test_what_a_few_queries_did_not_show_may_be_there(self):
        few, many = (estimate_mixture(np.tile([1.0, 0.0], (count, 1))) for count in (5, 500))
        assert few.high[1] > 0.05
        assert 0 < many.high[1] < 0.02
        assert few.shares[0] < many.shares[0] < 1

    def test_where_nothing_is_said_all_are_alike(self):
        assert estimate_mixture(np.full((40, 4), 0.25)).shares == pytest.approx([0.25] * 4)

    def test_shares_add_up_to_one(self):
        assert estimate_mixture(
            batch([0.5, 0.3, 0.2], 50, clear=0.5)
        ).shares.sum() == pytest.approx(1)

    def test_the_same_seed_gives_the_same_interval(self):
        probabilities = batch([0.5, 0.5], 30, clear=0.5)
        assert np.array_equal(
            estimate_mixture(probabilities, 3).low, estimate_mixture(probabilities, 3).low
        )
        assert not np.array_equal(
            estimate_mixture(probabilities, 3).low, estimate_mixture(probabilities, 4).low
        )

    @pytest.mark.parametrize("held", [1, 1_000, 10_050])
    def test_as_many_resamples_at_a_time_as_fit_give_the_same(self, monkeypatch, held):
        probabilities = batch([0.7, 0.3], 48, clear=0.5)
        expected = estimate_mixture(probabilities)
        monkeypatch.setattr(module, "_MAX_WEIGHTS", held)
        found = estimate_mixture(probabilities)
        for part in ("shares", "low", "high"):
            assert getattr(found, part) == pytest.approx(getattr(expected, part), abs=1e-3)


def test_it_says_how_far_it_is(monkeypatch):
    monkeypatch.setattr(module, "_MAX_WEIGHTS", 60 * 21)
    steps = []
    estimate_mixture(np.tile([0.8, 0.2], (19, 1)), progress=lambda *step: steps.append(step))
    total = module.RESAMPLES + 1
    assert [done for _, done, _ in steps] == [61, 121, 181, total]
    assert {(step, of) for step, _, of in steps} == {("Estimating intervals", total)}
