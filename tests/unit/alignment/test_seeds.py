"""The segments, against every pair of places tried one after the other."""

import random

import numpy as np
import pytest

from core.alignment.scoring import nucleotides, proteins
from core.encoders.proteins import STOP, UNREADABLE


def drawn(seed, size, letters):
    return np.array(random.Random(seed).choices(range(letters), k=size), dtype=np.uint8)


def best_on_any_diagonal(scheme, query, reference):
    """The largest sum along a diagonal, whatever its ends."""
    best = 0.0
    for shift in range(-len(reference) + 1, len(query)):
        total = 0.0
        for place in range(max(0, shift), min(len(query), len(reference) + shift)):
            total = max(0.0, total + scheme.scores[query[place], reference[place - shift]])
            best = max(best, total)
    return best


def score(scheme, query, reference, row):
    first, other, length, _ = row
    pairs = zip(query[first : first + length], reference[other : other + length], strict=True)
    return sum(scheme.scores[one, two] for one, two in pairs)


@pytest.mark.parametrize("scheme", [proteins(), nucleotides()], ids=["proteins", "nucleotides"])
class TestSegments:
    def test_a_planted_one_is_found_whole(self, scheme):
        shared = drawn("shared", 60, scheme.letters)
        query = np.concatenate([drawn("a", 40, scheme.letters), shared])
        reference = np.concatenate([shared, drawn("b", 70, scheme.letters)])
        found = scheme.segments(query, reference, scheme.least(query.size, reference.size))
        assert len(found) == 1
        first, other, length, scored = found[0]
        assert first <= 40
        assert first - other == 40
        assert first + length >= 100
        assert scored == best_on_any_diagonal(scheme, query, reference)

    def test_the_best_is_that_of_all_diagonals(self, scheme):
        for seed in range(20):
            reference = drawn(f"reference {seed}", 120, scheme.letters)
            query = np.where(
                np.random.default_rng(seed).random(120) < 0.15,
                drawn(f"query {seed}", 120, scheme.letters),
                reference,
            )
            found = scheme.segments(query, reference, 1e9)
            assert len(found) == 1
            assert found[0, 3] == best_on_any_diagonal(scheme, query, reference)

    def test_scores_are_those_of_their_columns(self, scheme):
        query, reference = drawn("q", 1_000, scheme.letters), drawn("r", 1_000, scheme.letters)
        found = scheme.segments(query, reference, 15.0)
        assert len(found) > 1
        for row in found.tolist():
            assert row[3] == score(scheme, query, reference, row) >= 15

    def test_what_shares_no_word_has_none(self, scheme):
        same = np.zeros(40, dtype=np.uint8)
        assert scheme.segments(same, same + 1, 0.0).shape == (0, 4)

    def test_what_cannot_be_read_is_in_no_word(self, scheme):
        unreadable = np.full(40, scheme.letters, dtype=np.uint8)
        assert scheme.segments(unreadable, unreadable, 0.0).shape == (0, 4)

    @pytest.mark.parametrize("size", [0, 1])
    def test_what_is_too_short_for_a_word_has_none(self, scheme, size):
        short, long = drawn("s", size, scheme.letters), drawn("l", 50, scheme.letters)
        assert scheme.segments(short, long, 0.0).shape == (0, 4)
        assert scheme.segments(long, short, 0.0).shape == (0, 4)

    def test_chance_reaches_the_least_score_in_one_comparison_of_a_hundred(self, scheme):
        least = scheme.least(300, 300)
        reached = sum(
            scheme.segments(
                drawn(f"one {seed}", 300, scheme.letters),
                drawn(f"two {seed}", 300, scheme.letters),
                least,
            )[:, 3].max(initial=0)
            >= least
            for seed in range(300)
        )
        assert reached <= 9


def test_a_segment_may_pass_a_stop_at_a_cost():
    protein = drawn("protein", 50, 20)
    query = protein.copy()
    query[25] = STOP
    (row,) = proteins().segments(query, protein, 50.0).tolist()
    assert row[:3] == [0, 0, 50]


def test_ambiguity_codes_cost_nothing_among_bases():
    dna = drawn("dna", 60, 4)
    query = dna.copy()
    query[30:33] = 4
    (row,) = nucleotides().segments(query, dna, 50.0).tolist()
    assert row == [0, 0, 60, 2 * 57]


def test_marks():
    scheme = proteins()
    assert [scheme.mark(*pair) for pair in ("LL", "LI", "LD", "L-", "-L", "XX")] == list("L+    ")
    assert not scheme.same(scheme.alphabet[UNREADABLE], scheme.alphabet[UNREADABLE])
