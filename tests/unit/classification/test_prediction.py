import numpy as np
import pytest

from core.classification.evidence import is_clear
from core.classification.model import Query, cosine_similarities, make_candidate
from core.classification.prediction import Hit, predict
from tests.support import oracles
from tests.support.evolution import member
from tests.support.synthetic import dna

UNFITTED = 77
CLEAR_QUERY = member(2, "query", 0.1)
UNCLEAR_QUERY = member(2, "query", 0.45)
QUERIES = pytest.mark.parametrize("sequence", [CLEAR_QUERY, UNCLEAR_QUERY, dna("noise", 450)])


@pytest.fixture(scope="module")
def candidates(encoder, reference):
    return [make_candidate(encoder, record.family or 0, record.residues) for record in reference]


@pytest.fixture
def predicted(model, encoder):
    def predicted(sequence, candidates, max_hits=1_000):
        query = Query(sequence, encoder.profile(sequence))
        hits = [
            Hit(index, f"organism {index % 2}", candidate.family, "gene", 0.0, 900)
            for index, candidate in enumerate(candidates)
        ]
        return predict(
            encoder,
            model,
            query,
            hits=hits,
            candidates=candidates,
            similarities=cosine_similarities(query.profile, candidates),
            max_hits=max_hits,
        )

    return predicted


def scores(prediction):
    return np.array([hit.score for hit in prediction.hits], dtype=np.float32)


class TestPredict:
    def test_a_near_relative_decides(self, predicted, candidates):
        found = predicted(CLEAR_QUERY, candidates)
        assert is_clear(scores(found))
        assert next(iter(found.families)) == 2
        assert found.families[2] > 0.95
        assert found.significant

    def test_where_none_is_near_alignments_and_composition_help(self, predicted, candidates):
        found = predicted(UNCLEAR_QUERY, candidates)
        assert not is_clear(scores(found))
        assert next(iter(found.families)) == 2
        assert found.significant

    @pytest.mark.parametrize("seed", range(5))
    def test_random_dna_is_not_significant(self, predicted, candidates, seed):
        assert not predicted(dna(f"noise {seed}", 450), candidates).significant

    @QUERIES
    def test_probabilities_add_up_to_one_the_largest_first(self, predicted, candidates, sequence):
        shares = list(predicted(sequence, candidates).families.values())
        assert len(shares) == 6
        assert sum(shares) == pytest.approx(1)
        assert shares == sorted(shares, reverse=True)

    @QUERIES
    def test_orders_the_hits_by_their_similarities(self, predicted, candidates, encoder, sequence):
        found = scores(predicted(sequence, candidates))
        similarities = cosine_similarities(encoder.profile(sequence), candidates)
        assert found.tolist() == sorted(similarities.tolist(), reverse=True)
        order = [hit.id for hit in predicted(sequence, candidates).hits]
        assert similarities[order].tolist() == found.tolist()

    def test_has_the_best_hits_only(self, predicted, candidates):
        found = predicted(CLEAR_QUERY, candidates)
        assert predicted(CLEAR_QUERY, candidates, 3).hits == found.hits[:3]

    @QUERIES
    def test_the_other_strand_gives_the_same_bit_by_bit(self, predicted, candidates, sequence):
        found = predicted(sequence, candidates)
        other = predicted(oracles.reverse_complement(sequence), candidates)
        assert other.hits == found.hits
        assert list(other.families.items()) == list(found.families.items())
        assert other.significant == found.significant

    @QUERIES
    def test_the_order_of_the_candidates_does_not_matter(self, predicted, candidates, sequence):
        found, turned = predicted(sequence, candidates), predicted(sequence, candidates[::-1])
        assert turned.families == pytest.approx(found.families, rel=1e-9)
        assert turned.significant == found.significant
        assert scores(turned).tolist() == scores(found).tolist()

    def test_has_the_strand_and_the_closest_organism(self, predicted, candidates):
        found = predicted(CLEAR_QUERY, candidates)
        assert found.reading_frame[:2] == ("+", 1)
        assert next(iter(found.organisms)) == found.hits[0].organism

    @pytest.mark.parametrize("sequence", [CLEAR_QUERY, "N" * 300, "ACGTA"])
    def test_without_candidates_it_guesses_and_is_not_significant(self, predicted, sequence):
        found = predicted(sequence, [])
        assert found.hits == ()
        assert sum(found.families.values()) == pytest.approx(1)
        assert not found.significant

    @pytest.mark.parametrize("change", [0.05, 0.4])
    def test_a_family_that_came_later_can_be_found(self, predicted, encoder, candidates, change):
        late = [make_candidate(encoder, UNFITTED, member(99, number, 0.1)) for number in range(3)]
        found = predicted(member(99, "query", change), [*candidates, *late])
        assert next(iter(found.families)) == UNFITTED
        assert found.significant
        assert len(found.families) == 7
        others = predicted(CLEAR_QUERY, [*candidates, *late])
        assert next(iter(others.families)) == 2

    def test_candidates_that_share_nothing_say_nothing(self, predicted, encoder):
        nothing = make_candidate(encoder, 3, "")
        found = predicted(CLEAR_QUERY, [nothing] * 3)
        assert scores(found).tolist() == [0, 0, 0]
        assert not found.significant
