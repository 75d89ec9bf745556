import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.linear_model import Ridge

from core.classification.ridge import PENALTY, fit_ridge

COUNT = 4
DRAW = np.random.default_rng(11)
# More columns than are dense at a time.
FEATURES = csr_array(random_array((60, 5_000), density=0.02, rng=DRAW, dtype=np.float32))
FAMILIES = DRAW.integers(0, COUNT - 1, 60)  # The last family is in none.
GROUPS = DRAW.integers(0, 15, 60)
PRIORS = np.bincount(FAMILIES, minlength=COUNT) / 60


@pytest.fixture(scope="module")
def fit():
    return fit_ridge(FEATURES, FAMILIES, COUNT)


def other_fit(rows):
    """scikit-learn's, on some of the rows, with the priors of all."""
    targets = np.eye(COUNT)[FAMILIES] - PRIORS
    return Ridge(alpha=PENALTY, fit_intercept=False, solver="cholesky").fit(
        FEATURES[rows].toarray().astype(np.float64), targets[rows]
    )


class TestFitRidge:
    def test_is_that_of_scikit_learn(self, fit):
        expected = other_fit(np.arange(60))
        assert (fit.weights.shape, fit.weights.dtype) == ((5_000, COUNT), np.float32)
        np.testing.assert_allclose(fit.weights, expected.coef_.T, atol=1e-5)

    def test_its_priors_are_the_shares_of_the_families(self, fit):
        assert fit.priors.tolist() == PRIORS.tolist()
        assert fit.priors[COUNT - 1] == 0


class TestPredictHeldOut:
    def test_is_what_a_fit_without_the_group_predicts(self, fit):
        rows = np.array([3, 50, 17, 4, 8])
        found = fit.predict_held_out(GROUPS, rows)
        assert found.shape == (5, COUNT)
        for row, prediction in zip(rows, found, strict=True):
            others = np.flatnonzero(GROUPS[row] != GROUPS)
            expected = other_fit(others).predict(FEATURES[[row]].toarray())[0] + PRIORS
            np.testing.assert_allclose(prediction, expected, atol=1e-5)

    def test_of_all_together_are_the_priors(self, fit):
        found = fit.predict_held_out(np.zeros(60, dtype=np.int64), np.arange(60))
        np.testing.assert_allclose(found, np.tile(PRIORS, (60, 1)), atol=1e-9)

    def test_of_none_are_none(self, fit):
        assert fit.predict_held_out(GROUPS, np.zeros(0, dtype=np.int64)).shape == (0, COUNT)
