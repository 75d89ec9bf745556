import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.classification.peptide_kmers import DIMENSION, PeptideKmers
from tests.support import oracles
from tests.support.evolution import member

REFERENCE = [member(family, "reference", 0.2)[:240] for family in range(3)]
sequences = st.text(st.sampled_from("ACGT" * 8 + "N"), max_size=150) | st.sampled_from(REFERENCE)


def kinds(sequence):
    return [
        oracles.weigh_kmers(sequence, 3, 2.0, groups=False),
        {
            number + 8_000: weight
            for number, weight in oracles.weigh_kmers(sequence, 4, 2.0, groups=True).items()
        },
    ]


KNOWN = [kinds(sequence) for sequence in REFERENCE]


@pytest.fixture(scope="module")
def kmers():
    return PeptideKmers.fit(REFERENCE)


class TestPeptideKmers:
    @given(sequences)
    @settings(max_examples=30)
    def test_features_are_the_definition(self, kmers, sequence):
        expected: dict[int, float] = {}
        for index, kind in enumerate(kinds(sequence)):
            weights = {
                number: weight * oracles.idf(3, sum(number in known[index] for known in KNOWN))
                for number, weight in kind.items()
            }
            expected |= oracles.normalise(weights)
        numbers, weights = kmers.features(sequence)
        assert numbers.tolist() == sorted(expected)
        found = dict(zip(numbers.tolist(), weights.tolist(), strict=True))
        assert found == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("sequence", REFERENCE)
    def test_each_kind_has_length_one(self, kmers, sequence):
        numbers, weights = kmers.features(sequence)
        for kind in (numbers < 8_000, numbers >= 8_000):
            assert np.linalg.norm(weights[kind]) == pytest.approx(1, rel=1e-5)

    @given(sequences)
    @settings(max_examples=30)
    def test_features_are_the_same_on_the_other_strand(self, kmers, sequence):
        found = kmers.features(sequence)
        mirrored = kmers.features(oracles.reverse_complement(sequence))
        assert [part.tobytes() for part in found] == [part.tobytes() for part in mirrored]

    def test_a_matrix_has_a_row_a_sequence(self, kmers):
        matrix = kmers.matrix([REFERENCE[0], "", REFERENCE[1]])
        assert matrix.shape == (3, DIMENSION)
        assert DIMENSION == 20**3 + 12**4
        numbers, weights = kmers.features(REFERENCE[1])
        assert matrix[[2]].indices.tolist() == numbers.tolist()
        assert matrix[[2]].data.tolist() == weights.tolist()
        assert matrix[[1]].nnz == 0

    def test_its_state_comes_back_bit_by_bit(self, kmers):
        back = PeptideKmers(kmers.state()["word_rarity"])
        for sequence in REFERENCE:
            assert back.features(sequence)[1].tobytes() == kmers.features(sequence)[1].tobytes()
