import math

import numpy as np
import pytest

from core.classification.evidence import (
    CLEAR_SIMILARITY,
    LAMBDA,
    MIN_NATS,
    clear_features,
    is_clear,
    nats,
    neighbour_evidence,
    unclear_features,
)


def numbers(*values):
    return np.array(values, dtype=np.int64)


def scores(*values):
    return np.array(values, dtype=np.float32)


class TestIsClear:
    def test_is_whether_one_is_close(self):
        assert is_clear(scores(0.0, CLEAR_SIMILARITY))
        assert not is_clear(scores(CLEAR_SIMILARITY - 0.001))
        assert not is_clear(scores())


class TestNeighbourEvidence:
    def test_is_the_4_norm_of_each_family(self):
        found = neighbour_evidence(scores(0.9, 0.5, 0.4), numbers(2, 0, 2), 4)
        expected = [0.5, 0, (0.9**4 + 0.4**4) ** 0.25, 0]
        assert found.tolist() == pytest.approx(expected)

    def test_only_the_ten_best_count(self):
        found = neighbour_evidence(scores(*[0.5] * 10, 0.4), numbers(*[0] * 10, 1), 2)
        assert found.tolist() == pytest.approx([0.5 * 10**0.25, 0])

    def test_without_candidates_there_is_none(self):
        assert neighbour_evidence(scores(), numbers(), 3).tolist() == [0, 0, 0]


class TestNats:
    def test_are_lambda_times_the_score_where_the_protein_is_usual(self):
        assert nats(scores(100), numbers(300)).tolist() == pytest.approx([100 * LAMBDA])

    def test_are_fewer_where_it_is_long(self):
        found = nats(scores(100, 100), numbers(300, 1200))
        assert found[0] - found[1] == pytest.approx(0.5 * math.log(4))

    def test_are_none_where_nothing_aligns(self):
        assert nats(scores(0, 0), numbers(0, 50)).tolist() == [0, 0]


class TestClearFeatures:
    def test_are_the_evidence_and_its_logarithm(self):
        found = clear_features(np.array([0.5, 0.0]))
        assert found.tolist() == [
            pytest.approx([math.log(0.52), 0.5]),
            pytest.approx([math.log(0.02), 0]),
        ]


class TestUnclearFeatures:
    def features(self, strengths, families, length=600):
        evidence, composition = np.array([0.1, 0.0]), np.array([0.8, 0.2])
        return unclear_features(
            evidence, np.array(strengths, dtype=float), numbers(*families), composition, length
        )

    def test_are_three_a_family(self):
        found = self.features([10, 9, 12], [0, 0, 1])
        by_family = [
            math.log(math.exp(MIN_NATS) + math.exp(10) + math.exp(9)),
            math.log(math.exp(MIN_NATS) + math.exp(12)),
        ]
        assert found.tolist() == [
            pytest.approx([0.1, 0.8, by_family[0]]),
            pytest.approx([0, 0.2, by_family[1]]),
        ]

    def test_without_alignments_they_say_nothing(self):
        assert self.features([], [])[:, 2].tolist() == [MIN_NATS, MIN_NATS]
        assert self.features([0, 0], [0, 1])[:, 2].tolist() == [MIN_NATS, MIN_NATS]

    def test_an_alignment_counts_to_sixty_nats(self):
        found = self.features([5_000, 60], [0, 1])[:, 2]
        assert found[0] == found[1] == pytest.approx(60)

    def test_the_composition_of_a_short_query_says_less(self):
        reliability = self.features([], [], length=100)[0, 1] / 0.8
        assert reliability == pytest.approx(math.log(3) / 2)
