import random

import numpy as np
import pytest

from core.classification import training
from core.classification.held_out import HeldOutEvidence
from core.classification.model import Query, cosine_similarities, make_candidate
from core.classification.training import (
    MAX_THRESHOLD,
    MIN_THRESHOLD,
    _choose_threshold,
    train_model,
)
from core.encoders import TranslatedEncoder, state_digest
from tests.support.evolution import member, members


def fit(sequences, families, **options):
    return train_model(TranslatedEncoder.fit(sequences), sequences, families, **options)


class TestTrainModel:
    def test_learns_that_evidence_speaks_for_its_family(self, model):
        state = model.state()
        assert state["clear_weights"].shape == (2,)
        assert state["unclear_weights"].shape == (3,)
        assert state["clear_weights"].max() > 0
        assert state["families"].tolist() == [0, 1, 2, 3, 4, 5]
        assert MIN_THRESHOLD <= model.threshold <= MAX_THRESHOLD

    def test_the_same_library_gives_the_same_model(self, model, encoder, reference):
        again = train_model(
            encoder, [one.residues for one in reference], [one.family for one in reference]
        )
        assert state_digest("", again.state()) == state_digest("", model.state())

    def test_shuffled_sequences_stay_below_the_noise(self, model, encoder, reference):
        candidates = [make_candidate(encoder, one.family, one.residues) for one in reference]
        draw = random.Random(8)
        significant = 0
        for record in reference:
            shuffled = "".join(draw.sample(record.residues, len(record.residues)))
            query = Query(shuffled, encoder.profile(shuffled))
            similarities = cosine_similarities(query.profile, candidates)
            order = np.argsort(-similarities, kind="stable")
            ranked = [candidates[index] for index in order]
            significant += model.family_probabilities(query, ranked, similarities[order])[1]
        assert significant <= 1

    def test_class_numbers_need_not_be_in_a_row(self):
        records = members("human", families=2, count=6)
        model = fit([one.residues for one in records], [90 if one.family else 7 for one in records])
        assert model.state()["families"].tolist() == [7, 90]

    @pytest.mark.parametrize("count", [1, 2])
    def test_too_few_to_learn_from_get_the_usual_weights(self, count):
        model = fit([member(family, "a", 0.1) for family in range(count)], list(range(count)))
        state = model.state()
        assert state["clear_weights"].tolist() == list(training._DEFAULT_CLEAR_WEIGHTS)
        assert state["unclear_weights"].tolist() == list(training._DEFAULT_UNCLEAR_WEIGHTS)
        assert np.isfinite(state["noise"]).all()
        assert MIN_THRESHOLD <= model.threshold <= MAX_THRESHOLD

    def test_one_family_teaches_no_weights_so_that_a_second_one_can_come(self):
        records = members("human", families=1, count=60)
        model = fit([one.residues for one in records], [0] * 60)
        assert model.state()["clear_weights"].tolist() == list(training._DEFAULT_CLEAR_WEIGHTS)
        assert model.state()["unclear_weights"].tolist() == list(training._DEFAULT_UNCLEAR_WEIGHTS)

    def test_of_a_large_library_it_takes_a_sample_that_the_seed_decides(self, monkeypatch):
        monkeypatch.setattr(training, "MAX_SEQUENCES", 20)
        records = members("human", families=3)
        sequences, families = zip(*((one.residues, one.family) for one in records), strict=True)
        one, same, other = (fit(sequences, families, seed=seed).state() for seed in (1, 1, 2))
        assert state_digest("", one) == state_digest("", same) != state_digest("", other)
        # A word in all of the 20 has the rarity 1, one in none of them that of 21.
        assert one["word_rarity"].max() == pytest.approx(np.log(21) + 1)

    def test_tells_how_far_it_is(self, encoder, reference):
        reported = []
        train_model(
            encoder,
            [one.residues for one in reference[:12]],
            [0] * 12,
            progress=lambda *step: reported.append(step),
        )
        names, done, totals = zip(*reported, strict=True)
        assert set(names) == {"Training classifier"}
        assert list(done) == sorted(done)
        assert set(totals) == {totals[0]}
        assert set(done) == set(range(totals[0] + 1))


class TestChooseThreshold:
    """Two families; of a feature of weight one, so that the confidence is its logistic."""

    WEIGHTS = np.array([1.0])

    def records(self, *judged, weight=1.0):
        """Of each pair of a confidence and whether that family is the right one."""
        features = [[[np.log(sure / (1 - sure))], [0]] for sure, _ in judged]
        truth = [0 if right else 1 for _, right in judged]
        count = len(judged)
        return HeldOutEvidence(
            np.array(features, dtype=float),
            np.array(truth),
            np.full(count, weight),
            np.ones(count, dtype=np.bool_),
        )

    def found(self, *records):
        return _choose_threshold([records[0]], self.WEIGHTS, list(records[1:]), self.WEIGHTS)

    def test_is_the_lowest_confidence_with_enough_right_above_it(self):
        right = [(0.95 - number / 10_000, True) for number in range(100)]
        wrong = [(0.85 - number / 1_000, False) for number in range(6)]
        # 100 of 103 are enough, 100 of 104 are not.
        assert self.found(self.records(*wrong, *right)) == pytest.approx(0.848)

    def test_is_never_below_or_above_its_bounds(self):
        assert self.found(self.records((0.6, True), (0.55, True))) == MIN_THRESHOLD
        assert self.found(self.records((0.97, False), (0.9, False))) == MAX_THRESHOLD

    def test_each_record_counts_as_many_as_it_stands_for(self):
        right = self.records(*[(0.95, True)] * 10)
        wrong = self.records(*[(0.9, False)] * 1, weight=100.0)
        assert self.found(right, wrong) == pytest.approx(0.95)

    def test_of_nothing_significant_is_the_lowest(self):
        nothing = HeldOutEvidence(
            np.zeros((0, 2, 0)), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_)
        )
        assert self.found(nothing, nothing) == MIN_THRESHOLD
