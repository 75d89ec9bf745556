"""Sparse vectors against slow, obvious implementations."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.encoders import sparse
from tests.support import oracles

vectors = st.dictionaries(st.integers(0, 60), st.floats(0, 1, width=32), max_size=30)


def to_arrays(vector):
    return (
        np.array(sorted(vector), dtype=np.uint32),
        np.array([vector[key] for key in sorted(vector)], dtype=np.float32),
    )


class TestTable:
    @given(vectors, vectors)
    def test_has_the_inner_product_with_a_vector(self, one, other):
        table = np.zeros(61, dtype=np.float32)
        sparse.add_vector(table, *to_arrays(one))
        found = sparse.dot(table, *to_arrays(other))
        assert found == pytest.approx(oracles.inner_product(one, other), abs=1e-5)

    @given(vectors, vectors)
    def test_has_the_sum_of_what_is_added_until_it_is_wiped(self, one, other):
        table = np.zeros(61, dtype=np.float32)
        for vector in (one, other):
            sparse.add_vector(table, *to_arrays(vector))
        sums = [one.get(key, 0) + other.get(key, 0) for key in range(61)]
        assert table.tolist() == pytest.approx(sums)
        for vector in (one, other):
            sparse.clear_keys(table, to_arrays(vector)[0])
        assert not table.any()


class TestSelectHeaviest:
    # Few different weights, so that ties decide; and bits that differ at all positions.
    weights = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1, width=32)
    rows = st.lists(st.dictionaries(st.integers(0, 60), weights, max_size=30), max_size=5)

    @given(rows, st.lists(st.integers(1, 40), min_size=5), st.lists(st.integers(0, 5), min_size=4))
    def test_are_the_first_of_equals_that_the_budget_pays(self, rows, budgets, costs):
        ranks = np.arange(61, dtype=np.uint16) % 4
        keys, weights = (
            np.concatenate(parts) for parts in zip(*map(to_arrays, [{}, *rows]), strict=True)
        )
        ends = np.cumsum([0, *map(len, rows)])
        found = sparse.select_heaviest(
            (keys, weights, ends), ranks, np.array(costs), np.array(budgets)
        )
        expected = []
        for row, budget in zip(rows, budgets, strict=False):
            candidates = [key for key in sorted(row) if costs[key % 4]]
            ranked = sorted(candidates, key=lambda key: -row[key])
            sums = np.cumsum([costs[key % 4] for key in ranked])
            kept = ranked[: np.searchsorted(sums, budget, side="right")]
            expected.append({key: row[key] for key in sorted(kept)})
        assert [
            dict(zip(found[0][first:end].tolist(), found[1][first:end].tolist(), strict=True))
            for first, end in pairwise(found[2].tolist())
        ] == expected
        assert found[0].tolist() == [key for row in expected for key in row]
