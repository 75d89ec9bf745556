import random

import numpy as np
import pytest

from core.tracing.closeness import K, QueryKmers, find_kmers
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
