import pytest

from core.classification.closest_organism import MAX_CANDIDATES, rank_organisms
from core.encoders.proteins import encode_bases
from tests.support.evolution import ancestor
from tests.support.synthetic import dna

GENE = ancestor(1)


def changed(*positions):
    """Return the gene with other bases at some positions."""
    bases = list(GENE)
    for position in positions:
        bases[position] = "CGTA"["ACGT".index(bases[position])]
    return "".join(bases)


def ranked(candidates, organisms, query=GENE):
    return rank_organisms(encode_bases(query), list(map(encode_bases, candidates)), organisms)


NEAR, FAR = changed(50, 101), changed(50, *range(120, 240, 9))


class TestRankOrganisms:
    def test_is_the_organism_of_what_is_clearly_closer(self):
        found = ranked([NEAR, FAR], ["human", "dog"])
        assert list(found) == ["human", "dog"]
        assert found["human"] > 0.99
        assert sum(found.values()) == pytest.approx(1)

    def test_one_base_that_changes_no_protein_tells(self):
        found = ranked([NEAR, changed(50, 101, 152)], ["human", "dog"])
        assert 0.9 < found["human"] < 1

    def test_one_base_tells_less_where_many_differ(self):
        many = range(10, 200, 12)
        found = ranked([changed(*many), changed(*many, 201)], ["human", "dog"])
        assert (
            0.9 < found["human"] < ranked([NEAR, changed(50, 101, 152)], ["human", "dog"])["human"]
        )

    def test_equals_have_equal_shares_whatever_their_order(self):
        found = ranked([NEAR, NEAR, NEAR], ["human", "dog", "cat"])
        assert found == pytest.approx({"human": 1 / 3, "dog": 1 / 3, "cat": 1 / 3})
        mirrored = ranked([NEAR, NEAR, FAR], ["dog", "human", "cat"])
        assert mirrored["human"] == mirrored["dog"] > mirrored["cat"]

    def test_only_the_best_of_each_organism_counts(self):
        alone = ranked([NEAR, FAR], ["human", "dog"])
        assert ranked([NEAR, FAR, FAR], ["human", "dog", "dog"]) == alone

    def test_of_an_organism_that_matches_most_counts_not_what_comes_first(self):
        assert list(ranked([FAR, NEAR], ["human", "dog"])) == ["dog", "human"]
        alone = ranked([FAR, NEAR], ["human", "dog"])
        assert ranked([FAR, FAR, NEAR], ["human", "dog", "dog"]) == alone

    def test_a_short_gene_is_no_closer_than_a_long_one_with_the_same(self):
        long = dna("before", 300) + NEAR
        assert ranked([NEAR, long], ["human", "dog"]) == {"human": 0.5, "dog": 0.5}

    def test_of_many_candidates_of_an_organism_the_first_are_compared(self):
        many = [FAR] * MAX_CANDIDATES
        organisms = ["human"] * MAX_CANDIDATES
        assert list(ranked([*many, GENE, NEAR], [*organisms, "human", "dog"])) == ["dog", "human"]

    def test_one_organism_is_sure(self):
        assert ranked([NEAR, FAR], ["human", "human"]) == {"human": 1.0}

    def test_without_candidates_there_is_none(self):
        assert ranked([], []) == {}

    def test_where_nothing_matches_all_are_alike(self):
        found = ranked([dna("one", 300), ""], ["human", "dog"])
        assert found == {"human": 0.5, "dog": 0.5}
