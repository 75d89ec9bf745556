import numpy as np
import pytest

from core.errors import InputError
from core.similarity import Comparison, Similarity
from core.similarity.tree import organism_tree


def comparison(distances):
    """What has these distances, by pairs of letters."""
    names = sorted({name for pair in distances for name in pair})
    pairs = {
        (of, to): Similarity(of, to, [], [], np.zeros(1, dtype=np.int64), np.array([1 - distance]))
        for pair, distance in distances.items()
        for of, to in (pair, pair[::-1])
    }
    return Comparison("count", names, pairs)


class TestOrganismTree:
    def test_joins_the_closest_first_and_means_over_all_pairs(self):
        found = organism_tree(comparison({"ab": 0.1, "ac": 0.5, "bc": 0.7}))
        low, high = found.joins
        assert [low.distance, high.distance] == pytest.approx([0.1, 0.6])
        assert list(low.starts) == [0, 0]
        assert {found.organisms[int(place)] for place in low.places} == {"a", "b"}

    def test_a_join_stands_between_what_it_joins(self):
        found = organism_tree(comparison({"ab": 0.1, "ac": 0.5, "bc": 0.7}))
        low, high = found.joins
        single = found.organisms.index("c")
        assert sorted(high.places) == sorted([sum(low.places) / 2, single])
        starts = dict(zip(high.places, high.starts, strict=True))
        assert starts == {single: 0, sum(low.places) / 2: pytest.approx(0.1)}

    def test_has_every_organism_once(self):
        distances = {"ab": 0.3, "ac": 0.2, "ad": 0.9, "bc": 0.4, "bd": 0.8, "cd": 0.7}
        found = organism_tree(comparison(distances))
        assert sorted(found.organisms) == list("abcd")
        assert len(found.joins) == 3

    def test_doubles_are_at_no_distance(self):
        found = organism_tree(comparison({"ab": -1e-9, "ac": 0.0, "bc": 0.0}))
        assert [join.distance for join in found.joins] == [0, 0]

    def test_two_make_no_tree(self):
        with pytest.raises(InputError, match="2 organisms make no tree"):
            organism_tree(comparison({"ab": 0.3}))
