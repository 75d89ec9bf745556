import numpy as np
import pytest
from scipy.sparse import csr_array

from core.arrays import nonzero_rows

ROWS = np.array([[0, 0.5, 0], [0, 0, 0], [1, 0, 0]], dtype=np.float32)


class TestRecognised:
    @pytest.mark.parametrize("form", [np.array, csr_array], ids=["dense", "sparse"])
    def test_is_which_rows_have_anything(self, form):
        assert nonzero_rows(form(ROWS)).tolist() == [True, False, True]
        assert nonzero_rows(form(ROWS[:0])).tolist() == []
