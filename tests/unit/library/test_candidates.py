import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from core.classification.prediction import Hit
from core.encoders import TranslatedEncoder, fingerprint
from core.encoders.count import CountEncoder
from core.library.candidates import CandidateCache
from core.stores.sql import LabelStore, SequenceRow
from core.stores.sql.database import Database
from tests.support.evolution import FAMILIES, member

SEQUENCES = [member(number % 6, number, 0.2) for number in range(12)]
ENCODER = TranslatedEncoder.fit(SEQUENCES)
MUCH = 10_000_000


class Labels(LabelStore):
    """Labels that record the requested ids."""

    requested: list[int]

    def residues(self, library_id, ids):
        self.requested += ids
        return super().residues(library_id, ids)


@pytest.fixture
def labels(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'labels.sqlite'}", timeout=10)
    labels = Labels(database)
    labels.requested = []
    yield labels
    database.close()


def library(labels, shift=0):
    """A library with all sequences, their families moved on by `shift`."""
    name = uuid4().hex
    row = labels.add_library(
        name,
        collection=f"c{name}",
        encoder="translated",
        fingerprint=fingerprint(ENCODER),
        state=ENCODER.state(),
        index={"kind": "SPARSE_INVERTED_INDEX", "build": {}, "search": {}},
    )
    load = labels.begin_load(row.id, "", {"human": "human"})
    rows = [
        SequenceRow(number, number, (number + shift) % 6, f"s{number}", residues, has_vector=True)
        for number, residues in enumerate(SEQUENCES)
    ]
    labels.add_sequences(row.id, "human", load, rows)
    labels.finish_load(row.id, load, FAMILIES)
    return row


def hits(numbers, shift=0):
    return [Hit(n, "human", (n + shift) % 6, f"s{n}", 0.5, len(SEQUENCES[n])) for n in numbers]


class TestCandidateCache:
    def test_makes_the_relative_of_each_hit_in_their_order(self, labels):
        found = CandidateCache(MUCH).candidates(labels, library(labels), ENCODER, hits([5, 2, 5]))
        assert [candidate.family for candidate in found] == [5, 2, 5]
        for candidate, number in zip(found, [5, 2, 5], strict=True):
            assert (
                candidate.profile.keys.tolist() == ENCODER.profile(SEQUENCES[number]).keys.tolist()
            )

    def test_reads_each_sequence_once(self, labels):
        cache, row = CandidateCache(MUCH), library(labels)
        cache.candidates(labels, row, ENCODER, hits([1, 2]))
        cache.candidates(labels, row, ENCODER, hits([2, 3, 1]))
        assert sorted(labels.requested) == [1, 2, 3]

    def test_stays_within_its_bytes_and_forgets_what_was_used_least(self, labels):
        cache, row = CandidateCache(50_000), library(labels)
        for number in range(12):
            (found,) = cache.candidates(labels, row, ENCODER, hits([number]))
            assert found.family == number % 6
            assert 0 < cache._cache.currsize <= 50_000
        assert 0 < len(cache._cache) < 12
        cache.candidates(labels, row, ENCODER, hits([11]))
        assert labels.requested == list(range(12))

    def test_counts_more_than_the_arrays_take(self, labels):
        cache, row = CandidateCache(MUCH), library(labels)
        found = cache.candidates(labels, row, ENCODER, hits(range(12)))
        arrays = sum(
            candidate.profile.nbytes + candidate.protein.nbytes + candidate.bases.nbytes
            for candidate in found
        )
        assert arrays < cache._cache.currsize < arrays + 12 * 1_000

    def test_what_is_larger_than_it_is_made_all_the_same(self, labels):
        cache = CandidateCache(1)
        found = cache.candidates(labels, library(labels), ENCODER, hits(range(12)))
        assert [candidate.family for candidate in found] == [number % 6 for number in range(12)]
        assert cache._cache.currsize == 0

    def test_libraries_of_the_same_sequences_keep_their_own_families(self, labels):
        cache = CandidateCache(MUCH)
        one, other = library(labels), library(labels, shift=1)
        assert one.fingerprint == other.fingerprint
        assert [
            candidate.family for candidate in cache.candidates(labels, one, ENCODER, hits([1, 2]))
        ] == [
            1,
            2,
        ]
        found = cache.candidates(labels, other, ENCODER, hits([1, 2], shift=1))
        assert [candidate.family for candidate in found] == [2, 3]

    def test_a_sequence_removed_meanwhile_shares_nothing(self, labels):
        gone = Hit(99, "human", 3, "gone", 0.5, 100)
        near, nothing = CandidateCache(MUCH).candidates(
            labels, library(labels), ENCODER, [*hits([1]), gone]
        )
        assert near.profile.keys.size
        assert (nothing.family, nothing.profile.keys.size, nothing.protein.size) == (3, 0, 0)

    def test_many_threads_may_ask_at_once(self, labels):
        cache, row = CandidateCache(60_000), library(labels)
        start = threading.Barrier(4)

        def ask(seed):
            start.wait()
            numbers = [(seed * 5 + step) % 12 for step in range(24)]
            found = cache.candidates(labels, row, ENCODER, hits(numbers))
            return [candidate.family for candidate in found] == [number % 6 for number in numbers]

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(ask, range(4)))
        assert cache._cache.currsize <= 60_000

    def test_an_encoder_without_profiles_has_no_relatives(self, labels):
        with pytest.raises(TypeError, match="count makes no profiles"):
            CandidateCache(MUCH).candidates(
                labels, library(labels), CountEncoder(["acgt cgta"]), hits([1])
            )
