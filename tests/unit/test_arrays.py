from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.arrays import from_npy, nonzero_rows, to_npy

ROWS = np.array([[0, 0.5, 0], [0, 0, 0], [1, 0, 0]], dtype=np.float32)


class TestRecognised:
    @pytest.mark.parametrize("form", [np.array, csr_array], ids=["dense", "sparse"])
    def test_is_which_rows_have_anything(self, form):
        assert nonzero_rows(form(ROWS)).tolist() == [True, False, True]
        assert nonzero_rows(form(ROWS[:0])).tolist() == []


ARRAYS: list[NDArray[Any]] = [
    np.array(7, dtype=np.int64),
    np.arange(6, dtype=np.uint32),
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.arange(6, dtype=np.float64).reshape(2, 3).T,
    np.array(["acgt cgta", "é"]),
    np.zeros((0, 3)),
]
NAMES = [f"{array.dtype} {array.shape}" for array in ARRAYS]


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


class TestFromNpy:
    @pytest.mark.parametrize("array", ARRAYS, ids=NAMES)
    def test_gives_what_was_written(self, array):
        found = from_npy(to_npy(array))
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert np.array_equal(found, array)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0",
            to_npy(ARRAYS[1])[:-1],
            to_npy(ARRAYS[1]) + b"\0",
            to_npy(np.array(["a"], dtype="U1")).replace(b"<U1", b"<U0"),
            header("{'descr': '<f3', 'fortran_order': False, 'shape': (), }\n") + b"\0\0\0",
            header("{'descr': '|O8', 'fortran_order': False, 'shape': (1,), }\n") + b"\0" * 8,
            header("{'descr': [], 'fortran_order': False, 'shape': (), }\n"),
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }\n"),
            header("{'descr': '<u4', 'fortran_order': False, 'shape': (999999999999,), }\n"),
            header("-" * 5_000 + "1"),
            header("(" * 5_000),
        ],
    )
    def test_refuses_everything_else_in_one_way(self, data):
        with pytest.raises(ValueError):  # noqa: PT011  (it has many messages)
            from_npy(data)

    @given(st.sampled_from(ARRAYS), st.data())
    def test_bytes_that_changed_are_refused_or_another_array(self, array, data):
        content = bytearray(to_npy(array))
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        try:
            found = from_npy(bytes(content))
        except ValueError:
            return
        assert found.dtype.kind in "biufU"
        assert found.nbytes <= len(content)
