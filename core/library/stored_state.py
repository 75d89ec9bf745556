"""Stored state of a library: its index, encoder, model and profiles, checked as they are read.

A backup that was restored in part, a disk, or another program can damage any of it. Then the error
names the library and says what to do; other libraries, and work that needs none of it, go on.
"""

import hashlib
import json
import zlib
from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from core.arrays import Arrays
from core.classification.model import FamilyModel
from core.classification.profile_evidence import ProfileModel
from core.classification.profile_search import HmmProfile
from core.encoders import ENCODERS, Encoder, TranslatedEncoder, state_digest
from core.errors import LibraryError
from core.schema import StrictModel, describe_fault
from core.serialized import decompress
from core.stores.milvus.index import VectorIndex
from core.stores.sql import LabelStore, LibraryRow, ProfileRow

MODEL_STATE = "caller"
"""Name of models in their digests."""
_PROFILE_STATE = "profiles"
_MAX_PROFILE_BYTES = 100_000_000
"""More than the text of a profile has: a state takes some 500 bytes."""

_Size = Annotated[int, Field(ge=1, le=65_536)]
_NoParameters = Annotated[dict[str, int], Field(max_length=0)]


class _ExactIndex(StrictModel):
    """An index that compares all vectors, or those that share a k-mer."""

    kind: Literal["FLAT", "SPARSE_INVERTED_INDEX"]
    build: _NoParameters
    search: _NoParameters


class _ListIndex(StrictModel):
    """An index of clusters."""

    kind: Literal["IVF_FLAT", "IVF_SQ8", "GPU_IVF_FLAT"]
    build: dict[Literal["nlist"], _Size]
    search: dict[Literal["nprobe"], _Size]


class _GraphIndex(StrictModel):
    """An index of neighbours."""

    kind: Literal["HNSW"]
    build: dict[Literal["M", "efConstruction"], _Size]
    search: dict[Literal["ef"], _Size]


StoredIndex: TypeAlias = Annotated[
    _ExactIndex | _ListIndex | _GraphIndex, Field(discriminator="kind")
]
"""Schema of a :class:`~core.stores.milvus.index.VectorIndex`."""

_INDEX: TypeAdapter[StoredIndex] = TypeAdapter(StoredIndex)


def check_index_suits(encoder: str, index: StoredIndex) -> None:
    """Check that an index is one of the vectors of an encoder.

    Raises
    ------
    ValueError
        If it is not.
    """
    is_sparse = index.kind == "SPARSE_INVERTED_INDEX"
    if encoder in ENCODERS and is_sparse != (encoder == TranslatedEncoder.name):
        message = f"the encoder {encoder} cannot have the index {index.kind}"
        raise ValueError(message)


def stored_index(row: LibraryRow) -> StoredIndex:
    """Return the index of a library in its stored form.

    Raises
    ------
    LibraryError
        If it is damaged.
    """
    try:
        index = _INDEX.validate_python(row.index)
        check_index_suits(row.encoder, index)
    except ValidationError as error:
        raise _damaged_index(row, describe_fault(error)) from None
    except ValueError as error:
        raise _damaged_index(row, str(error)) from None
    return index


def read_index(row: LibraryRow) -> VectorIndex:
    """Return the index of a library.

    Raises
    ------
    LibraryError
        If it is damaged.
    """
    return VectorIndex(**stored_index(row).model_dump())


def read_encoder(labels: LabelStore, row: LibraryRow) -> Encoder:
    """Return the encoder of a library.

    Raises
    ------
    LibraryError
        If it is damaged, or unknown to this version.
    """
    if row.encoder not in ENCODERS:
        message = (
            f"The library {row.name!r} has the encoder {row.encoder!r}, which this version does not"
            " support."
        )
        raise LibraryError(message, "Update GeneKin, or restore the database from a backup.")
    try:
        return restore_encoder(row.encoder, labels.encoder_state(row.id), row.fingerprint)
    except ValueError:
        message = f"The encoder of the library {row.name!r} is damaged in the database."
        raise LibraryError(message, _hint("fit it again", "refit", row)) from None


