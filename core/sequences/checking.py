"""What makes a sequence unusable."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.sequences.alphabet import first_outsider, looks_like_protein, normalise


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a sequence cannot be used.

    Attributes
    ----------
    code
        A short stable word for the kind of fault.
    what
        The rest of a sentence that begins with the record.
    offset
        The base at fault, from 0, where it is one base.
    """

    code: str
    what: str
    offset: int | None = None


def find_fault(residues: str, max_bases: int) -> Fault | None:
    """The first reason why normalised residues cannot be used, or None.

    >>> find_fault("ACG7", 100)
    Fault(code='letter', what="has '7' at base 4; only IUPAC letters of DNA are read", offset=3)
    """
    if not residues:
        return Fault("empty", "has no sequence")
    if len(residues) > max_bases:
        return Fault("too long", f"has {len(residues):,} bases; at most {max_bases:,} are read")
    if (outsider := first_outsider(residues)) is None:
        return None
    offset, letter = outsider
    what = f"has {letter!r} at base {offset + 1:,}; only IUPAC letters of DNA are read"
    if looks_like_protein(residues):
        return Fault("protein", f"{what}, and this looks like a protein", offset)
    return Fault("letter", what, offset)


def line_of(offset: int, body_lines: Sequence[tuple[int, str]]) -> int:
    """The number of the line with a base, of lines as (number, text).

    >>> line_of(4, [(7, "ac g"), (8, "tt")])
    8
    """
    for number, line in body_lines:
        letters = len(normalise(line))
        if offset < letters:
            return number
        offset -= letters
    return body_lines[-1][0]
