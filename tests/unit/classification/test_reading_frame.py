import pytest

from core.classification.model import make_candidate
from core.classification.reading_frame import NO_FRAME, reading_frame
from core.encoders.proteins import encode_bases
from core.encoders.translated import TranslatedEncoder
from tests.support import oracles
from tests.support.evolution import ancestor, member
from tests.support.synthetic import dna


@pytest.fixture(scope="module")
def encoder():
    return TranslatedEncoder.fit([ancestor(family) for family in range(4)])


@pytest.fixture(scope="module")
def candidates(encoder):
    return [make_candidate(encoder, 1, member(1, f"relative {n}", 0.05 * n)) for n in range(1, 4)]


def frame_of(encoder, sequence, candidates):
    return reading_frame(encoder, encode_bases(sequence), candidates)


class TestReadingFrame:
    @pytest.mark.parametrize("frame", [1, 2, 3])
    def test_is_counted_from_the_own_end_of_its_strand(self, encoder, candidates, frame):
        query = "CCC"[: frame - 1] + member(1, "query", 0.1)
        assert frame_of(encoder, query, candidates)[:2] == ("+", frame)
        mirrored = oracles.reverse_complement(query)
        assert frame_of(encoder, mirrored, candidates)[:2] == ("-", frame)

    @pytest.mark.parametrize("before", [200, 90_000, 90_001, 90_002])
    @pytest.mark.parametrize("after", [300, 40_001])
    def test_is_found_in_a_contig_with_its_place(self, encoder, candidates, before, after):
        gene = member(1, "query", 0.1)
        contig = dna("before", before) + gene + dna("after", after)
        found = frame_of(encoder, contig, candidates)
        assert found[:2] == ("+", before % 3 + 1)
        assert before < found.start < found.end <= before + len(gene)
        assert found.end - found.start > len(gene) / 2
        other = frame_of(encoder, oracles.reverse_complement(contig), candidates)
        assert other == (
            "-",
            found.frame,
            len(contig) + 1 - found.end,
            len(contig) + 1 - found.start,
        )

    @pytest.mark.parametrize("sequence", ["N" * 90, "ACGTA"])
    def test_is_not_known_where_nothing_is_shared(self, encoder, candidates, sequence):
        assert frame_of(encoder, sequence, candidates) is NO_FRAME

    def test_is_not_known_without_candidates(self, encoder):
        assert frame_of(encoder, ancestor(1), []) is NO_FRAME
