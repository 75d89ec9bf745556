"""Names of libraries and organisms, and of the Milvus collections and partitions for them."""

import hashlib
import re
from collections.abc import Collection
from itertools import chain, count

from core.errors import InputError
from core.sequences.records import has_hidden

_MAX_LIBRARY_NAME = 64


def check_library_name(name: str) -> None:
    """Check that a library can have this name.

    Raises
    ------
    InputError
        If the name is empty, too long, has characters that nobody sees, or has spaces around it
        (MySQL takes "a" and "a " for one name).
    """
    if not 0 < len(name) <= _MAX_LIBRARY_NAME or name != name.strip() or has_hidden(name):
        message = f"Invalid library name: {name[:_MAX_LIBRARY_NAME]!r}."
        hint = f"Use 1 to {_MAX_LIBRARY_NAME} visible characters, without spaces around them."
        raise InputError(message, hint)


def free_partition_name(organism: str, taken: Collection[str]) -> str:
    """Return a partition name for an organism: its own, or numbered if that is taken.

    >>> free_partition_name("human", ["human", "human__2"])
    'human__3'
    """
    numbered = (f"{organism}__{number}" for number in count(2))
    return next(name for name in chain([organism], numbered) if name not in taken)


def collection_name(library: str) -> str:
    """Return the Milvus collection of a new library: readable, and a name that Milvus takes.

    >>> collection_name("my lab")
    'genekin_my_lab_e283ee3c'
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "_", library)
    return f"genekin_{readable}_{hashlib.sha256(library.encode()).hexdigest()[:8]}"


def free_collection_name(library: str, taken: Collection[str]) -> str:
    """Return a collection name for a new library; a renamed library may have its first."""
    numbered = (collection_name(f"{library} {number}") for number in count(2))
    first = collection_name(library)
    return next(name for name in chain([first], numbered) if name not in taken)
