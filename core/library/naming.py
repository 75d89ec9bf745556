"""What libraries and organisms can be called, and what their collections are called for it."""

import hashlib
import re
from collections.abc import Collection
from itertools import chain, count

from core.errors import InputError

_MAX_LIBRARY_NAME = 64
_PARTITION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_RESERVED_PARTITION = "_default"


def check_library_name(name: str) -> None:
    """Check that a library can be called so.

    Raises
    ------
    InputError
        If the name is empty, too long, has characters that do not print, or has spaces around it
        (MySQL takes "a" and "a " for one name).
    """
    if not 0 < len(name) <= _MAX_LIBRARY_NAME or name != name.strip() or not name.isprintable():
        message = f"{name[:_MAX_LIBRARY_NAME]!r} cannot name a library."
        hint = f"Give it 1 to {_MAX_LIBRARY_NAME} printable characters, without spaces around them."
        raise InputError(message, hint)


def check_organism_name(name: str) -> None:
    """Check that an organism can be called so: its name is that of a Milvus partition.

    Raises
    ------
    InputError
        If it cannot.
    """
    if not _PARTITION_NAME.fullmatch(name) or name == _RESERVED_PARTITION:
        message = f"{name[:80]!r} cannot name an organism."
        hint = "Use letters, digits and underscores, not beginning with a digit: Homo_sapiens."
        raise InputError(message, hint)


def free_partition_name(organism: str, taken: Collection[str]) -> str:
    """A partition for an organism: called as it is, where no other one has that.

    >>> free_partition_name("human", ["human", "human__2"])
    'human__3'
    """
    candidates = (f"{organism}__{number}" for number in count(2))
    return next(name for name in chain([organism], candidates) if name not in taken)


def collection_name(library: str) -> str:
    """The Milvus collection of a new library: readable, and a name that Milvus takes.

    >>> collection_name("my lab")
    'genekin_my_lab_e283ee3c'
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "_", library)
    return f"genekin_{readable}_{hashlib.sha256(library.encode()).hexdigest()[:8]}"


def free_collection_name(library: str, taken: Collection[str]) -> str:
    """A collection name for a new library; a renamed one may have its first."""
    candidates = (collection_name(f"{library} {number}") for number in count(2))
    return next(name for name in chain([collection_name(library)], candidates) if name not in taken)
