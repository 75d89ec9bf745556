import numpy as np
import pytest

from core.bootstrap import estimate_mean
from core.similarity import Comparison, Gene, Similarity


def genes(organism, families):
    return [
        Gene(number, organism, family, f"{organism}_{number}", 300)
        for number, family in enumerate(families)
    ]


def pair(best, organism="dog", reference="human", families=None, nearest=None):
    count = len(best)
    return Similarity(
        organism,
        reference,
        genes(organism, families or [0] * count),
        genes(reference, [0] * 5),
        np.array(nearest if nearest is not None else [0] * count),
        np.array(best, dtype=np.float64),
    )


class TestSimilarity:
    def test_is_told_by_its_mean_with_an_interval(self):
        found = pair([0.2, 0.4, 0.9])
        assert (found.n, found.mean) == (3, pytest.approx(0.5))
        assert found.estimate == estimate_mean([0.2, 0.4, 0.9])

    def test_by_family_each_has_its_own_genes(self):
        found = pair([0.2, 0.9, 0.4, 1.0], families=[3, 1, 3, 1]).by_family
        assert list(found) == [1, 3]
        assert (found[1], found[3]) == (estimate_mean([0.9, 1.0]), estimate_mean([0.2, 0.4]))

    def test_the_closest_and_the_farthest_come_first(self):
        found = pair([0.2, 0.9, 0.4, 0.9])
        assert found.rank_genes(closest=True, max_genes=3) == [1, 3, 2]
        assert found.rank_genes(closest=False, max_genes=9) == [0, 2, 1, 3]

    def test_a_gene_that_shares_nothing_has_no_nearest(self):
        found = pair([0.5, 0.0], nearest=[4, -1])
        nearest = found.nearest_gene(0)
        assert nearest is not None
        assert nearest.name == "human_4"
        assert found.nearest_gene(1) is None


class TestComparison:
    @pytest.fixture
    def comparison(self):
        means = {("dog", "human"): 0.6, ("human", "dog"): 0.4, ("cat", "human"): 0.8}
        pairs = {key: pair([mean], *key) for key, mean in means.items()}
        return Comparison("count", ("human", "dog", "cat"), pairs)

    def test_a_distance_is_of_both_directions(self, comparison):
        assert comparison.distance("dog", "human") == pytest.approx(0.5)
        assert comparison.distance("human", "dog") == pytest.approx(0.5)

    def test_counts_every_organism_once(self, comparison):
        assert comparison.n == 3

    def test_seen_from_an_organism_the_closest_come_first(self, comparison):
        assert [pair.organism for pair in comparison.rank_against("human")] == ["cat", "dog"]
