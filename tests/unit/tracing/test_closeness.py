import random

import numpy as np
import pytest

from core.tracing.closeness import K, QueryKmers, _tail_of_runs, find_kmers
from tests.support.oracles import reverse_complement
from tests.support.synthetic import dna

GENE = dna("gene", 400)


def substitute(sequence, *positions):
    """Return the sequence with other bases at some positions."""
    letters = list(sequence)
    for position in positions:
        letters[position] = "ACGT"["ACGT".index(letters[position]) - 1]
    return "".join(letters)


def probabilities(query, *candidates):
    query_kmers = QueryKmers(query)
    shared = [query_kmers.count_shared(find_kmers(candidate)) for candidate in candidates]
    return query_kmers.closeness(shared).probabilities.tolist()


class TestFindKmers:
    def test_are_those_of_every_position_once(self):
        assert len(find_kmers(GENE)) == len({GENE[at : at + K] for at in range(400 - K + 1)})
        assert find_kmers("ACGT" * 20).size == 4

    def test_are_the_same_for_the_same_letters_only(self):
        assert np.array_equal(find_kmers(GENE), find_kmers(GENE))
        assert not np.intersect1d(find_kmers("A" * K), find_kmers("A" * (K - 1) + "C")).size

    def test_those_with_ambiguity_codes_are_left_out(self):
        assert find_kmers("ACGTN" * 40).size == 0
        assert find_kmers(f"{GENE[:100]}N{GENE[:50]}").size == 100 - K + 1

    @pytest.mark.parametrize("length", [0, 1, K - 1])
    def test_a_shorter_sequence_has_none(self, length):
        assert find_kmers(GENE[:length]).size == 0


class TestCloseness:
    def test_one_substitution_tells_strains_apart(self):
        right, wrong = probabilities(GENE[100:300], GENE, substitute(GENE, 200))
        assert right > 0.99
        assert right + wrong == pytest.approx(1)

    def test_it_tells_less_the_more_the_query_has_changed(self):
        draw = random.Random(1)
        other, confidences = substitute(GENE, 200), []
        for changes in (0, 4, 16, 40):
            positions = draw.sample(
                [position for position in range(400) if abs(position - 200) > K], changes
            )
            confidences.append(probabilities(substitute(GENE, *positions), GENE, other)[0])
        assert confidences == sorted(confidences, reverse=True)
        assert confidences[0] > 0.99 > confidences[-1] > 0.5

    def test_where_nothing_differs_the_chances_are_equal(self):
        assert probabilities(GENE[:150], GENE, substitute(GENE, 300), GENE) == [1 / 3] * 3

    def test_the_strand_makes_no_difference(self):
        candidates = [GENE, substitute(GENE, 150, 220)]
        query = substitute(GENE, 180)[100:300]
        assert probabilities(reverse_complement(query), *candidates) == probabilities(
            query, *candidates
        )

    @pytest.mark.parametrize("share", [0.0, 0.01, 0.03, 0.08])
    def test_identity_is_the_share_of_bases_that_are_alike(self, share):
        long = dna("long", 20_000)
        positions = random.Random(2).sample(range(20_000), int(share * 20_000))
        query_kmers = QueryKmers(substitute(long, *positions))
        found = query_kmers.closeness([query_kmers.count_shared(find_kmers(long))])
        assert found.identity == pytest.approx(1 - share, abs=0.005)


class TestChanceOfSharing:
    """Compared with how often random sequences share as many k-mers."""

    @pytest.mark.parametrize("match", [0.25, 0.4])
    def test_the_lengths_of_runs_add_up(self, match):
        generator = np.random.default_rng(3)
        runs = generator.poisson(1.5, 50_000)
        totals = [generator.geometric(1 - match, count).sum() for count in runs]
        for shared in (1, 2, 4, 7):
            expected = np.mean([total >= shared for total in totals])
            assert _tail_of_runs(shared, 1.5, match) == pytest.approx(expected, abs=0.01)

    def test_random_sequences_share_as_many_as_expected(self):
        query, candidates = QueryKmers(dna("query", 30_000)), find_kmers(dna("other", 30_000))
        expected = 2 * 30_000**2 / 4**K
        assert query.chance_of_sharing(1, candidates) == pytest.approx(
            1 - np.exp(-expected * 0.75), rel=0.01
        )
        assert (
            query.chance_of_sharing(60, candidates) > 1e-5 > query.chance_of_sharing(80, candidates)
        )

    def test_a_relative_is_out_of_reach_of_chance(self):
        query, gene = QueryKmers(GENE[100:250]), find_kmers(GENE)
        assert query.chance_of_sharing(query.count_shared(gene), gene) < 1e-50

    @pytest.mark.parametrize("unit", ["A", "AC", "CAG"])
    def test_a_repeat_shares_its_few_kmers_by_chance(self, unit):
        query, gene = QueryKmers(unit * 100), find_kmers(GENE + unit * 20)
        shared = query.count_shared(gene)
        assert shared == len(unit)
        assert query.chance_of_sharing(shared, gene) > 1e-6
