import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoders import TranslatedEncoder, fingerprint, get_encoder_class
from core.encoders.translated import (
    MAX_DOCUMENT_FREQUENCY,
    MAX_POSTINGS,
    MAX_STORED_KMERS,
    MIN_STORED_KMERS,
    N_KMERS,
    profile_table,
    stack_profiles,
)
from core.errors import InputError
from tests.support import oracles
from tests.support.evolution import ancestor, member
from tests.support.synthetic import dna

REFERENCE = [member(family, "reference", 0.2) for family in range(4)]
sequences = st.text(st.sampled_from("ACGT" * 8 + "N"), max_size=150)


@cache
def expected_kmers(sequence):
    return oracles.weigh_kmers(sequence, 6, 1.0, groups=True)


def profile(reference, sequence):
    """Return the profile of a sequence, by definition."""
    frequency = {
        key: sum(key in expected_kmers(one) for one in reference)
        for key in expected_kmers(sequence)
    }
    weights = {
        key: weight * oracles.idf(len(reference), frequency[key])
        for key, weight in expected_kmers(sequence).items()
    }
    return oracles.normalise(weights)


def heaviest(found, limit):
    """Return the keys of the largest weights, in order; of equal ones, the first."""
    pairs = zip(found.keys.tolist(), found.weights.tolist(), strict=True)
    return sorted(key for key, _ in sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:limit])


@pytest.fixture(scope="module")
def encoder():
    return TranslatedEncoder.fit(REFERENCE)


class TestProfile:
    @given(sequences | st.sampled_from([*REFERENCE, ancestor(0)]))
    @settings(max_examples=30)
    def test_is_the_definition(self, encoder, sequence):
        found = encoder.profile(sequence)
        assert (found.keys.dtype, found.weights.dtype) == (np.uint32, np.float32)
        expected = profile(REFERENCE, sequence)
        assert found.keys.tolist() == sorted(expected)
        weights = dict(zip(found.keys.tolist(), found.weights.tolist(), strict=True))
        assert weights == pytest.approx(expected, rel=1e-5)

    @given(sequences | st.sampled_from(REFERENCE))
    @settings(max_examples=30)
    def test_is_the_same_on_the_other_strand(self, encoder, sequence):
        found = encoder.profile(sequence)
        mirrored = encoder.profile(oracles.reverse_complement(sequence))
        assert found.keys.tobytes() == mirrored.keys.tobytes()
        assert found.weights.tobytes() == mirrored.weights.tobytes()

    def test_u_is_t(self, encoder):
        found, expected = (
            encoder.profile(sequence) for sequence in (REFERENCE[0].replace("T", "U"), REFERENCE[0])
        )
        assert found.weights.tobytes() == expected.weights.tobytes()

    @pytest.mark.parametrize("sequence", ["", "ACGTA", "N" * 300, "TAA" * 50])
    def test_of_what_has_no_kmers_is_empty(self, encoder, sequence):
        found = encoder.profile(sequence)
        if "TAA" not in sequence:
            assert found.keys.size == found.weights.size == found.nbytes == 0
        assert np.isfinite(found.weights).all()

    def test_many_are_those_of_each(self, encoder):
        selection = [*REFERENCE, "", *(dna(n, 60) for n in range(300))]
        found = encoder.profiles(selection)
        assert len(found) == len(selection)
        for profile, sequence in zip(found, selection, strict=True):
            alone = encoder.profile(sequence)
            assert profile.keys.tolist() == alone.keys.tolist()
            assert profile.weights.tobytes() == alone.weights.tobytes()
        assert encoder.profiles([]) == []

    def test_counts_its_bytes(self, encoder):
        found = encoder.profile(REFERENCE[0])
        assert found.nbytes == 8 * found.keys.size > 0


class TestProfileTable:
    def test_is_a_table_of_the_sum_of_all(self, encoder):
        one, other = encoder.profiles(REFERENCE[:2])
        with profile_table([one, other]) as table:
            assert table.shape == (N_KMERS,)
            sums = stack_profiles([one, other]).sum(axis=0)
            np.testing.assert_allclose(table, sums, rtol=1e-6)

    def test_every_table_is_one_of_its_own_and_clean(self, encoder):
        profile = encoder.profile(REFERENCE[0])
        with profile_table([profile]) as table:
            assert table.any()
        with (
            profile_table([]) as first,
            profile_table([profile]) as second,
            profile_table([]) as third,
        ):
            assert not first.any()
            assert not third.any()
            assert np.flatnonzero(second).tolist() == profile.keys.tolist()

    def test_threads_do_not_share_tables(self, encoder):
        profiles = encoder.profiles(REFERENCE)
        start = threading.Barrier(4)

        def is_exact(profile):
            start.wait()
            for _ in range(50):
                with profile_table([profile]) as table:
                    if np.count_nonzero(table) != profile.keys.size:
                        return False
            return True

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(is_exact, profiles))


