import pytest
from Bio.Align import substitution_matrices
from Bio.Seq import Seq

from core.encoders.proteins import (
    AMBIGUOUS,
    BLOSUM62,
    CODON_RESIDUES,
    GROUPS,
    RESIDUE_GROUPS,
    RESIDUES,
    REVERSE_CODON_RESIDUES,
    STOP,
    encode_bases,
)

CODONS = [a + b + c for a in "ACGTN" for b in "ACGTN" for c in "ACGTN"]


class TestEncodeBases:
    def test_are_0_to_3_for_bases_with_u_as_t_and_4_for_the_rest(self):
        assert encode_bases("ACGTU").tolist() == [0, 1, 2, 3, 3]
        assert set(encode_bases("RYSWKMBDHVN-acgt").tolist()) == {4}

    def test_of_nothing_are_nothing(self):
        assert encode_bases("").shape == (0,)


class TestCodonResidues:
    @pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
    def test_are_the_standard_code(self, reverse):
        table = REVERSE_CODON_RESIDUES if reverse else CODON_RESIDUES
        letters = RESIDUES + "X*"
        for codon, number in zip(CODONS, table.tolist(), strict=True):
            read = Seq(codon).reverse_complement() if reverse else Seq(codon)
            expected = "X" if "N" in codon else str(read.translate())
            assert letters[number] == expected, codon


class TestGroups:
    def test_hold_every_residue_once(self):
        assert sorted("".join(GROUPS)) == sorted(RESIDUES)

    def test_of_residues_are_those_that_hold_them(self):
        for residue, group in zip(RESIDUES, RESIDUE_GROUPS.tolist(), strict=True):
            assert residue in GROUPS[group]


class TestBlosum62:
    def test_is_the_published_matrix(self):
        published = substitution_matrices.load("BLOSUM62")
        for row, one in enumerate(RESIDUES):
            for column, other in enumerate(RESIDUES):
                assert BLOSUM62[row, column] == published[one][other]

    def test_a_stop_costs_more_than_what_is_unreadable(self):
        assert set(BLOSUM62[STOP].tolist()) == set(BLOSUM62[:, STOP].tolist()) == {-6}
        assert set(BLOSUM62[AMBIGUOUS, :STOP].tolist()) == {-1}
