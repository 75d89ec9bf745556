"""Arrays of an archive: read without trusting what they say of themselves."""

import io
import re
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from core.arrays import Arrays
from core.calling.caller import Learned
from core.calling.short_words import DIMENSION
from core.encoders.count import FEATURES, GRAM, WORD
from core.encoders.translated import KMERS

_WORD = f"[acgtryswkmbdhvn]{{{WORD}}}"
_GRAM = re.compile(" ".join([_WORD] * GRAM))


def from_npy(data: bytes) -> NDArray[Any]:
    """The array of a ``.npy`` file, which is as large as it says before room is made for it.

    Raises
    ------
    ValueError
        If it is no such file, or another size than it says.
    """
    file = io.BytesIO(data)
    if npy.read_magic(file) != (1, 0):
        message = "is of another version"
        raise ValueError(message)
    shape, _, dtype = npy.read_array_header_1_0(file)
    if dtype.hasobject or prod(shape) * dtype.itemsize != len(data) - file.tell():
        message = "is not as large as it says"
        raise ValueError(message)
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))


def check_encoder(name: str, state: Arrays) -> None:
    """Check that arrays are what an encoder learned: whatever goes wrong later is no one's fault.

    Raises
    ------
    ValueError
        If they are not.
    """
    if name == "count":
        _check(set(state) == {"features"} and _are_features(state["features"]))
        return
    _check(set(state) == {"documents", "keys", "counts"})
    documents, keys, counts = state["documents"], state["keys"], state["counts"]
    _check(documents.dtype == np.int64 and documents.shape == () and bool(documents > 0))
    _check(keys.dtype == counts.dtype == np.uint32 and keys.ndim == 1 and keys.size > 0)
    _check(keys.shape == counts.shape and bool((keys[:-1] < keys[1:]).all()))
    _check(bool(keys[-1] < KMERS and counts.min() > 0 and counts.max() <= documents))


def check_caller(state: Arrays) -> None:
    """Check that arrays are what a caller learned.

    Raises
    ------
    ValueError
        If they are not.
    """
    _check(set(state) == {*Learned.__dataclass_fields__, "word_rarity"})
    families = state["families"]
    _check(families.dtype == np.int64 and families.ndim == 1 and families.size > 0)
    _check(np.unique(families).size == families.size)
    shapes: dict[str, tuple[int, ...]] = {
        "weights": (DIMENSION, families.size),
        "priors": families.shape,
        "clear_weights": (2,),
        "unclear_weights": (3,),
        "noise": (2,),
        "threshold": (1,),
        "word_rarity": (DIMENSION,),
    }
    for name, shape in shapes.items():
        array = state[name]
        wanted = np.float32 if len(shape) == 2 or name == "word_rarity" else np.float64
        _check(array.dtype == wanted and array.shape == shape and bool(np.isfinite(array).all()))
    _check(bool(0 <= state["threshold"][0] <= 1))


def _are_features(features: NDArray[Any]) -> bool:
    if features.dtype.kind != "U" or features.ndim != 1 or not 0 < features.size <= FEATURES:
        return False
    return all(_is_feature(each) for each in features.tolist())


def _is_feature(feature: str) -> bool:
    """Whether it is a run of words, each a base further on."""
    overlaps = (one[1:] == two[:-1] for one, two in pairwise(feature.split(" ")))
    return bool(_GRAM.fullmatch(feature)) and all(overlaps)


def _check(holds: bool) -> None:  # noqa: FBT001  (it reads as a sentence)
    if not holds:
        message = "is not what was learned"
        raise ValueError(message)
