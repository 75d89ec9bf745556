import pytest

from core.classification.model import make_candidate
from core.classification.reading_frame import reading_frame
from core.encoders.translated import TranslatedEncoder
from tests.support import oracles
from tests.support.evolution import ancestor, member


@pytest.fixture(scope="module")
def encoder():
    return TranslatedEncoder.fit([ancestor(family) for family in range(4)])


@pytest.fixture(scope="module")
def candidates(encoder):
    return [make_candidate(encoder, 1, member(1, f"relative {n}", 0.05 * n)) for n in range(1, 4)]


class TestReadingFrame:
    @pytest.mark.parametrize("frame", [1, 2, 3])
    def test_is_counted_from_the_own_end_of_its_strand(self, encoder, candidates, frame):
        query = "CCC"[: frame - 1] + member(1, "query", 0.1)
        assert reading_frame(encoder, query, candidates) == ("+", frame)
        mirrored = oracles.reverse_complement(query)
        assert reading_frame(encoder, mirrored, candidates) == ("-", frame)

    @pytest.mark.parametrize("sequence", ["N" * 90, "ACGTA"])
    def test_is_not_known_where_nothing_is_shared(self, encoder, candidates, sequence):
        assert reading_frame(encoder, sequence, candidates) == ("", 0)

    def test_is_not_known_without_candidates(self, encoder):
        assert reading_frame(encoder, ancestor(1), []) == ("", 0)
