import pytest
from Bio.Align import substitution_matrices
from Bio.Seq import Seq

from core.encoders.proteins import (
    BACK_TRIPLE_RESIDUES,
    BLOSUM62,
    GROUPS,
    RESIDUE_GROUPS,
    RESIDUES,
    STOP,
    TRIPLE_RESIDUES,
    UNREADABLE,
    base_codes,
)

TRIPLES = [a + b + c for a in "ACGTN" for b in "ACGTN" for c in "ACGTN"]


class TestBaseCodes:
    def test_are_0_to_3_for_bases_with_u_as_t_and_4_for_the_rest(self):
        assert base_codes("ACGTU").tolist() == [0, 1, 2, 3, 3]
        assert set(base_codes("RYSWKMBDHVN-acgt").tolist()) == {4}

    def test_of_nothing_are_nothing(self):
        assert base_codes("").shape == (0,)


class TestTripleResidues:
    @pytest.mark.parametrize("back", [False, True], ids=["as they stand", "on the other strand"])
    def test_are_the_standard_code(self, back):
        table = BACK_TRIPLE_RESIDUES if back else TRIPLE_RESIDUES
        letters = RESIDUES + "X*"
        for triple, number in zip(TRIPLES, table.tolist(), strict=True):
            codon = Seq(triple).reverse_complement() if back else Seq(triple)
            expected = "X" if "N" in triple else str(codon.translate())
            assert letters[number] == expected, triple


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
        assert set(BLOSUM62[UNREADABLE, :STOP].tolist()) == {-1}
