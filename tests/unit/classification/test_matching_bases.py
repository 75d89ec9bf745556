"""Matching bases, against planted changes and a slow, obvious implementation."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.classification.matching_bases import WORD, count_matches
from core.encoders.proteins import encode_bases
from tests.support import oracles
from tests.support.synthetic import dna

GENE = dna("gene", 600)
letters = st.text(st.sampled_from("ACGTN"), max_size=25)


def count(query, *candidates):
    matches, aligned = count_matches(encode_bases(query), list(map(encode_bases, candidates)))
    return list(zip(matches.tolist(), aligned.tolist(), strict=True))


def substituted(sequence, *positions):
    """Replace the bases at some positions by others."""
    return "".join(
        "CGTA"["ACGT".index(base)] if position in positions else base
        for position, base in enumerate(sequence)
    )


class TestCountMatches:
    def test_counts_what_is_not_substituted(self):
        changed = substituted(GENE, 30, 200, 201, 202, 500)
        assert count(GENE, GENE, changed) == [(600, 600), (595, 600)]

    def test_of_the_other_strand_is_the_same(self):
        changed = substituted(GENE, 30, 200, 500)
        assert count(oracles.reverse_complement(GENE), GENE, changed) == [(600, 600), (597, 600)]

    def test_the_strand_is_that_of_what_matches_first(self):
        turned = oracles.reverse_complement(GENE)
        assert count(turned, dna("other", 600), GENE) == [(0, 0), (600, 600)]

    def test_insertions_and_deletions_cost_nothing_else(self):
        inserted = GENE[:250] + dna("insert", 30) + GENE[250:]
        deleted = GENE[:250] + GENE[280:]
        assert count(GENE, inserted) == [(600, 600)]
        ((matches, aligned),) = count(GENE, deleted)
        assert 570 <= matches <= aligned < 580  # Chance extends the segments a little.

    def test_a_fragment_is_as_close_to_a_long_gene_as_to_a_short_one(self):
        assert count(GENE[200:400], GENE, GENE[150:450], GENE[:300]) == [
            (200, 200),
            (200, 200),
            (100, 100),
        ]

    def test_unrelated_sequences_match_nowhere(self):
        assert count(GENE, dna("other", 600)) == [(0, 0)]

    def test_without_candidates_there_is_nothing(self):
        assert count(GENE) == []

    def test_repeats_are_bounded(self):
        matches, aligned = count("A" * 100_000, "A" * 3_000)[0]
        assert 0 < matches == aligned <= 100_000

    def test_ambiguous_bases_match_nothing(self):
        masked = GENE[:100] + "N" * 20 + GENE[120:]
        assert count(masked, GENE) == count(GENE, masked) == [(580, 600)]
        assert count("N" * 100, "N" * 100) == [(0, 0)]

    @given(letters, letters, letters, st.data())
    @settings(max_examples=60)
    def test_are_those_of_all_segments_on_diagonals_with_a_word(self, left, right, other, data):
        core = data.draw(st.sampled_from([GENE[:WORD], GENE[:40], substituted(GENE[:60], 31)]))
        query, candidate = left + core + right, other + GENE[:60] + left
        expected = max(
            oracles.matching_bases(strand, candidate, WORD)
            for strand in (query, oracles.reverse_complement(query))
        )
        assert count(query, candidate)[0][0] == expected
