"""Each measure against values worked by hand, or against scikit-learn's."""

from dataclasses import astuple

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix, f1_score

from core.evaluation import measures
from core.evaluation.measures import ConfusionCell
from core.evaluation.methods import NO_FAMILY

TRUE = np.array([0, 0, 0, 1, 1, 2])
SAID = np.array([0, 0, 1, 1, 1, NO_FAMILY])


def plain(rows):
    """Dataclasses as tuples, which can be compared approximately."""
    return [astuple(row) for row in rows]


@pytest.fixture(scope="module")
def many():
    """Three hundred queries of four families, two thirds of them right."""
    generator = np.random.default_rng(0)
    true = generator.integers(0, 4, 300)
    said = np.where(generator.random(300) < 2 / 3, true, generator.integers(0, 4, 300))
    return true, said


class TestAccuracy:
    def test_none_is_wrong(self):
        assert measures.accuracy(TRUE, SAID) == pytest.approx(4 / 6)

    def test_is_scikit_learn_s(self, many):
        assert measures.accuracy(*many) == accuracy_score(*many)


class TestF1:
    def test_by_hand(self):
        # Family 0: precision 1, recall 2/3. Family 1: 2/3 and 1. Family 2: never named.
        assert measures.f1(TRUE, SAID, "macro") == pytest.approx((0.8 + 0.8 + 0) / 3)
        assert measures.f1(TRUE, SAID, "weighted") == pytest.approx((3 * 0.8 + 2 * 0.8) / 6)

    @pytest.mark.parametrize("average", ["macro", "weighted"])
    def test_is_scikit_learn_s_where_all_are_named(self, many, average):
        assert measures.f1(many[0], many[1], average) == f1_score(*many, average=average)

    def test_a_family_that_is_named_and_not_there_counts(self):
        assert measures.f1(np.array([0, 0]), np.array([0, 3]), "macro") == pytest.approx(1 / 3)


class TestUnknownQueries:
    """Queries without a family: naming none is right."""

    TRUE = np.full(4, NO_FAMILY)
    PREDICTED = np.array([NO_FAMILY, NO_FAMILY, 0, NO_FAMILY])

    def test_none_counts_as_a_family(self):
        assert measures.accuracy(self.TRUE, self.PREDICTED) == 0.75
        assert measures.f1(self.TRUE, self.PREDICTED, "weighted") == pytest.approx(6 / 7)

    def test_intervals_hold_the_accuracy(self):
        found = measures.bootstrap_intervals(self.TRUE, self.PREDICTED, np.arange(4), seed=1)

        assert found.accuracy.low < 0.75 < found.accuracy.high


class TestFamilyScores:
    def test_by_hand(self):
        assert plain(measures.family_scores(TRUE, SAID)) == [
            pytest.approx((0, 1.0, 2 / 3, 0.8, 3)),
            pytest.approx((1, 2 / 3, 1.0, 0.8, 2)),
            pytest.approx((2, 0.0, 0.0, 0.0, 1)),
        ]

    def test_is_scikit_learn_s(self, many):
        wanted = classification_report(*many, output_dict=True)
        for item in measures.family_scores(*many):
            row = wanted[str(item.family)]
            assert (item.precision, item.recall) == (row["precision"], row["recall"])
            assert (item.f1, item.count) == (row["f1-score"], row["support"])


class TestConfusion:
    def test_by_hand(self):
        assert measures.confusion(TRUE, SAID) == [
            ConfusionCell(0, 0, 2),
            ConfusionCell(0, 1, 1),
            ConfusionCell(1, 1, 2),
            ConfusionCell(2, NO_FAMILY, 1),
        ]

    def test_is_scikit_learn_s(self, many):
        table = np.zeros((4, 4), dtype=int)
        for item in measures.confusion(*many):
            table[item.true, item.predicted] = item.count

        assert table.tolist() == confusion_matrix(*many).tolist()


