from io import StringIO
from typing import ClassVar

import numpy as np
import pytest
from Bio.Phylo.NewickIO import Parser

from core.errors import InputError
from core.similarity import Comparison, Similarity
from core.similarity.tree import Tree, build_tree


def comparison(distances):
    """Return a comparison with these distances, by pairs of letters."""
    names = sorted({name for pair in distances for name in pair})
    pairs = {
        (one, other): Similarity(
            one, other, [], [], np.zeros(1, dtype=np.int64), np.array([1 - distance])
        )
        for pair, distance in distances.items()
        for one, other in (pair, pair[::-1])
    }
    return Comparison("count", names, pairs)


class TestOrganismTree:
    def test_joins_the_closest_first_and_means_over_all_pairs(self):
        found = build_tree(comparison({"ab": 0.1, "ac": 0.5, "bc": 0.7}))
        low, high = found.joins
        assert [low.distance, high.distance] == pytest.approx([0.1, 0.6])
        assert list(low.start_distances) == [0, 0]
        assert {found.organisms[int(position)] for position in low.positions} == {"a", "b"}

    def test_a_join_stands_between_what_it_joins(self):
        found = build_tree(comparison({"ab": 0.1, "ac": 0.5, "bc": 0.7}))
        low, high = found.joins
        single = found.organisms.index("c")
        assert sorted(high.positions) == sorted([sum(low.positions) / 2, single])
        starts = dict(zip(high.positions, high.start_distances, strict=True))
        assert starts == {single: 0, sum(low.positions) / 2: pytest.approx(0.1)}

    def test_has_every_organism_once(self):
        distances = {"ab": 0.3, "ac": 0.2, "ad": 0.9, "bc": 0.4, "bd": 0.8, "cd": 0.7}
        found = build_tree(comparison(distances))
        assert sorted(found.organisms) == list("abcd")
        assert len(found.joins) == 3

    def test_doubles_are_at_no_distance(self):
        found = build_tree(comparison({"ab": -1e-9, "ac": 0.0, "bc": 0.0}))
        assert [join.distance for join in found.joins] == [0, 0]

    def test_two_make_no_tree(self):
        with pytest.raises(InputError, match="needs 3 or more organisms, not 2"):
            build_tree(comparison({"ab": 0.3}))


class TestMerges:
    def test_has_the_members_of_both_groups(self):
        found = build_tree(comparison({"ab": 0.1, "ac": 0.5, "bc": 0.7}))
        low, high = found.merges()
        assert sorted(low.one + low.other) == ["a", "b"]
        assert sorted([high.one, high.other], key=len) == [("c",), low.one + low.other]
        assert [low.distance, high.distance] == pytest.approx([0.1, 0.6])


class TestNewick:
    """Read by Biopython's parser."""

    DISTANCES: ClassVar = {"ab": 0.3, "ac": 0.2, "ad": 0.9, "bc": 0.4, "bd": 0.8, "cd": 0.7}

    def test_paths_are_as_long_as_the_distances(self):
        found = build_tree(comparison(self.DISTANCES))
        tree = next(Parser(StringIO(found.newick())).parse())
        assert sorted(leaf.name for leaf in tree.get_terminals()) == list("abcd")
        for merge in found.merges():
            for one in merge.one:
                for other in merge.other:
                    assert tree.distance(one, other) == pytest.approx(merge.distance, abs=1e-5)

    @pytest.mark.parametrize("name", ["Homo sapiens", "it's", "a(b,c):d;[e]", "é_1"])
    def test_any_name_is_quoted(self, name):
        found = build_tree(comparison({"ab": 0.1, "ac": 0.5, "bc": 0.7}))
        renamed = Tree([name, *found.organisms[1:]], found.joins)
        tree = next(Parser(StringIO(renamed.newick())).parse())
        assert {leaf.name for leaf in tree.get_terminals()} == {*renamed.organisms}
