"""The compiled kernels against their slow, obvious twins."""

import numpy as np
import pytest
from hypothesis import example, given

from core.encoders import translation
from core.encoders.proteins import RESIDUES, base_codes, codon_letters
from tests.support import oracles
from tests.support.strategies import sequences

PRINTED = RESIDUES + oracles.UNREADABLE + oracles.STOP
RESIDUE_CODONS = codon_letters(np.arange(20, dtype=np.uint8))


def printed(residues):
    return "".join(PRINTED[residue] for residue in residues)


def translated(sequence):
    residues, lengths = translation.translate(base_codes(sequence))
    return [printed(row[:length]) for row, length in zip(residues, lengths, strict=True)]


def read(sequence):
    """Residues of the triples that begin at each base, on the strand as given and on the other."""
    forward, back = translation.read_codons(base_codes(sequence), RESIDUE_CODONS)
    return printed(forward), printed(back)


def open_stretches(sequence):
    letters = translation.read_codons(base_codes(sequence), RESIDUE_CODONS)
    found, forward = translation.find_orfs(letters)
    strands = [0] * forward + [1] * (len(found) - forward)
    return [
        printed(letters[strand, begin:end:3][:: -1 if strand else 1])
        for strand, (begin, end) in zip(strands, found, strict=True)
    ]


class TestTranslate:
    @given(sequences)
    @example("")
    @example("A")
    @example("AC")
    @example("ATG")
    def test_reads_all_six_frames(self, sequence):
        assert translated(sequence) == oracles.six_frames(sequence)

    def test_frames_of_the_other_strand_begin_at_its_own_end(self):
        # Its complement reads CAT TTC CGT A: the first frame of the other strand.
        assert translated("TACGGAAATG")[3] == "HFR"

    @pytest.mark.parametrize("letter", "RYSWKMBDHVN")
    def test_a_codon_with_an_ambiguity_code_is_unreadable(self, letter):
        assert translated(f"GC{letter}ATG")[0] == "?M"

    def test_u_is_t(self):
        assert translated("AUGUUU") == translated("ATGTTT")


class TestReadCodons:
    @given(sequences)
    @example("")
    @example("AC")
    def test_reads_every_triple_on_both_strands(self, sequence):
        triples = [sequence[place : place + 3] for place in range(len(sequence) - 2)]
        frames = [oracles.six_frames(triple) for triple in triples]
        assert read(sequence) == ("".join(f[0] for f in frames), "".join(f[3] for f in frames))


class TestOpenStretches:
    @given(sequences)
    def test_are_the_ones_between_stops(self, sequence):
        frames = oracles.six_frames(sequence)
        assert sorted(open_stretches(sequence)) == sorted(oracles.stretches(frames))

    @given(sequences)
    def test_begin_with_those_of_the_strand_as_given(self, sequence):
        letters = translation.read_codons(base_codes(sequence), RESIDUE_CODONS)
        found, forward = translation.find_orfs(letters)
        both = oracles.six_frames(sequence)
        kept = oracles.stretches(both)
        own = [each for frame in both[:3] for each in frame.split(oracles.STOP) if each in kept]
        assert sorted(len(each) for each in own if each) == sorted(
            (end - begin) // 3 for begin, end in found[:forward]
        )

    def test_of_eight_residues_are_kept_and_of_seven_dropped(self):
        found = open_stretches("GCC" * 8 + "TAA" + "GCC" * 7 + "TAA")
        assert "A" * 8 in found
        assert "A" * 7 not in found

    def test_where_none_has_eight_the_longest_three_and_their_equals_are_kept(self):
        # The six frames have 3, 2, 2, 3, 2 and 2 residues.
        found = open_stretches("GCCGCCGCC")
        assert sorted(map(len, found)) == [2, 2, 2, 2, 3, 3]

    def test_of_nothing_but_stops_there_are_none(self):
        found, forward = translation.find_orfs(np.full((2, 12), 21, dtype=np.uint8))
        assert (found.shape, forward) == ((0, 2), 0)


class TestLongestStretch:
    @given(sequences)
    def test_is_the_longest_and_of_equals_the_last(self, sequence):
        found = printed(translation.longest_orf(base_codes(sequence)))
        assert found == oracles.longest_stretch(sequence)

    @given(sequences)
    def test_is_the_same_on_the_other_strand(self, sequence):
        other = oracles.reverse_complement(sequence.replace("U", "T"))
        found, mirrored = (translation.longest_orf(base_codes(each)) for each in (sequence, other))
        assert found.tobytes() == mirrored.tobytes()
