"""Making a library: a fitted encoder kept with it, and an empty collection for its vectors."""

from core.encoders import Encoder, fingerprint
from core.errors import InputError, LibraryError
from core.library.library import index_settings
from core.library.naming import free_collection_name
from core.stores import Stores
from core.stores.milvus.index import SPARSE_INDEX, VectorIndex
from core.stores.sql import LibraryRow


def create_library(
    stores: Stores, name: str, encoder: Encoder, index: VectorIndex | None
) -> LibraryRow:
    """A new library with nothing in it; whoever makes it holds the lock of its name.

    Parameters
    ----------
    encoder
        Fitted.
    index
        How Milvus indexes the vectors; if None, as is usual for the encoder's.

    Raises
    ------
    InputError
        If the index cannot be had for the encoder's vectors.
    LibraryError
        If the vector store has a collection of its name that is not GeneKin's.
    """
    index = _index(encoder, index)
    row = stores.labels.add_library(
        name,
        collection=free_collection(stores, name),
        encoder=encoder.name,
        fingerprint=fingerprint(encoder),
        state=encoder.state(),
        index=index_settings(index),
    )
    create_collection(stores, row.collection, name, encoder, index)
    return row


def free_collection(stores: Stores, library: str) -> str:
    """Name of a collection that can be made for a library.

    Raises
    ------
    LibraryError
        If the vector store has one of that name that no library knows.
    """
    collection = free_collection_name(library, stores.labels.collections())
    if stores.vectors.about(collection) is not None:
        message = (
            f"The vector store already has a collection {collection}, made by another encoder or"
            " for another database."
        )
        raise LibraryError(message, "Remove it there, or use another library name.")
    return collection


def create_collection(
    stores: Stores, collection: str, library: str, encoder: Encoder, index: VectorIndex
) -> None:
    """An empty collection that says whose vectors it has."""
    about = f"GeneKin library {library!r}, encoder {encoder.name}, fingerprint"
    about += f" {fingerprint(encoder)}"
    stores.vectors.create(collection, encoder.dimension, index, about)


def _index(encoder: Encoder, wanted: VectorIndex | None) -> VectorIndex:
    """The index for an encoder's vectors; sparse ones can have only one kind."""
    if encoder.dimension is not None:
        return wanted or VectorIndex()
    if wanted is not None:
        message = f"The vectors of the encoder {encoder.name} are sparse; {wanted.kind} is not."
        raise InputError(message, "Leave the index out, or choose the encoder count.")
    return VectorIndex(SPARSE_INDEX)
