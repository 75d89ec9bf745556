"""The compiled kernels against their slow, obvious twins."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.encoders import kernels
from core.encoders.proteins import GROUPS, RESIDUE_GROUPS, RESIDUES, base_codes
from tests import oracles

LETTERS = np.arange(20, dtype=np.uint8)
PRINTED = RESIDUES + oracles.UNREADABLE + oracles.STOP

# Mostly bases, so that there are k-mers; stop codons come up by themselves.
dna = st.text(st.sampled_from("ACGT" * 8 + "NRYU"), max_size=200)
plain_dna = st.text("ACGT", max_size=200)
stretchy = st.lists(
    st.sampled_from(["TAA", "AAA", "GCC", "GCN", "ATG", "A", "C"]), max_size=40
).map("".join)
sequences = dna | plain_dna | stretchy


def printed(residues):
    return "".join(PRINTED[residue] for residue in residues)


def translated(sequence):
    residues, lengths = kernels.translate(base_codes(sequence))
    return [printed(row[:length]) for row, length in zip(residues, lengths, strict=True)]


def open_stretches(sequence):
    residues, lengths = kernels.translate(base_codes(sequence))
    found = kernels.open_stretches(residues, lengths)
    return [printed(residues[frame, first:end]) for frame, first, end in found]


def packed(sequence, letters=LETTERS, alphabet=20, k=3):
    residues, lengths = kernels.translate(base_codes(sequence))
    found = kernels.open_stretches(residues, lengths)
    return kernels.packed_kmers(residues, found, letters, alphabet, k)


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


class TestOpenStretches:
    @given(sequences)
    def test_are_the_ones_between_stops(self, sequence):
        assert open_stretches(sequence) == oracles.stretches(oracles.six_frames(sequence))

    def test_of_eight_residues_are_kept_and_of_seven_dropped(self):
        found = open_stretches("GCC" * 8 + "TAA" + "GCC" * 7 + "TAA")
        assert "A" * 8 in found
        assert "A" * 7 not in found

    def test_where_none_has_eight_the_longest_three_and_their_equals_are_kept(self):
        # The six frames have 3, 2, 2, 3, 2 and 2 residues.
        found = open_stretches("GCCGCCGCC")
        assert sorted(map(len, found)) == [2, 2, 2, 2, 3, 3]

    def test_of_nothing_but_stops_there_are_none(self):
        residues = np.full((6, 4), 21, dtype=np.uint8)
        assert kernels.open_stretches(residues, np.full(6, 4)).shape == (0, 3)


class TestPackedKmers:
    @given(sequences, st.sampled_from([1, 3, 6]))
    def test_are_the_words_of_each_stretch_with_its_length(self, sequence, k):
        alphabet = "".join(group[0] for group in GROUPS)
        expected = [
            (oracles.kmer_number(word, alphabet), len(stretch))
            for stretch in oracles.stretches(oracles.six_frames(sequence))
            for word in oracles.kmers(oracles.in_groups(stretch), k)
        ]
        found = packed(sequence, RESIDUE_GROUPS, len(GROUPS), k).tolist()
        assert [(value >> 20, value & (2**20 - 1)) for value in found] == expected


class TestSortPacked:
    @given(st.lists(st.tuples(st.integers(0, 12**6 - 1), st.integers(0, 2**20 - 1)), max_size=300))
    def test_sorts_by_kmer_and_keeps_the_order_of_equals(self, pairs):
        values = np.array([key << 20 | size for key, size in pairs], dtype=np.uint64)
        expected = sorted(values.tolist(), key=lambda value: value >> 20)
        assert kernels.sort_packed(values).tolist() == expected


class TestWeigh:
    def test_is_the_longest_stretch_and_the_logarithm_of_the_count(self):
        packed = np.array([5 << 20 | 10, 5 << 20 | 40, 7 << 20 | 20], dtype=np.uint64)
        keys, weights = kernels.weigh(packed, 40, 2.0)
        assert keys.tolist() == [5, 7]
        assert weights.tolist() == pytest.approx([1 + np.log(2), 0.25])


class TestWeightedKmers:
    @given(sequences, st.sampled_from([1.0, 2.0]), st.booleans())
    def test_are_those_of_the_definition(self, sequence, power, groups):
        letters, k = (RESIDUE_GROUPS, 6) if groups else (LETTERS, 3)
        alphabet = len(GROUPS) if groups else len(RESIDUES)
        keys, weights = kernels.weighted_kmers(base_codes(sequence), letters, alphabet, k, power)
        expected = oracles.weighted_kmers(sequence, k, power, groups=groups)
        assert keys.tolist() == sorted(expected)
        found = dict(zip(keys.tolist(), weights.tolist(), strict=True))
        assert found == pytest.approx(expected, rel=1e-6)

    @given(sequences)
    def test_are_the_same_on_the_other_strand(self, sequence):
        other = oracles.reverse_complement(sequence.replace("U", "T"))
        found, mirrored = (
            kernels.weighted_kmers(base_codes(each), RESIDUE_GROUPS, len(GROUPS), 6, 1.0)
            for each in (sequence, other)
        )
        assert [part.tobytes() for part in found] == [part.tobytes() for part in mirrored]


class TestLongestStretch:
    @given(sequences)
    def test_is_the_longest_and_of_equals_the_last(self, sequence):
        found = printed(kernels.longest_stretch(base_codes(sequence)))
        assert found == oracles.longest_stretch(sequence)

    @given(sequences)
    def test_is_the_same_on_the_other_strand(self, sequence):
        other = oracles.reverse_complement(sequence.replace("U", "T"))
        found, mirrored = (kernels.longest_stretch(base_codes(each)) for each in (sequence, other))
        assert found.tobytes() == mirrored.tobytes()


sparse = st.dictionaries(st.integers(0, 60), st.floats(0, 1, width=32), max_size=30)


def arrays(vector):
    return (
        np.array(sorted(vector), dtype=np.uint32),
        np.array([vector[key] for key in sorted(vector)], dtype=np.float32),
    )


class TestDot:
    @given(sparse, sparse)
    def test_is_the_inner_product(self, one, other):
        found = kernels.dot(*arrays(one), *arrays(other))
        assert found == pytest.approx(oracles.inner_product(one, other), abs=1e-5)


class TestFrameEvidence:
    @given(sequences, st.integers(0, 2))
    @settings(max_examples=50)
    def test_is_the_weight_of_the_kmers_of_each_frame_by_their_stretches(self, sequence, seed):
        alphabet = "".join(group[0] for group in GROUPS)
        draw = np.random.default_rng(seed)
        known = {key: float(draw.integers(1, 9)) for key in range(seed, 12**3, 3)}
        frames = oracles.six_frames(sequence)
        kept = oracles.stretches(frames)
        expected = [
            sum(
                len(stretch) * known.get(oracles.kmer_number(word, alphabet), 0)
                for stretch in frame.split(oracles.STOP)
                if stretch in kept
                for word in oracles.kmers(oracles.in_groups(stretch), 3)
            )
            for frame in frames
        ]
        keys, weights = arrays(known)
        framed = kernels.framed_kmers(base_codes(sequence), RESIDUE_GROUPS, len(GROUPS), 3)
        found = kernels.frame_evidence(framed, keys, weights)
        assert found.tolist() == expected
