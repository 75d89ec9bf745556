import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.classification.ungapped_alignment import MAX_COLUMNS, segment_scores
from core.encoders.proteins import RESIDUES, encode_bases
from tests.support import oracles
from tests.support.evolution import member
from tests.support.synthetic import dna

LETTERS = RESIDUES + oracles.AMBIGUOUS
bases = st.text(st.sampled_from("ACGT" * 6 + "N"), max_size=60)
proteins = st.lists(st.text(LETTERS, max_size=12), max_size=4)


def scores(sequence, proteins):
    numbers = [
        np.array([LETTERS.index(letter) for letter in one], dtype=np.uint8) for one in proteins
    ]
    ends = np.cumsum([0, *map(len, proteins)])
    residues = np.concatenate([np.zeros(0, dtype=np.uint8), *numbers])
    return segment_scores(encode_bases(sequence), residues, ends).tolist()


class TestSegmentScores:
    @given(bases, proteins)
    @example("", ["ARND"])
    @example("ATGGCCGCC", [""])
    @settings(max_examples=60)
    def test_are_the_best_on_any_diagonal(self, sequence, proteins):
        expected = [oracles.best_segment_score(sequence, protein) for protein in proteins]
        assert scores(sequence, proteins) == expected

    @given(bases, proteins)
    @settings(max_examples=60)
    def test_are_the_same_on_the_other_strand(self, sequence, proteins):
        other = oracles.reverse_complement(sequence)
        assert scores(sequence, proteins) == scores(other, proteins)

    def test_pass_a_stop_at_a_cost(self):
        # MAW*MAW: a stop costs 6 of the 2 * 20 half bits.
        assert scores("ATGGCCTGGTAAATGGCCTGG", ["MAWPMAW"]) == [20 + 20 - 6]

    def test_of_a_contig_are_those_of_its_longest_reading_frames(self):
        gene, contig = member(1, "query", 0.2), dna("contig", 400_000)
        proteins = [oracles.find_longest_orf(member(family, "other", 0.1)) for family in (1, 2)]
        with_gene = scores(contig[:100_000] + gene + contig[100_000:], proteins)
        assert with_gene[0] == scores(gene, proteins)[0] > 2 * with_gene[1]

    def test_of_one_endless_reading_frame_are_exact(self):
        assert scores("AAA" * MAX_COLUMNS, ["K" * 40]) == [5 * 40]

    @pytest.mark.parametrize("residues", [60, 4_000])
    def test_never_run_from_one_frame_into_the_next(self, residues):
        # Every frame of one strand is K throughout: K with K scores 5.
        assert scores("AAA" * residues, ["K" * 3 * residues]) == [5 * residues]
