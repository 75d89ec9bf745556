"""What a file or a pasted text is made of: records, each good or with a problem.

Names as people write them, made fit to keep: of records and of organisms.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from core.errors import InputError
from core.library.naming import check_organism_name

MAX_NAME = 200
"""Longest name kept, in characters; a longer one is cut."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a record cannot be used.

    Attributes
    ----------
    code
        A short stable word for the kind of problem.
    message
        The whole sentence, with record and line.
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
        Upper-case IUPAC letters, U read as T; as it came where there is a problem.
    position
        Its place in the source, from 1.
    line
        The line of the source on which it begins, from 1.
    family
        Class number, where the source has one.
    problem
        Why it cannot be used, or None.
    """

    name: str
    residues: str
    position: int
    line: int
    family: int | None = None
    problem: Problem | None = None


def sequence_id(organism: str, residues: str) -> int:
    """Stable 63-bit id of a sequence of an organism: loading twice changes nothing.

    >>> sequence_id("human", "ACGT") == sequence_id("human", "ACGT")
    True
    """
    digest = blake2b(f"{organism}\0{residues}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def require_good(records: Sequence[Record], source: str) -> None:
    """Check that a source has records and that every one of them can be used.

    Raises
    ------
    InputError
        Naming the first record that cannot be used, and how many there are.
    """
    if not records:
        message = f"{source} has no records."
        raise InputError(message)
    problems = [record.problem for record in records if record.problem]
    if problems:
        more = f" {len(problems) - 1:,} more records have problems." if len(problems) > 1 else ""
        message = f"{source}: {problems[0].message}{more}"
        raise InputError(message, "Nothing was loaded; mend the file and load it again.")


_PARTS = re.compile(r"[\s.\-]+")


def record_name(written: str) -> str:
    r"""The name without characters that do not show or that reverse what follows, not endless.

    >>> record_name("gene\u202e1\x07")
    'gene1'
    """
    shown = written
    if not written.isprintable():
        shown = "".join(
            letter for letter in written if unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}
        )
    return shown.strip()[:MAX_NAME]


def organism_name(written: str) -> str | None:
    """The organism's name as the stores take it, or None if it cannot be one.

    Blanks, points and hyphens become underscores; nothing else is guessed.

    >>> organism_name("Homo sapiens"), organism_name("E. coli K-12"), organism_name("../etc")
    ('Homo_sapiens', 'E_coli_K_12', None)
    """
    name = _PARTS.sub("_", written.strip())
    try:
        check_organism_name(name)
    except InputError:
        return None
    return name
