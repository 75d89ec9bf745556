"""Records: sequences with their names, valid or with a problem."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from core.errors import InputError

MAX_NAME = 200
"""Longest name kept, in characters; longer ones are cut."""

_PARTITION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_RESERVED_PARTITION = "_default"
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_SEPARATORS = re.compile(r"[\s.\-]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a record is invalid.

    Attributes
    ----------
    code
        Short stable identifier of the kind of problem.
    message
        A full sentence with record and line.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """One sequence with a name.

    Attributes
    ----------
    name
        The first word of its header; empty where it has none.
    residues
        Upper-case IUPAC codes, T for U; as written where there is a problem.
    position
        Its number in the source, from 1.
    line
        The line of the source on which it begins, from 1.
    family
        Class number, where the source has one.
    problem
        Why it is invalid, or None.
    bases
        Length of the sequence, where the residues are not kept because it is too long.
    """

    name: str
    residues: str
    position: int
    line: int
    family: int | None = None
    problem: Problem | None = None
    bases: int | None = None

    @property
    def length(self) -> int:
        """Length of the sequence."""
        return len(self.residues) if self.bases is None else self.bases


def sequence_id(organism: str, residues: str) -> int:
    """Return the stable 63-bit id of a sequence of an organism: loading twice changes nothing.

    >>> sequence_id("human", "ACGT") == sequence_id("human", "ACGT")
    True
    """
    digest = blake2b(f"{organism}\0{residues}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def require_valid(records: Sequence[Record], source: str) -> None:
    """Check that a source has records and that all of them are valid.

    Raises
    ------
    InputError
        Naming the first invalid record, and how many more there are.
    """
    if not records:
        raise InputError(f"{source} has no records.")
    problems = [record.problem for record in records if record.problem]
    if problems:
        more = f" {len(problems) - 1:,} more records are invalid." if len(problems) > 1 else ""
        message = f"{source}: {problems[0].message}{more}"
        raise InputError(message, "Nothing was loaded; fix the file and load it again.")


def clean_name(text: str) -> str:
    r"""Return a name without control and bidirectional characters, cut to :data:`MAX_NAME`.

    >>> clean_name("gene\u202e1\x07")
    'gene1'
    """
    return remove_hidden(text).strip()[:MAX_NAME]


def has_hidden(text: str) -> bool:
    r"""Return True if a text has characters that no name may have, since nobody sees them.

    These are control characters such as NUL, bidirectional and other format characters, unpaired
    surrogates, and separators of lines and paragraphs.

    >>> has_hidden("IL-1 β"), has_hidden("IL\u202e1"), has_hidden("IL\0")
    (False, True, True)
    """
    return not text.isprintable() and any(map(_is_hidden, text))


def remove_hidden(text: str) -> str:
    """Return a text without the characters that :func:`has_hidden` finds."""
    if not has_hidden(text):
        return text
    return "".join(letter for letter in text if not _is_hidden(letter))


def _is_hidden(letter: str) -> bool:
    return unicodedata.category(letter) in _HIDDEN_CATEGORIES


def check_organism_name(name: str) -> None:
    """Check that an organism can have this name, which is also that of a Milvus partition.

    Raises
    ------
    InputError
        If it cannot.
    """
    if not _PARTITION_NAME.fullmatch(name) or name == _RESERVED_PARTITION:
        message = f"Invalid organism name: {name[:80]!r}."
        hint = "Use letters, digits and underscores, not beginning with a digit: Homo_sapiens."
        raise InputError(message, hint)


def clean_organism_name(text: str) -> str | None:
    """Return the organism's name as the stores accept it, or None if it is invalid.

    Spaces, dots and hyphens become underscores; nothing else is guessed.

    >>> clean_organism_name("Homo sapiens"), clean_organism_name("E. coli K-12")
    ('Homo_sapiens', 'E_coli_K_12')
    >>> clean_organism_name("../etc") is None
    True
    """
    name = _SEPARATORS.sub("_", text.strip())
    try:
        check_organism_name(name)
    except InputError:
        return None
    return name
