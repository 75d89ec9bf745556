"""The segments, against all diagonals tried one after the other."""

import random

import numpy as np
import pytest

from core.alignment.scoring import nucleotide_scheme, protein_scheme
from core.encoders.proteins import STOP


def draw_letters(seed, size, letters):
    return np.array(random.Random(seed).choices(range(letters), k=size), dtype=np.uint8)


def best_on_any_diagonal(scheme, query, reference):
    """Return the largest sum along any part of a diagonal."""
    best = 0.0
    for shift in range(-len(reference) + 1, len(query)):
        total = 0.0
        for index in range(max(0, shift), min(len(query), len(reference) + shift)):
            total = max(0.0, total + scheme.scores[query[index], reference[index - shift]])
            best = max(best, total)
    return best


def score(scheme, query, reference, row):
    first, other, length, _ = row
    pairs = zip(query[first : first + length], reference[other : other + length], strict=True)
    return sum(scheme.scores[one, two] for one, two in pairs)


@pytest.mark.parametrize(
    "scheme", [protein_scheme(), nucleotide_scheme()], ids=["proteins", "nucleotides"]
)
class TestSegments:
    def test_a_planted_one_is_found_whole(self, scheme):
        shared = draw_letters("shared", 60, scheme.n_letters)
        query = np.concatenate([draw_letters("a", 40, scheme.n_letters), shared])
        reference = np.concatenate([shared, draw_letters("b", 70, scheme.n_letters)])
        found = scheme.find_segments(
            query, reference, scheme.min_significant_score(query.size, reference.size)
        )
        assert len(found) == 1
        first, other, length, scored = found[0]
        assert first <= 40
        assert first - other == 40
        assert first + length >= 100
        assert scored == best_on_any_diagonal(scheme, query, reference)

    def test_the_best_is_that_of_all_diagonals(self, scheme):
        for seed in range(20):
            reference = draw_letters(f"reference {seed}", 120, scheme.n_letters)
            query = np.where(
                np.random.default_rng(seed).random(120) < 0.15,
                draw_letters(f"query {seed}", 120, scheme.n_letters),
                reference,
            )
            found = scheme.find_segments(query, reference, 1e9)
            assert len(found) == 1
            assert found[0, 3] == best_on_any_diagonal(scheme, query, reference)

    def test_scores_are_those_of_their_columns(self, scheme):
        query, reference = (
            draw_letters("q", 1_000, scheme.n_letters),
            draw_letters("r", 1_000, scheme.n_letters),
        )
        found = scheme.find_segments(query, reference, 15.0)
        assert len(found) > 1
        for row in found.tolist():
            assert row[3] == score(scheme, query, reference, row) >= 15

    def test_what_shares_no_word_has_none(self, scheme):
        same = np.zeros(40, dtype=np.uint8)
        assert scheme.find_segments(same, same + 1, 0.0).shape == (0, 4)

    def test_what_cannot_be_read_is_in_no_word(self, scheme):
        unreadable = np.full(40, scheme.n_letters, dtype=np.uint8)
        assert scheme.find_segments(unreadable, unreadable, 0.0).shape == (0, 4)

    @pytest.mark.parametrize("size", [0, 1])
    def test_what_is_too_short_for_a_word_has_none(self, scheme, size):
        short, long = (
            draw_letters("s", size, scheme.n_letters),
            draw_letters("l", 50, scheme.n_letters),
        )
        assert scheme.find_segments(short, long, 0.0).shape == (0, 4)
        assert scheme.find_segments(long, short, 0.0).shape == (0, 4)

    def test_chance_reaches_the_least_score_in_one_comparison_of_a_hundred(self, scheme):
        min_score = scheme.min_significant_score(300, 300)
        reached = sum(
            scheme.find_segments(
                draw_letters(f"one {seed}", 300, scheme.n_letters),
                draw_letters(f"two {seed}", 300, scheme.n_letters),
                min_score,
            )[:, 3].max(initial=0)
            >= min_score
            for seed in range(300)
        )
        assert reached <= 9


def test_a_segment_may_pass_a_stop_at_a_cost():
    protein = draw_letters("protein", 50, 20)
    query = protein.copy()
    query[25] = STOP
    (row,) = protein_scheme().find_segments(query, protein, 50.0).tolist()
    assert row[:3] == [0, 0, 50]


def test_ambiguity_codes_cost_nothing_among_bases():
    dna = draw_letters("dna", 60, 4)
    query = dna.copy()
    query[30:33] = 4
    (row,) = nucleotide_scheme().find_segments(query, dna, 50.0).tolist()
    assert row == [0, 0, 60, 2 * 57]


def test_the_midline_shows_matches_and_similar_letters():
    assert protein_scheme().midline("LLLL-X*", "LIDALX*") == "L+     "
