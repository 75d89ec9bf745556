from dataclasses import replace

import numpy as np
import pytest

from core.classification.evidence import CLEAR_SIMILARITY, nats
from core.classification.model import (
    FamilyModel,
    Query,
    alignments,
    cosine_similarities,
    make_candidate,
)
from core.encoders import state_digest
from core.encoders.proteins import encode_bases
from core.encoders.translation import find_longest_orf
from tests.support import oracles
from tests.support.evolution import member

CLEAR_QUERY = member(2, "query", 0.1)
UNCLEAR_QUERY = member(2, "query", 0.45)


@pytest.fixture(scope="module")
def candidates(encoder, reference):
    return [make_candidate(encoder, record.family or 0, record.residues) for record in reference]


class TestCosineSimilarities:
    def test_are_inner_products_of_profiles(self, encoder, candidates):
        profile = encoder.profile(CLEAR_QUERY)
        weights = dict(zip(profile.keys.tolist(), profile.weights.tolist(), strict=True))
        expected = [
            oracles.inner_product(
                weights,
                dict(zip(one.profile.keys.tolist(), one.profile.weights.tolist(), strict=True)),
            )
            for one in candidates
        ]
        found = cosine_similarities(profile, candidates)
        assert found.dtype == np.float32
        assert found.tolist() == pytest.approx(expected, abs=1e-6)
        assert max(expected) > CLEAR_SIMILARITY


class TestAlignments:
    def test_are_nats_of_the_best_segment_with_each_longest_stretch(self, encoder):
        sequence, other = member(1, "a", 0.3)[:60], member(1, "b", 0.3)[:60]
        found = alignments(sequence, [make_candidate(encoder, 1, other)])
        protein = oracles.find_longest_orf(other)
        score = np.array([oracles.best_segment_score(sequence, protein)], dtype=np.float32)
        assert found.tolist() == nats(score, np.array([len(protein)])).tolist()
        assert found[0] > 0

    def test_without_candidates_there_are_none(self):
        assert alignments("ACGT", []).shape == (0,)


class TestMakeCandidate:
    def test_has_the_profile_and_the_longest_stretch(self, encoder):
        sequence = member(4, "a", 0.1)
        found = make_candidate(encoder, 4, sequence)
        assert found.family == 4
        assert found.profile.weights.tolist() == encoder.profile(sequence).weights.tolist()
        assert found.protein.tolist() == find_longest_orf(encode_bases(sequence)).tolist()


class TestComposition:
    def test_is_about_one_for_the_own_family_and_about_none_for_others(self, model):
        scores = model.composition(CLEAR_QUERY)
        assert scores.argmax() == 2
        assert scores.sum() == pytest.approx(1, abs=0.01)

    def test_of_nothing_is_the_priors(self, model):
        assert model.composition("N" * 30).tolist() == pytest.approx([1 / 6] * 6)

    def test_of_families_that_came_later_is_zero(self, model):
        assert model.composition(CLEAR_QUERY, 8)[6:].tolist() == [0, 0]
        assert model.composition(CLEAR_QUERY, 8)[:6].tolist() == (
            model.composition(CLEAR_QUERY).tolist()
        )


class TestState:
    def test_comes_back_bit_by_bit(self, model, encoder, candidates):
        back = FamilyModel.from_state(model.state())
        assert state_digest("caller", back.state()) == state_digest("caller", model.state())
        for sequence in (CLEAR_QUERY, UNCLEAR_QUERY):
            query = Query(sequence, encoder.profile(sequence))
            similarities = cosine_similarities(query.profile, candidates)
            order = np.argsort(-similarities, kind="stable")
            arguments = (query, [candidates[index] for index in order], similarities[order])
            found, same = (one.family_probabilities(*arguments) for one in (model, back))
            assert list(found[0].items()) == list(same[0].items())
            assert found[1] == same[1]
        assert back.threshold == model.threshold

    def test_is_plain_arrays(self, model):
        for array in model.state().values():
            assert type(array) is np.ndarray
            assert array.dtype.kind in "fi"

    def test_what_is_learned_changes_it(self, model):
        other = FamilyModel(
            model._peptide_kmers, replace(model._parameters, threshold=np.array([0.5]))
        )
        assert state_digest("caller", other.state()) != state_digest("caller", model.state())
