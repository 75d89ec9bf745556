import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize
from scipy.special import softmax

from core.classification.conditional_logit import fit_conditional_logit, probabilities

TRUE = np.array([2.0, -1.0, 0.5])


def simulated(rows=4_000, families=5):
    draw = np.random.default_rng(5)
    features = draw.normal(size=(rows, families, 3)) * [1, 2, 0.1]
    shares = softmax(features @ TRUE, axis=1)
    chosen = np.array([draw.choice(families, p=share) for share in shares])
    return features, chosen


def value_of(loss):
    return lambda weights: loss(weights)[0]


class TestFitLogit:
    def test_recovers_the_weights_that_made_the_choices(self):
        found = fit_conditional_logit(*simulated())
        assert found.tolist() == pytest.approx(TRUE.tolist(), abs=0.25)
        assert found[:2].tolist() == pytest.approx([2, -1], rel=0.08)

    def test_its_gradient_is_that_of_its_loss(self, monkeypatch):
        seen: list[tuple] = []

        def watched(loss, start, **options):
            seen.extend(
                (loss(point)[1], approx_fprime(point, value_of(loss), 1e-6))
                for point in (start, start + 0.3, start - 1)
            )
            return minimize(loss, start, **options)

        monkeypatch.setattr("scipy.optimize.minimize", watched)
        fit_conditional_logit(*simulated(rows=60))
        assert len(seen) == 3
        for gradient, numeric in seen:
            assert gradient.tolist() == pytest.approx(numeric.tolist(), abs=1e-4)

    def test_what_tells_nothing_apart_gets_no_weight(self):
        features, chosen = simulated(rows=200)
        features[:, :, 2] = 7
        assert fit_conditional_logit(features, chosen)[2] == pytest.approx(0, abs=1e-6)

    def test_a_row_that_counts_twice_is_as_good_as_two(self):
        features, chosen = simulated(rows=200)
        counts = np.repeat([1.0, 2.0], 100)
        doubled = np.concatenate([features, features[100:]])
        found = fit_conditional_logit(doubled, np.concatenate([chosen, chosen[100:]]))
        assert fit_conditional_logit(features, chosen, counts).tolist() == pytest.approx(
            found.tolist(), 1e-3
        )

    def test_the_scale_of_a_feature_does_not_matter(self):
        features, chosen = simulated(rows=400)
        found, scaled = (
            fit_conditional_logit(features, chosen),
            fit_conditional_logit(features * [1, 1000, 1], chosen),
        )
        assert (scaled * [1, 1000, 1]).tolist() == pytest.approx(found.tolist(), rel=1e-3)


class TestProbabilities:
    def test_add_up_to_one(self):
        found = probabilities(np.array([[[0.0], [np.log(3)]], [[900.0], [0.0]]]), np.array([1.0]))
        assert found.tolist() == [pytest.approx([0.25, 0.75]), pytest.approx([1, 0])]
