"""Inner products of sparse vectors against those of dense ones."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from core.encoders.inner_products import InnerProducts


class TestInnerProducts:
    def test_are_those_of_each_row_with_each_vector(self):
        rows = np.array([[1, 0, 2], [0, 3, 0]], dtype=np.float32)
        vectors = np.array([[1, 1, 0], [0, 0, 2], [5, 0, 0]], dtype=np.float32)
        found = InnerProducts(csr_array(vectors)).of(csr_array(rows))
        assert found.dtype == np.float32
        assert found.tolist() == (rows @ vectors.T).tolist()

    def test_are_equal_to_the_bit_to_those_of_scipy(self):
        generator = np.random.default_rng(0)
        rows, vectors = (
            csr_array(random_array((count, 5_000), density=0.02, dtype=np.float32, rng=generator))
            for count in (100, 70)
        )
        expected = (rows @ vectors.T.tocsr()).toarray()
        assert (InnerProducts(vectors).of(rows) == expected).all()

    @pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0, 0)])
    def test_of_nothing_are_empty(self, shape):
        rows, vectors = (csr_array((count, 9), dtype=np.float32) for count in shape)
        assert InnerProducts(vectors).of(rows).shape == shape
