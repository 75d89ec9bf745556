"""The compiled k-mers against slow, obvious implementations."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoders import kmers
from core.encoders.base import concatenate
from core.encoders.kmers import KmerSpec, KmerWeights, score_frames, weigh_kmers
from core.encoders.proteins import GROUPS, RESIDUE_GROUPS, RESIDUES, encode_bases, make_codon_table
from tests.support import oracles
from tests.support.strategies import sequences

RESIDUE_CODONS = make_codon_table(np.arange(20, dtype=np.uint8))
GROUP_CODONS = make_codon_table(RESIDUE_GROUPS)
GROUP_TRIMERS = KmerSpec(GROUP_CODONS, len(GROUPS), 3, 1.0)


def with_rare_kmers(n_kmers, step, weight):
    """Return a weight for every `step`-th k-mer, and 1 for all others."""
    ranks = np.arange(n_kmers) % step == 0
    return KmerWeights(ranks.astype(np.uint16), np.array([1, weight], dtype=np.float32))


def weigh(dna, *, k=6, power=1.0, groups=True, idf=None):
    """Return the weights of the k-mers of each sequence, in their order."""
    codons = GROUP_CODONS if groups else RESIDUE_CODONS
    alphabet = len(GROUPS) if groups else len(RESIDUES)
    spec = KmerSpec(codons, alphabet, k, power)
    keys, weights, ends = weigh_kmers(
        *concatenate(dna), spec, with_rare_kmers(alphabet**k, *(idf or (2, 1)))
    )
    assert keys.dtype == np.uint32
    assert weights.dtype == np.float32
    assert len(ends) == len(dna) + 1
    assert ends[-1] == len(keys) == len(weights)
    rows = [slice(*row) for row in pairwise(ends.tolist())]
    return [dict(zip(keys[row].tolist(), weights[row].tolist(), strict=True)) for row in rows]


def expected_row(sequence, k=6, power=1.0, *, groups=True):
    return oracles.normalise(oracles.weigh_kmers(sequence, k, power, groups=groups))


class TestWeighKmers:
    @given(
        st.lists(sequences, max_size=4),
        st.sampled_from([(2, True), (3, False), (4, True), (5, True), (6, True)]),
        st.sampled_from([1.0, 2.0]),
    )
    def test_are_those_of_the_definition(self, dna, letters, power):
        k, groups = letters
        rows = weigh(dna, k=k, power=power, groups=groups)
        for row, sequence in zip(rows, dna, strict=True):
            expected = expected_row(sequence, k, power, groups=groups)
            assert list(row) == sorted(expected)
            assert row == pytest.approx(expected, rel=1e-6)

    @given(sequences)
    def test_weigh_more_the_rarer_they_are(self, sequence):
        # Every fifth k-mer has three times the weight.
        plain = oracles.weigh_kmers(sequence, 3, 1.0, groups=True)
        expected = {key: weight * (1 if key % 5 else 3) for key, weight in plain.items()}
        (row,) = weigh([sequence], k=3, idf=(5, 3))
        assert row == pytest.approx(oracles.normalise(expected), rel=1e-6)

    @given(sequences)
    def test_are_the_same_on_the_other_strand(self, sequence):
        other = oracles.reverse_complement(sequence.replace("U", "T"))
        one, reverse = weigh([sequence, other])
        assert list(one.items()) == list(reverse.items())

    def test_of_no_sequences_there_are_none(self):
        assert weigh([]) == []
        assert weigh(["", "A", "AC", "N" * 50]) == [{}, {}, {}, {}]

    @pytest.mark.parametrize(("times", "counted"), [(105, 100), (4_100, 4_095), (9_000, 4_095)])
    def test_a_kmer_counts_up_to_4095_times(self, times, counted):
        alphabet = "".join(group[0] for group in GROUPS)
        many, once = (oracles.number_kmer(kmer, alphabet) for kmer in ("DDDDDD", "DDDDDH"))
        (row,) = weigh(["AAC" * times + "CAC"])
        assert row[many] / row[once] == pytest.approx(1 + np.log(counted))


class TestRankLengths:
    def weights(self, sizes, power=1.0):
        """Return the weight of the length of each ORF."""
        orfs = np.array([(5, 5 + 3 * size) for size in sizes], dtype=np.int64)
        ranks, weights = kmers._rank_lengths(orfs.reshape(-1, 2), power)
        return [float(weights[ranks[size]]) for size in sizes]

    @given(st.lists(st.integers(1, 400), max_size=20), st.sampled_from([1.0, 2.0]))
    def test_are_those_of_the_share_of_the_longest(self, sizes, power):
        expected = [(size / max(sizes)) ** power for size in sizes]
        assert self.weights(sizes, power) == pytest.approx(expected)

    def test_where_there_are_more_than_1024_the_shortest_count_as_one(self):
        sizes = [*range(10, 1_040), 2_000]
        expected = [max(size, 17) / 2_000 for size in sizes]
        assert self.weights(sizes) == pytest.approx(expected)


class TestScoreFrames:
    @given(sequences, st.integers(0, 2))
    @settings(max_examples=50)
    def test_is_the_weight_of_the_kmers_of_each_frame_by_their_orfs(self, sequence, seed):
        alphabet = "".join(group[0] for group in GROUPS)
        draw = np.random.default_rng(seed)
        known = np.zeros(12**3, dtype=np.float32)
        known[seed::3] = draw.integers(1, 9, len(known[seed::3]))
        frames = oracles.six_frames(sequence)
        kept = oracles.find_orfs(frames)
        expected = [
            sum(
                len(orf) * known[oracles.number_kmer(kmer, alphabet)]
                for orf in frame.split(oracles.STOP)
                if orf in kept
                for kmer in oracles.split_kmers(oracles.reduce_alphabet(orf), 3)
            )
            for frame in frames
        ]
        # The weight of every seventh k-mer includes an inverse document frequency of 4.
        known[::7] *= 4
        scores, spans = score_frames(
            encode_bases(sequence), GROUP_TRIMERS, with_rare_kmers(12**3, 7, 4), known
        )
        assert scores.tolist() == expected
        for frame, (start, end) in enumerate(spans.tolist()):
            # The peptide of a span begins and ends with a shared k-mer, and lies in the frame.
            forward = sequence[start:end].replace("U", "T")
            part = oracles.reverse_complement(forward) if frame > 2 else forward
            assert bool(part) == (expected[frame] > 0)
            peptide = oracles.reduce_alphabet(oracles.translate(part))
            for kmer in (peptide[:3], peptide[-3:]) if part else ():
                assert (len(sequence) - end if frame > 2 else start) % 3 == frame % 3
                assert known[oracles.number_kmer(kmer, alphabet)]

    @given(sequences)
    def test_goes_with_the_strand(self, sequence):
        table = np.random.default_rng(1).random(12**3, dtype=np.float32)
        one, reverse = (
            score_frames(encode_bases(dna), GROUP_TRIMERS, with_rare_kmers(12**3, 7, 4), table)
            for dna in (sequence, oracles.reverse_complement(sequence.replace("U", "T")))
        )
        assert one[0].tolist() == [*reverse[0][3:], *reverse[0][:3]]
