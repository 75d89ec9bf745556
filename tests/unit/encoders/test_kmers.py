"""The compiled k-mers against their slow, obvious twins."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoders import kmers
from core.encoders.base import joined
from core.encoders.kmers import KmerSpec, KmerWeights, frame_evidence, weighted_kmers
from core.encoders.proteins import GROUPS, RESIDUE_GROUPS, RESIDUES, base_codes, codon_letters
from tests.support import oracles
from tests.support.strategies import sequences

RESIDUE_CODONS = codon_letters(np.arange(20, dtype=np.uint8))
GROUP_CODONS = codon_letters(RESIDUE_GROUPS)
GROUPS_OF_3 = KmerSpec(GROUP_CODONS, len(GROUPS), 3, 1.0)


def rare(kmers, step, rarity):
    """Every `step`-th k-mer is so rare, all others 1."""
    ranks = np.arange(kmers) % step == 0
    return KmerWeights(ranks.astype(np.uint16), np.array([1, rarity], dtype=np.float32))


def found(given, *, k=6, power=1.0, groups=True, rarities=None):
    """Weights by k-mer of each sequence, in the order they come."""
    codons = GROUP_CODONS if groups else RESIDUE_CODONS
    alphabet = len(GROUPS) if groups else len(RESIDUES)
    kind = KmerSpec(codons, alphabet, k, power)
    keys, weights, ends = weighted_kmers(
        *joined(given), kind, rare(alphabet**k, *(rarities or (2, 1)))
    )
    assert keys.dtype == np.uint32
    assert weights.dtype == np.float32
    assert len(ends) == len(given) + 1
    assert ends[-1] == len(keys) == len(weights)
    rows = [slice(*row) for row in pairwise(ends.tolist())]
    return [dict(zip(keys[row].tolist(), weights[row].tolist(), strict=True)) for row in rows]


def defined(sequence, k=6, power=1.0, *, groups=True):
    return oracles.length_one(oracles.weighted_kmers(sequence, k, power, groups=groups))


class TestWeightedKmers:
    @given(
        st.lists(sequences, max_size=4),
        st.sampled_from([(2, True), (3, False), (4, True), (5, True), (6, True)]),
        st.sampled_from([1.0, 2.0]),
    )
    def test_are_those_of_the_definition(self, given, kind, power):
        k, groups = kind
        rows = found(given, k=k, power=power, groups=groups)
        for row, sequence in zip(rows, given, strict=True):
            expected = defined(sequence, k, power, groups=groups)
            assert list(row) == sorted(expected)
            assert row == pytest.approx(expected, rel=1e-6)

    @given(sequences)
    def test_weigh_more_the_rarer_they_are(self, sequence):
        # Every fifth k-mer is three times as rare.
        plain = oracles.weighted_kmers(sequence, 3, 1.0, groups=True)
        expected = {key: weight * (1 if key % 5 else 3) for key, weight in plain.items()}
        (row,) = found([sequence], k=3, rarities=(5, 3))
        assert row == pytest.approx(oracles.length_one(expected), rel=1e-6)

    @given(sequences)
    def test_are_the_same_on_the_other_strand(self, sequence):
        other = oracles.reverse_complement(sequence.replace("U", "T"))
        one, mirrored = found([sequence, other])
        assert list(one.items()) == list(mirrored.items())

    def test_of_no_sequences_there_are_none(self):
        assert found([]) == []
        assert found(["", "A", "AC", "N" * 50]) == [{}, {}, {}, {}]

    @pytest.mark.parametrize(("times", "counted"), [(105, 100), (4_100, 4_095), (9_000, 4_095)])
    def test_a_kmer_counts_up_to_4095_times(self, times, counted):
        alphabet = "".join(group[0] for group in GROUPS)
        many, once = (oracles.kmer_number(word, alphabet) for word in ("DDDDDD", "DDDDDH"))
        (row,) = found(["AAC" * times + "CAC"])
        assert row[many] / row[once] == pytest.approx(1 + np.log(counted))


class TestLengthRanks:
    def shares(self, sizes, power=1.0):
        """What the length of each stretch weighs."""
        stretches = np.array([(5, 5 + 3 * size) for size in sizes], dtype=np.int64)
        ranks, shares = kmers._length_ranks(stretches.reshape(-1, 2), power)
        return [float(shares[ranks[size]]) for size in sizes]

    @given(st.lists(st.integers(1, 400), max_size=20), st.sampled_from([1.0, 2.0]))
    def test_are_those_of_the_share_of_the_longest(self, sizes, power):
        expected = [(size / max(sizes)) ** power for size in sizes]
        assert self.shares(sizes, power) == pytest.approx(expected)

    def test_where_there_are_more_than_1024_the_shortest_count_as_one(self):
        sizes = [*range(10, 1_040), 2_000]
        expected = [max(size, 17) / 2_000 for size in sizes]
        assert self.shares(sizes) == pytest.approx(expected)


class TestFrameEvidence:
    @given(sequences, st.integers(0, 2))
    @settings(max_examples=50)
    def test_is_the_weight_of_the_kmers_of_each_frame_by_their_stretches(self, sequence, seed):
        alphabet = "".join(group[0] for group in GROUPS)
        draw = np.random.default_rng(seed)
        known = np.zeros(12**3, dtype=np.float32)
        known[seed::3] = draw.integers(1, 9, len(known[seed::3]))
        frames = oracles.six_frames(sequence)
        kept = oracles.stretches(frames)
        expected = [
            sum(
                len(stretch) * known[oracles.kmer_number(word, alphabet)]
                for stretch in frame.split(oracles.STOP)
                if stretch in kept
                for word in oracles.kmers(oracles.in_groups(stretch), 3)
            )
            for frame in frames
        ]
        # Of every seventh k-mer the weight holds a rarity of 4.
        known[::7] *= 4
        shared = frame_evidence(base_codes(sequence), GROUPS_OF_3, rare(12**3, 7, 4), known)
        assert shared.tolist() == expected

    @given(sequences)
    def test_goes_with_the_strand(self, sequence):
        table = np.random.default_rng(1).random(12**3, dtype=np.float32)
        one, mirrored = (
            frame_evidence(base_codes(each), GROUPS_OF_3, rare(12**3, 7, 4), table)
            for each in (sequence, oracles.reverse_complement(sequence.replace("U", "T")))
        )
        assert one.tolist() == [*mirrored[3:], *mirrored[:3]]
