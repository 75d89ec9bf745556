from dataclasses import replace

import numpy as np
import pytest

from core.classification.evidence import CLEAR, nats
from core.classification.model import FamilyModel, Query, alignments, candidate, cosines, is_clear
from core.encoders import state_digest
from core.encoders.proteins import base_codes
from core.encoders.translation import longest_orf
from tests.support import oracles
from tests.support.evolution import member
from tests.support.synthetic import dna

UNFITTED = 77
CLEAR_QUERY = member(2, "query", 0.1)
UNCLEAR_QUERY = member(2, "query", 0.45)
QUERIES = pytest.mark.parametrize("sequence", [CLEAR_QUERY, UNCLEAR_QUERY, dna("noise", 450)])


@pytest.fixture(scope="module")
def candidates(encoder, reference):
    return [candidate(encoder, record.family or 0, record.residues) for record in reference]


@pytest.fixture
def decide(caller, encoder):
    def decide(sequence, candidates, caller=caller):
        query = Query(sequence, encoder.profile(sequence))
        return caller.decide(query, candidates, cosines(query.profile, candidates))

    return decide


def same(one, other):
    return (
        one.order.tolist() == other.order.tolist()
        and one.cosines.tobytes() == other.cosines.tobytes()
        and list(one.families.items()) == list(other.families.items())
        and one.significant == other.significant
    )


class TestDecide:
    def test_a_near_relative_decides(self, decide, candidates):
        found = decide(CLEAR_QUERY, candidates)
        assert is_clear(found.cosines)
        assert next(iter(found.families)) == 2
        assert found.families[2] > 0.95
        assert found.significant

    def test_where_none_is_near_alignments_and_composition_help(self, decide, candidates):
        found = decide(UNCLEAR_QUERY, candidates)
        assert not is_clear(found.cosines)
        assert next(iter(found.families)) == 2
        assert found.significant

    @pytest.mark.parametrize("seed", range(5))
    def test_random_dna_is_not_significant(self, decide, candidates, seed):
        assert not decide(dna(f"noise {seed}", 450), candidates).significant

    @QUERIES
    def test_probabilities_add_up_to_one_the_largest_first(self, decide, candidates, sequence):
        shares = list(decide(sequence, candidates).families.values())
        assert len(shares) == 6
        assert sum(shares) == pytest.approx(1)
        assert shares == sorted(shares, reverse=True)

    @QUERIES
    def test_orders_the_candidates_by_their_cosines(self, decide, candidates, encoder, sequence):
        found = decide(sequence, candidates)
        products = cosines(encoder.profile(sequence), candidates)
        assert found.cosines.tolist() == sorted(products.tolist(), reverse=True)
        assert products[found.order].tolist() == found.cosines.tolist()

    @QUERIES
    def test_the_other_strand_gives_the_same_bit_by_bit(self, decide, candidates, sequence):
        found = decide(sequence, candidates)
        assert same(found, decide(oracles.reverse_complement(sequence), candidates))

    @QUERIES
    def test_the_order_of_the_candidates_does_not_matter(self, decide, candidates, sequence):
        found, turned = decide(sequence, candidates), decide(sequence, candidates[::-1])
        assert turned.families == pytest.approx(found.families, rel=1e-9)
        assert turned.significant == found.significant
        assert turned.cosines.tolist() == found.cosines.tolist()

    @pytest.mark.parametrize("sequence", [CLEAR_QUERY, "N" * 300, "ACGTA"])
    def test_without_candidates_it_guesses_and_is_not_significant(self, decide, sequence):
        found = decide(sequence, [])
        assert (found.order.size, found.cosines.size) == (0, 0)
        assert sum(found.families.values()) == pytest.approx(1)
        assert not found.significant

    @pytest.mark.parametrize("change", [0.05, 0.4])
    def test_a_family_that_came_later_can_be_found(self, decide, encoder, candidates, change):
        late = [candidate(encoder, UNFITTED, member(99, number, 0.1)) for number in range(3)]
        found = decide(member(99, "query", change), [*candidates, *late])
        assert next(iter(found.families)) == UNFITTED
        assert found.significant
        assert len(found.families) == 7
        others = decide(CLEAR_QUERY, [*candidates, *late])
        assert next(iter(others.families)) == 2

    def test_candidates_that_share_nothing_say_nothing(self, decide, encoder):
        nothing = candidate(encoder, 3, "")
        found = decide(CLEAR_QUERY, [nothing] * 3)
        assert found.cosines.tolist() == [0, 0, 0]
        assert not found.significant


class TestCosines:
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
        found = cosines(profile, candidates)
        assert found.dtype == np.float32
        assert found.tolist() == pytest.approx(expected, abs=1e-6)
        assert max(expected) > CLEAR


class TestIsClear:
    def test_is_whether_one_is_close(self):
        assert is_clear(np.array([0.0, CLEAR], dtype=np.float32))
        assert not is_clear(np.array([CLEAR - 0.001], dtype=np.float32))
        assert not is_clear(np.zeros(0, dtype=np.float32))


class TestAlignments:
    def test_are_nats_of_the_best_segment_with_each_longest_stretch(self, encoder):
        sequence, other = member(1, "a", 0.3)[:60], member(1, "b", 0.3)[:60]
        found = alignments(sequence, [candidate(encoder, 1, other)])
        protein = oracles.longest_stretch(other)
        score = np.array([oracles.best_segment(sequence, protein)], dtype=np.float32)
        assert found.tolist() == nats(score, np.array([len(protein)])).tolist()
        assert found[0] > 0

    def test_without_candidates_there_are_none(self):
        assert alignments("ACGT", []).shape == (0,)


class TestRelative:
    def test_has_the_profile_and_the_longest_stretch(self, encoder):
        sequence = member(4, "a", 0.1)
        found = candidate(encoder, 4, sequence)
        assert found.family == 4
        assert found.profile.weights.tolist() == encoder.profile(sequence).weights.tolist()
        assert found.protein.tolist() == longest_orf(base_codes(sequence)).tolist()


class TestComposition:
    def test_is_about_one_for_the_own_family_and_about_none_for_others(self, caller):
        said = caller.composition(CLEAR_QUERY)
        assert said.argmax() == 2
        assert said.sum() == pytest.approx(1, abs=0.01)

    def test_of_nothing_is_the_priors(self, caller):
        assert caller.composition("N" * 30).tolist() == pytest.approx([1 / 6] * 6)

    def test_of_families_that_came_later_is_zero(self, caller):
        assert caller.composition(CLEAR_QUERY, 8)[6:].tolist() == [0, 0]
        assert caller.composition(CLEAR_QUERY, 8)[:6].tolist() == (
            caller.composition(CLEAR_QUERY).tolist()
        )


class TestState:
    def test_comes_back_bit_by_bit(self, caller, decide, candidates):
        back = FamilyModel.from_state(caller.state())
        assert state_digest("caller", back.state()) == state_digest("caller", caller.state())
        for sequence in (CLEAR_QUERY, UNCLEAR_QUERY):
            assert same(decide(sequence, candidates), decide(sequence, candidates, back))
        assert back.threshold == caller.threshold

    def test_is_plain_arrays(self, caller):
        for array in caller.state().values():
            assert type(array) is np.ndarray
            assert array.dtype.kind in "fi"

    def test_what_is_learned_changes_it(self, caller):
        other = FamilyModel(caller._words, replace(caller._learned, threshold=np.array([0.5])))
        assert state_digest("caller", other.state()) != state_digest("caller", caller.state())
