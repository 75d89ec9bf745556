import pytest

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
