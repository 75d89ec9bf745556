"""What an archive says of itself: the library, and a checksum of every other member.

An archive is a zip of ``manifest.json``; ``sequences.jsonl``, a JSON object a line in the order in
which they came; and what encoder and caller learned, an array a member.

Arrays of an archive: read without trusting what they say of themselves.
"""

import io
import re
from datetime import datetime
from itertools import pairwise
from math import prod
from typing import Annotated, Any, Literal

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from core.arrays import Arrays
from core.classification.model import ModelParameters
from core.classification.peptide_kmers import DIMENSION
from core.encoders.count import FEATURES, GRAM, WORD
from core.encoders.translated import KMERS

FORMAT: Literal[1] = 1
"""Version of the format; a reader takes this one and no newer one."""
MANIFEST = "manifest.json"
SEQUENCES = "sequences.jsonl"
ENCODER, CALLER = "encoder", "caller"

_Count = Annotated[int, Field(ge=0)]
_Name = Annotated[str, Field(min_length=1, max_length=255)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
_Number = Annotated[int, Field(ge=0, lt=2**31)]
_Parameter = Annotated[str, Field(pattern=r"^[A-Za-z_]{1,32}$")]
_Parameters = Annotated[
    dict[_Parameter, Annotated[int, Field(ge=1, le=65_536)]], Field(max_length=8)
]


class _Part(BaseModel):
    """Read strictly: what is not foreseen is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Version(BaseModel):
    """The one thing that every version of the format says."""

    format: Annotated[int, Field(ge=1)]


class Member(_Part):
    """How large a member is, and what SHA-256 makes of it."""

    bytes: _Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Index(_Part):
    """As :class:`~core.stores.milvus.vectors.VectorIndex`."""

    kind: _Name
    build: _Parameters
    search: _Parameters


class Load(_Part):
    """Where sequences of an organism came from, when, by whom, and how many."""

    source: str
    date: datetime
    by: str
    sequences: _Count


class Organism(_Part):
    """An organism, with the loads that brought its sequences."""

    name: _Name
    sequences: _Count
    loads: tuple[Load, ...]


class Manifest(_Part):
    """A library without its sequences and arrays."""

    format: Literal[1]
    genekin: _Name
    exported_at: datetime
    library: _Name
    encoder: _Name
    fingerprint: _Digest
    caller: _Digest | None
    index: Index
    threshold: Annotated[float, Field(ge=0, le=1)] | None
    families: dict[_Number, _Name]
    organisms: Annotated[tuple[Organism, ...], Field(min_length=1)]
    members: dict[str, Member]


class Sequence(_Part):
    """A line of :data:`SEQUENCES`."""

    organism: _Name
    family: _Number
    name: str
    residues: str


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
    _check(set(state) == {*ModelParameters.__dataclass_fields__, "word_rarity"})
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