class TestReliability:
    SURE = np.array([0.05, 0.72, 0.78, 1.0])
    RIGHT = np.array([False, True, False, True])

    def test_bins_by_hand(self):
        assert plain(measures.reliability_bins(self.SURE, self.RIGHT)) == [
            pytest.approx((0.0, 0.1, 1, 0.05, 0.0)),
            pytest.approx((0.7, 0.8, 2, 0.75, 0.5)),
            pytest.approx((0.9, 1.0, 1, 1.0, 1.0)),
        ]

    def test_calibration_error_by_hand(self):
        wanted = (1 * 0.05 + 2 * 0.25 + 1 * 0.0) / 4
        assert measures.calibration_error(self.SURE, self.RIGHT) == pytest.approx(wanted)

    def test_honest_confidences_have_no_error(self):
        sure = np.full(4, 0.75)
        right = np.array([True, True, True, False])
        assert measures.calibration_error(sure, right) == pytest.approx(0.0)


class TestCoverageCurve:
    def test_the_surest_come_first(self):
        sure = np.array([0.2, 0.9, 0.6, 0.8])
        right = np.array([False, True, False, True])

        assert plain(measures.coverage_curve(sure, right)) == [
            pytest.approx((0.25, 1.0)),
            pytest.approx((0.5, 1.0)),
            pytest.approx((0.75, 2 / 3)),
            pytest.approx((1.0, 0.5)),
        ]

    def test_ends_at_the_accuracy(self, many):
        right = many[0] == many[1]
        curve = measures.coverage_curve(np.linspace(0, 1, 300), right)

        assert len(curve) == 20
        assert astuple(curve[-1]) == pytest.approx((1.0, right.mean()))


class TestBySimilarity:
    def test_by_hand(self):
        similarities = np.array([0.0, 0.01, 0.95])
        right = np.array([False, True, True])

        assert plain(measures.accuracy_by_similarity(similarities, right, bins=2)) == [
            pytest.approx((0.0, 0.5, 2, 0.005, 0.5)),
            pytest.approx((0.5, 1.0, 1, 0.95, 1.0)),
        ]


class TestBootstrap:
    def test_holds_what_a_binomial_interval_holds(self, many):
        true, said = many
        share = (true == said).mean()
        half = 1.96 * np.sqrt(share * (1 - share) / 300)

        found = measures.bootstrap_intervals(true, said, np.arange(300), seed=1).accuracy

        assert found.low == pytest.approx(share - half, abs=0.015)
        assert found.high == pytest.approx(share + half, abs=0.015)

    def test_macro_f1_is_in_its_interval(self, many):
        found = measures.bootstrap_intervals(many[0], many[1], np.arange(300), seed=1).macro_f1

        assert found.low < measures.f1(many[0], many[1], "macro") < found.high

    def test_what_is_drawn_together_says_less(self, many):
        true, said = many
        order = np.argsort(true == said)
        alone, together = (
            measures.bootstrap_intervals(true[order], said[order], units, seed=1).accuracy
            for units in (np.arange(300), np.arange(300) // 30)
        )

        assert together.high - together.low > 2 * (alone.high - alone.low)

    def test_all_right_is_not_certain(self):
        found = measures.bootstrap_intervals(TRUE, TRUE, np.arange(6), seed=1)

        assert found.accuracy == measures.wilson_interval(1.0, 6)
        assert 0.5 < found.accuracy.low < found.accuracy.high == 1.0
        assert (found.macro_f1.low, found.macro_f1.high) == (1.0, 1.0)

    def test_queries_that_are_drawn_together_count_once(self):
        found = measures.bootstrap_intervals(TRUE, TRUE, np.arange(6) // 3, seed=1)

        assert found.accuracy == measures.wilson_interval(1.0, 2)

    def test_is_always_the_same_for_a_seed(self, many):
        one, same, other = (
            measures.bootstrap_intervals(many[0], many[1], np.arange(300), seed)
            for seed in (1, 1, 2)
        )

        assert one == same
        assert one != other

    def test_a_call_of_none_belongs_to_no_family(self):
        said = np.full(6, NO_FAMILY)
        found = measures.bootstrap_intervals(TRUE, said, np.arange(6), seed=1)

        assert found.accuracy == measures.wilson_interval(0.0, 6)
        assert found.macro_f1.high == 0.0
