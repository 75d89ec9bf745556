import random

import numpy as np
import pytest

from core.tracing.closeness import WORD, QueryWords, words
from tests.support.oracles import reverse_complement
from tests.support.synthetic import dna

GENE = dna("gene", 400)


def substituted(sequence, *places):
    """The sequence with other bases at these places."""
    letters = list(sequence)
    for place in places:
        letters[place] = "ACGT"["ACGT".index(letters[place]) - 1]
    return "".join(letters)


def chances(query, *candidates):
    compared = QueryWords(query)
    shared = [compared.shared(words(candidate)) for candidate in candidates]
    return compared.closeness(shared).chances.tolist()


class TestWords:
    def test_are_those_of_every_position_once(self):
        assert len(words(GENE)) == len({GENE[at : at + WORD] for at in range(400 - WORD + 1)})
        assert words("ACGT" * 20).size == 4

    def test_are_the_same_for_the_same_letters_only(self):
        assert np.array_equal(words(GENE), words(GENE))
        assert not np.intersect1d(words("A" * WORD), words("A" * (WORD - 1) + "C")).size

    def test_those_with_ambiguity_codes_are_left_out(self):
        assert words("ACGTN" * 40).size == 0
        assert words(f"{GENE[:100]}N{GENE[:50]}").size == 100 - WORD + 1

    @pytest.mark.parametrize("length", [0, 1, WORD - 1])
    def test_a_shorter_sequence_has_none(self, length):
        assert words(GENE[:length]).size == 0


class TestCloseness:
    def test_one_substitution_tells_strains_apart(self):
        right, wrong = chances(GENE[100:300], GENE, substituted(GENE, 200))
        assert right > 0.99
        assert right + wrong == pytest.approx(1)

    def test_it_tells_less_the_more_the_query_has_changed(self):
        draw = random.Random(1)
        other, said = substituted(GENE, 200), []
        for changes in (0, 4, 16, 40):
            places = draw.sample(
                [place for place in range(400) if abs(place - 200) > WORD], changes
            )
            said.append(chances(substituted(GENE, *places), GENE, other)[0])
        assert said == sorted(said, reverse=True)
        assert said[0] > 0.99 > said[-1] > 0.5

    def test_where_nothing_differs_the_chances_are_equal(self):
        assert chances(GENE[:150], GENE, substituted(GENE, 300), GENE) == [1 / 3] * 3

    def test_the_strand_makes_no_difference(self):
        candidates = [GENE, substituted(GENE, 150, 220)]
        query = substituted(GENE, 180)[100:300]
        assert chances(reverse_complement(query), *candidates) == chances(query, *candidates)

    @pytest.mark.parametrize("share", [0.0, 0.01, 0.03, 0.08])
    def test_identity_is_the_share_of_bases_that_are_alike(self, share):
        long = dna("long", 20_000)
        places = random.Random(2).sample(range(20_000), int(share * 20_000))
        compared = QueryWords(substituted(long, *places))
        found = compared.closeness([compared.shared(words(long))])
        assert found.identity == pytest.approx(1 - share, abs=0.005)
