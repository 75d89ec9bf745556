"""The compiled translation against slow, obvious implementations."""

import numpy as np
import pytest
from hypothesis import example, given

from core.encoders import translation
from core.encoders.proteins import RESIDUES, encode_bases, make_codon_table
from tests.support import oracles
from tests.support.strategies import sequences

LETTERS = RESIDUES + oracles.AMBIGUOUS + oracles.STOP
RESIDUE_CODONS = make_codon_table(np.arange(20, dtype=np.uint8))


def spell(residues):
    return "".join(LETTERS[residue] for residue in residues)


def translate_frames(sequence):
    residues, lengths = translation.translate(encode_bases(sequence))
    return [spell(row[:length]) for row, length in zip(residues, lengths, strict=True)]


def read(sequence):
    """Return the residues of the codons at each base, on the forward and the reverse strand."""
    forward, back = translation.read_codons(encode_bases(sequence), RESIDUE_CODONS)
    return spell(forward), spell(back)


def find_orfs(sequence):
    letters = translation.read_codons(encode_bases(sequence), RESIDUE_CODONS)
    found, forward = translation.find_orfs(letters)
    strands = [0] * forward + [1] * (len(found) - forward)
    return [
        spell(letters[strand, begin:end:3][:: -1 if strand else 1])
        for strand, (begin, end) in zip(strands, found, strict=True)
    ]


class TestTranslate:
    @given(sequences)
    @example("")
    @example("A")
    @example("AC")
    @example("ATG")
    def test_reads_all_six_frames(self, sequence):
        assert translate_frames(sequence) == oracles.six_frames(sequence)

    def test_frames_of_the_other_strand_begin_at_its_own_end(self):
        # Its complement reads CAT TTC CGT A: the first frame of the other strand.
        assert translate_frames("TACGGAAATG")[3] == "HFR"

    @pytest.mark.parametrize("letter", "RYSWKMBDHVN")
    def test_a_codon_with_an_ambiguity_code_is_unreadable(self, letter):
        assert translate_frames(f"GC{letter}ATG")[0] == "?M"

    def test_u_is_t(self):
        assert translate_frames("AUGUUU") == translate_frames("ATGTTT")


class TestReadCodons:
    @given(sequences)
    @example("")
    @example("AC")
    def test_reads_every_triple_on_both_strands(self, sequence):
        codons = [sequence[start : start + 3] for start in range(len(sequence) - 2)]
        frames = [oracles.six_frames(codon) for codon in codons]
        assert read(sequence) == ("".join(f[0] for f in frames), "".join(f[3] for f in frames))


class TestFindOrfs:
    @given(sequences)
    def test_are_the_ones_between_stops(self, sequence):
        frames = oracles.six_frames(sequence)
        assert sorted(find_orfs(sequence)) == sorted(oracles.find_orfs(frames))

    @given(sequences)
    def test_begin_with_those_of_the_strand_as_given(self, sequence):
        letters = translation.read_codons(encode_bases(sequence), RESIDUE_CODONS)
        found, forward = translation.find_orfs(letters)
        both = oracles.six_frames(sequence)
        kept = oracles.find_orfs(both)
        own = [orf for frame in both[:3] for orf in frame.split(oracles.STOP) if orf in kept]
        assert sorted(len(orf) for orf in own if orf) == sorted(
            (end - begin) // 3 for begin, end in found[:forward]
        )

    def test_of_eight_residues_are_kept_and_of_seven_dropped(self):
        found = find_orfs("GCC" * 8 + "TAA" + "GCC" * 7 + "TAA")
        assert "A" * 8 in found
        assert "A" * 7 not in found

    def test_where_none_has_eight_the_longest_three_and_their_equals_are_kept(self):
        # The six frames have 3, 2, 2, 3, 2 and 2 residues.
        found = find_orfs("GCCGCCGCC")
        assert sorted(map(len, found)) == [2, 2, 2, 2, 3, 3]

    def test_of_nothing_but_stops_there_are_none(self):
        found, forward = translation.find_orfs(np.full((2, 12), 21, dtype=np.uint8))
        assert (found.shape, forward) == ((0, 2), 0)


class TestFindLongestOrf:
    @given(sequences)
    def test_is_the_longest_and_of_equals_the_last(self, sequence):
        found = spell(translation.find_longest_orf(encode_bases(sequence)))
        assert found == oracles.find_longest_orf(sequence)

    @given(sequences)
    def test_is_the_same_on_the_other_strand(self, sequence):
        other = oracles.reverse_complement(sequence.replace("U", "T"))
        found, reverse = (
            translation.find_longest_orf(encode_bases(dna)) for dna in (sequence, other)
        )
        assert found.tobytes() == reverse.tobytes()
