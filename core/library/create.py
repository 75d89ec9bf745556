"""Creation of a library: its encoder and model, and an empty collection for its vectors."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from core.access import LibraryAccess
from core.arrays import Arrays
from core.classification.model import FamilyModel
from core.classification.profile_evidence import ProfileModel
from core.classification.profile_search import HmmProfile
from core.encoders import (
    Encoder,
    TranslatedEncoder,
    fingerprint,
    state_digest,
)
from core.errors import InputError, LibraryError
from core.library.naming import free_collection_name
from core.library.stored_state import MODEL_STATE, profiles_digest
from core.progress import Progress, no_progress
from core.stores.milvus.index import INDEX_KINDS, SPARSE_INDEX, VectorIndex
from core.stores.sql import LibraryRow
from core.stores.stores import Stores


def create_library(
    stores: Stores,
    name: str,
    encoder: Encoder,
    index: VectorIndex | None,
    *,
    owner: str = "",
    access: LibraryAccess = LibraryAccess.LAB,
) -> LibraryRow:
    """Create a library with nothing in it; the caller holds the write lock of its name.

    Parameters
    ----------
    encoder
        Fitted.
    index
        How Milvus indexes the vectors; the default for the encoder's vectors, if None.
    owner, access
        The user that it belongs to, and who may use it.

    Raises
    ------
    InputError
        If the index does not suit the encoder's vectors.
    LibraryError
        If the vector store has a collection of its name that is not GeneKin's.
    """
    index = _check_index(encoder, index)
    row = stores.labels.add_library(
        name,
        collection=free_collection(stores, name),
        encoder=encoder.name,
        fingerprint=fingerprint(encoder),
        state=encoder.state(),
        index=asdict(index),
        owner=owner,
        access=access,
    )
    create_collection(stores, row.collection, name, encoder, index)
    return row


def free_collection(stores: Stores, library: str) -> str:
    """Return the name of a collection that can be created for a library.

    Raises
    ------
    LibraryError
        If the vector store has one of that name that no library knows.
    """
    collection = free_collection_name(library, stores.labels.collections())
    if stores.vectors.description(collection) is not None:
        message = (
            f"The vector store already has a collection {collection}, made by another encoder or"
            " for another database."
        )
        raise LibraryError(message, "Delete it there, or use another library name.")
    return collection


def create_collection(
    stores: Stores, collection: str, library: str, encoder: Encoder, index: VectorIndex
) -> None:
    """Create an empty collection whose description names the library and its encoder."""
    description = f"GeneKin library {library!r}, encoder {encoder.name}, fingerprint"
    description += f" {fingerprint(encoder)}"
    stores.vectors.create(collection, encoder.dimension, index, description)


def train_library_model(
    encoder: Encoder,
    labelled: Iterable[tuple[str, int]],
    progress: Progress = no_progress,
) -> FamilyModel | None:
    """Train a model on sequences and their families; None if the encoder has no model."""
    model, _ = train_with_profiles(encoder, labelled, (), progress)
    return model


def train_with_profiles(
    encoder: Encoder,
    labelled: Iterable[tuple[str, int]],
    profiles: Sequence[HmmProfile],
    progress: Progress = no_progress,
) -> tuple[FamilyModel | None, ProfileModel | None]:
    """Train a model, and learn what profiles say beside it; None if there is nothing to train."""
    if not isinstance(encoder, TranslatedEncoder):
        return None, None
    # Imports slowly, and most commands train nothing.
    from core.classification.profile_training import train_profiles
    from core.classification.training import train

    families = dict(labelled)  # A sequence that two organisms share counts once.
    training = train(encoder, list(families), list(families.values()), progress=progress)
    if not profiles:
        return training.model, None
    return training.model, train_profiles(training, profiles, progress=progress)


def model_digest(model: FamilyModel) -> str:
    """Return the fingerprint of a model, as the database keeps it."""
    return state_digest(MODEL_STATE, model.state())


def save_model(
    stores: Stores, row: LibraryRow, model: FamilyModel, profiles: ProfileModel | None = None
) -> None:
    """Save a library's model, and what was learned about its profiles, in place of the old ones."""
    learned = learned_state(stores, row, profiles)
    stores.labels.save_model(row.id, model_digest(model), model.state(), learned)


def learned_state(
    stores: Stores, row: LibraryRow, profiles: ProfileModel | None
) -> tuple[str, Arrays] | None:
    """Return the new digest of a library's profiles and what was learned; None without any."""
    if profiles is None:
        return None
    state = profiles.state()
    return profiles_digest(stores.labels.profiles(row.id), state), state


def _check_index(encoder: Encoder, index: VectorIndex | None) -> VectorIndex:
    """Return the index for an encoder's vectors; sparse ones can have only one kind."""
    if encoder.dimension is not None:
        if index is not None and index.kind == SPARSE_INDEX:
            message = f"The encoder {encoder.name} makes dense vectors, which {index.kind} does not"
            raise InputError(f"{message} support.", f"Choose one of: {', '.join(INDEX_KINDS)}.")
        return index or VectorIndex()
    if index is not None:
        message = (
            f"The encoder {encoder.name} makes sparse vectors, which the index {index.kind} does"
            " not support."
        )
        raise InputError(message, "Leave out the index, or use the encoder count.")
    return VectorIndex(SPARSE_INDEX)