def read_model(labels: LabelStore, row: LibraryRow) -> FamilyModel | None:
    """Return the model of a library; None if it has none.

    Raises
    ------
    LibraryError
        If it is damaged.
    """
    if not row.caller:
        return None
    try:
        return restore_model(labels.model_state(row.id), row.caller)
    except ValueError:
        message = f"The model of the library {row.name!r} is damaged in the database."
        raise LibraryError(message, _hint("train it again", "calibrate", row)) from None


def read_profiles(labels: LabelStore, row: LibraryRow) -> ProfileModel | None:
    """Return the profiles of a library; None if it has none.

    Raises
    ------
    LibraryError
        If they are damaged.
    """
    if not row.profiles:
        return None
    try:
        rows, state = labels.profiles(row.id), labels.profile_state(row.id)
        return restore_profiles(rows, state, row.profiles)
    except (TypeError, ValueError):  # The database may have any values.
        message = f"The profiles of the library {row.name!r} are damaged in the database."
        hint = (
            "Restore the database from a backup, or remove them and add them again: python -m core"
            f" profiles remove --all --library {row.name!r}."
        )
        raise LibraryError(message, hint) from None


def restore_encoder(name: str, state: Arrays, fingerprint: str) -> Encoder:
    """Return the encoder of that name, one of this version, with a fitted state.

    Raises
    ------
    ValueError
        If the state is another one, or none of such an encoder.
    """
    _check_digest(name, state, fingerprint)
    return ENCODERS[name].from_state(state)


def restore_model(state: Arrays, fingerprint: str) -> FamilyModel:
    """Return a model from its state.

    Raises
    ------
    ValueError
        If the state is another one, or none of a model.
    """
    _check_digest(MODEL_STATE, state, fingerprint)
    return FamilyModel.from_state(state)


def restore_profiles(rows: Sequence[ProfileRow], state: Arrays, digest: str) -> ProfileModel:
    """Return the profiles of these rows, with what was learned about them.

    Raises
    ------
    ValueError
        If they are others, or no profiles.
    """
    if profiles_digest(rows, state) != digest:
        message = "another digest"
        raise ValueError(message)
    return ProfileModel.from_state([unpack_profile(row) for row in rows], state)


def profiles_digest(rows: Sequence[ProfileRow], state: Arrays) -> str:
    """Return the digest of profiles and of what was learned about them, 32 hexadecimal digits.

    It does not depend on when, by whom and from which file they were added.
    """
    digest = hashlib.sha256(state_digest(_PROFILE_STATE, state).encode())
    for row in rows:
        described = [row.name, row.accession, row.description, row.length, row.family]
        digest.update(json.dumps(described).encode())
        digest.update(hashlib.sha256(decompress(row.data, _MAX_PROFILE_BYTES)).digest())
    return digest.hexdigest()[:32]


def pack_profile(profile: HmmProfile) -> bytes:
    """Return the data of a profile's row."""
    return zlib.compress(profile.text.encode())


def unpack_profile(row: ProfileRow) -> HmmProfile:
    """Return the profile of a row.

    Raises
    ------
    ValueError
        If its data is damaged.
    """
    text = decompress(row.data, _MAX_PROFILE_BYTES).decode()
    return HmmProfile(row.name, row.accession, row.description, row.length, text, row.family)


def _check_digest(name: str, state: Arrays, expected: str) -> None:
    if state_digest(name, state) != expected:
        message = "another digest"
        raise ValueError(message)


def _hint(action: str, command: str, row: LibraryRow) -> str:
    return (
        f"Restore the database from a backup, or {action}: python -m core {command} --library"
        f" {row.name!r}."
    )


def _damaged_index(row: LibraryRow, reason: str) -> LibraryError:
    message = f"The index of the library {row.name!r} is damaged in the database ({reason})."
    hint = "Restore the database from a backup, or delete the library and load it again."
    return LibraryError(message, hint)
