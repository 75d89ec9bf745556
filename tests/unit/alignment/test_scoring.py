import numpy as np
import pytest
from Bio.Align import PairwiseAligner
from Bio.Align.substitution_matrices import Array
from hypothesis import given
from hypothesis import strategies as st

from core.alignment.scoring import MAX_EVALUE, nucleotide_scheme, protein_scheme


@pytest.mark.parametrize(
    ("scheme", "bits"), [(protein_scheme(), 43.1), (nucleotide_scheme(), 91.5)]
)
def test_a_score_of_100_has_the_bits_that_blast_prints(scheme, bits):
    assert scheme.gapped.bits(100) == pytest.approx(bits, abs=0.05)


@pytest.mark.parametrize("scheme", [protein_scheme(), nucleotide_scheme()])
class TestEvalues:
    def test_are_the_pairs_of_letters_halved_by_every_bit(self, scheme):
        for statistics in (scheme.gapped, scheme.ungapped):
            pairs = 400 * 1_000_000
            bits = statistics.bits(80)
            assert statistics.evalue(80, pairs) == pytest.approx(pairs * 2**-bits)

    def test_grow_with_the_library(self, scheme):
        assert scheme.gapped.evalue(80, 2_000) == pytest.approx(2 * scheme.gapped.evalue(80, 1_000))

    def test_of_the_least_significant_score_is_the_maximum(self, scheme):
        score = scheme.min_significant_score(300, 400, 5_000)
        assert scheme.ungapped.evalue(score, 300 * 400 * 5_000) == pytest.approx(MAX_EVALUE)
        assert score > scheme.min_significant_score(300, 400)


def score_by_biopython(scheme, query, reference):
    aligner = PairwiseAligner()
    aligner.mode = "local"
    scores = scheme.scores.astype(np.float64)
    aligner.substitution_matrix = Array(alphabet=scheme.alphabet, dims=2, data=scores)
    aligner.open_gap_score, aligner.extend_gap_score = scheme.gap_open, scheme.gap_extend
    return aligner.score(scheme.decode(query), scheme.decode(reference))


def score_of_path(scheme, query, reference, path):
    """Return the score that the columns of a path have."""
    total = 0.0
    for (start, other), (end, other_end) in zip(path.T[:-1], path.T[1:], strict=True):
        if end > start and other_end > other:
            assert end - start == other_end - other
            total += scheme.scores[query[start:end], reference[other:other_end]].sum()
        else:
            letters = end - start + other_end - other
            total += scheme.gap_open + (letters - 1) * scheme.gap_extend
    return total


@pytest.mark.parametrize("scheme", [protein_scheme(), nucleotide_scheme()])
class TestAlign:
    @given(data=st.data())
    def test_finds_the_best_score_and_a_path_that_has_it(self, scheme, data):
        codes = st.integers(0, len(scheme.alphabet) - 1)
        start, end = (data.draw(st.lists(codes, max_size=40)) for _ in range(2))
        shared = data.draw(st.lists(st.integers(0, scheme.n_letters - 1), min_size=1, max_size=60))
        cut = data.draw(st.integers(0, len(shared)))
        query = np.array(start + shared, dtype=np.uint8)
        inserted = data.draw(st.lists(codes, max_size=4))
        reference = np.array(shared[:cut] + inserted + shared[cut:] + end, dtype=np.uint8)
        (path, score), (_, other_score) = scheme.align(query, [reference, query])
        assert other_score == score_by_biopython(scheme, query, query)
        assert score == score_by_biopython(scheme, query, reference)
        assert score == score_of_path(scheme, query, reference, path)
