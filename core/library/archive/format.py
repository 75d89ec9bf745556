"""Format of an archive: its members, its manifest, and what its arrays may contain.

An archive is a zip of ``manifest.json``, which has a checksum of every other member;
``sequences.jsonl``, one JSON object per line in the order in which the sequences came; and the
fitted states of encoder and model, one array per member. Readers trust none of it.
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
from core.encoders.count import KMER_LENGTH, MAX_FEATURES, NGRAM_LENGTH
from core.encoders.translated import N_KMERS

FORMAT: Literal[1] = 1
"""Version of the format; newer ones are refused."""
MANIFEST = "manifest.json"
SEQUENCES = "sequences.jsonl"
ENCODER, MODEL = "encoder", "caller"
"""Folders of the two fitted states; the model has the name of format 1."""

_Count = Annotated[int, Field(ge=0)]
_Name = Annotated[str, Field(min_length=1, max_length=255)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
_Number = Annotated[int, Field(ge=0, lt=2**31)]
_Parameter = Annotated[str, Field(pattern=r"^[A-Za-z_]{1,32}$")]
_Parameters = Annotated[
    dict[_Parameter, Annotated[int, Field(ge=1, le=65_536)]], Field(max_length=8)
]


class _Part(BaseModel):
    """Part of an archive, read strictly: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Version(BaseModel):
    """The field that every version of the format has."""

    format: Annotated[int, Field(ge=1)]


class Member(_Part):
    """Size and SHA-256 of a member."""

    bytes: _Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Index(_Part):
    """A :class:`~core.stores.milvus.index.VectorIndex`."""

    kind: _Name
    build: _Parameters
    search: _Parameters


class Load(_Part):
    """A load of an organism: its source, date, user, and number of sequences."""

    source: str
    date: datetime
    by: str
    sequences: _Count


class Organism(_Part):
    """An organism with its loads."""

    name: _Name
    sequences: _Count
    loads: tuple[Load, ...]


class Manifest(_Part):
    """Everything about a library but its sequences and arrays."""

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


_KMER = f"[acgtryswkmbdhvn]{{{KMER_LENGTH}}}"
_NGRAM = re.compile(" ".join([_KMER] * NGRAM_LENGTH))


def from_npy(data: bytes) -> NDArray[Any]:
    """Read a ``.npy`` file, after checking that it is as large as its header says.

    Raises
    ------
    ValueError
        If it is no such file, or has another size.
    """
    file = io.BytesIO(data)
    if npy.read_magic(file) != (1, 0):
        message = "unsupported version of the array format"
        raise ValueError(message)
    shape, _, dtype = npy.read_array_header_1_0(file)
    if dtype.hasobject or prod(shape) * dtype.itemsize != len(data) - file.tell():
        message = "size and header of the array disagree"
        raise ValueError(message)
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))


def check_encoder_state(name: str, state: Arrays) -> None:
    """Check that arrays are the fitted state of an encoder, so that nothing fails later.

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
    _check(bool(keys[-1] < N_KMERS and counts.min() > 0 and counts.max() <= documents))


def check_model_state(state: Arrays) -> None:
    """Check that arrays are the fitted state of a model.

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
        dtype = np.float32 if len(shape) == 2 or name == "word_rarity" else np.float64
        _check(array.dtype == dtype and array.shape == shape and bool(np.isfinite(array).all()))
    _check(bool(0 <= state["threshold"][0] <= 1))


def _are_features(features: NDArray[Any]) -> bool:
    if features.dtype.kind != "U" or features.ndim != 1 or not 0 < features.size <= MAX_FEATURES:
        return False
    return all(map(_is_feature, features.tolist()))


def _is_feature(feature: str) -> bool:
    """Return True for a run of k-mers, each one base further on."""
    overlaps = (kmer[1:] == following[:-1] for kmer, following in pairwise(feature.split(" ")))
    return bool(_NGRAM.fullmatch(feature)) and all(overlaps)


def _check(is_valid: bool) -> None:  # noqa: FBT001  (an assertion)
    if not is_valid:
        message = "not a fitted state"
        raise ValueError(message)