class TestEncode:
    def test_keeps_the_heaviest_kmers_of_each_profile(self, encoder):
        # Of random DNA many k-mers weigh the same, so that ties decide.
        selection = [*REFERENCE, dna("long", 1_500), dna("longer", 3_000), "ACGT", dna("short", 30)]
        vectors = encoder.encode(selection)
        assert (vectors.shape, vectors.dtype) == ((len(selection), N_KMERS), np.float32)
        for row, sequence in zip(vectors, selection, strict=True):
            found = encoder.profile(sequence)
            residues = len(sequence) // 3
            limit = min(max(residues, MIN_STORED_KMERS), MAX_STORED_KMERS)
            assert row.indices.tolist() == heaviest(found, limit)
            kept = np.isin(found.keys, row.indices)
            assert row.data.tolist() == found.weights[kept].tolist()
        assert np.diff(vectors.indptr).tolist()[-4:-2] == [500, MAX_STORED_KMERS]

    def test_of_nothing_has_no_rows(self, encoder):
        assert encoder.encode([]).shape == encoder.encode_queries([]).shape == (0, N_KMERS)

    def test_whole_profiles_have_length_one(self, encoder):
        rows = stack_profiles([encoder.profile(sequence) for sequence in REFERENCE])
        lengths = np.sqrt(rows.multiply(rows).sum(axis=1))
        np.testing.assert_allclose(lengths, 1, rtol=1e-5)


class TestEncodeQueries:
    def test_has_only_kmers_of_the_reference(self, encoder):
        known = set().union(*(expected_kmers(sequence) for sequence in REFERENCE))
        query = member(1, "query", 0.3)
        (row,) = encoder.encode_queries([query])
        assert (
            set(row.indices.tolist())
            == set(expected_kmers(query)) & known
            != set(expected_kmers(query))
        )

    def test_a_search_touches_that_many_postings(self):
        assert MAX_POSTINGS == 6_400

    @pytest.mark.parametrize("postings", [3, 100, MAX_POSTINGS])
    def test_has_the_heaviest_that_may_be_searched(self, postings):
        sequences = ["".join(REFERENCE), *REFERENCE[:3]]
        wide = TranslatedEncoder.fit(sequences)
        frequencies = Counter(
            key for sequence in sequences for key in set(expected_kmers(sequence))
        )
        profile = wide.profile(sequences[0])
        (row,) = wide.encode_query_profiles([profile], postings)
        order = np.argsort(-profile.weights, kind="stable")
        sums = np.cumsum([frequencies[key] for key in profile.keys[order].tolist()])
        paid = order[: np.searchsorted(sums, postings, side="right")]
        assert row.indices.tolist() == sorted(profile.keys[paid].tolist())

    @pytest.mark.parametrize(
        ("copies", "searched"),
        [(MAX_DOCUMENT_FREQUENCY, True), (MAX_DOCUMENT_FREQUENCY + 1, False)],
    )
    def test_has_no_kmer_that_more_than_a_hundred_sequences_have(self, copies, searched):
        common, rare = dna("common", 90), dna("rare", 90)
        encoder = TranslatedEncoder.fit([common] * copies + [rare])
        row, other = encoder.encode_queries([common, rare])
        assert bool(row.indices.size) is searched
        assert other.indices.size

    def test_is_the_same_on_the_other_strand(self, encoder):
        query = member(1, "query", 0.3)
        for encode in (encoder.encode, encoder.encode_queries):
            one, other = encode([query, oracles.reverse_complement(query)])
            assert one.indices.tobytes() == other.indices.tobytes()
            assert one.data.tobytes() == other.data.tobytes()


class TestState:
    def test_comes_back_bit_by_bit(self, encoder):
        back = TranslatedEncoder.from_state(encoder.state())
        assert fingerprint(back) == fingerprint(encoder)
        query = member(2, "query", 0.3)
        assert back.profile(query).weights.tobytes() == encoder.profile(query).weights.tobytes()
        assert (back.encode([query]) != encoder.encode([query])).nnz == 0

    def test_is_how_often_each_kmer_was_seen(self, encoder):
        state = encoder.state()
        assert int(state["documents"]) == len(REFERENCE)
        found = dict(zip(state["keys"].tolist(), state["counts"].tolist(), strict=True))
        everything = sorted(set().union(*map(expected_kmers, REFERENCE)))
        assert found == {
            key: sum(key in expected_kmers(one) for one in REFERENCE) for key in everything
        }

    def test_does_not_depend_on_the_order_of_the_reference(self, encoder):
        shuffled = random.Random(3).sample(REFERENCE, len(REFERENCE))
        assert fingerprint(TranslatedEncoder.fit(shuffled)) == fingerprint(encoder)

    def test_another_reference_has_another_fingerprint(self, encoder):
        assert fingerprint(TranslatedEncoder.fit(REFERENCE[:3])) != fingerprint(encoder)

    def test_a_reference_without_kmers_is_refused(self):
        with pytest.raises(InputError, match="needs 18 bases or more"):
            TranslatedEncoder.fit(["ACGTACGTACGTACGTA", "N" * 100])


class TestGetEncoderClass:
    def test_finds_it_by_name(self):
        assert get_encoder_class("translated") is TranslatedEncoder
        assert TranslatedEncoder.dimension is None
