"""Which letters a DNA sequence may have."""

import re
from string import ascii_lowercase, ascii_uppercase

IUPAC_DNA = "ACGTRYSWKMBDHVN"
"""The IUPAC letters of DNA: four bases and eleven ambiguity codes."""

_PLAIN = str.maketrans(f"{ascii_lowercase}U", f"{ascii_uppercase}T".replace("U", "T"))
"""Not str.upper, which makes letters of DNA out of others: ß would become SS."""

_COMPLEMENT = str.maketrans("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN")

_OUTSIDE = re.compile(f"[^{IUPAC_DNA}]")
_ONLY_IN_PROTEINS = frozenset("EFILPQXZJO*")


def normalise(text: str) -> str:
    """Upper case, white space removed, U read as T.

    >>> normalise("aug nnn")
    'ATGNNN'
    """
    letters = "".join(text.split())
    plain = letters.translate(_PLAIN)
    return letters if letters == plain else plain  # Of a cell that is so already, no second copy.


def first_outsider(residues: str) -> tuple[int, str] | None:
    """The first letter that is not IUPAC DNA, as (0-based offset, letter), or None.

    >>> first_outsider("ACGT!A")
    (4, '!')
    """
    found = _OUTSIDE.search(residues)
    return (found.start(), found.group()) if found else None


def looks_like_protein(residues: str) -> bool:
    """Whether the letters outside IUPAC DNA are all amino acids, several kinds of them.

    >>> looks_like_protein("MEFLIPQK")
    True
    """
    outside = set(_OUTSIDE.findall(residues))
    return len(outside & _ONLY_IN_PROTEINS) > 1 and outside <= _ONLY_IN_PROTEINS


def looks_like_dna(text: str) -> bool:
    """Whether a cell of a table is a sequence: ten letters or more, nearly all of them bases.

    >>> looks_like_dna("atggccattgta"), looks_like_dna("Synthase")
    (True, False)
    """
    letters = normalise(text[:2_000])
    return len(letters) >= 10 and is_mostly_dna(letters) and first_outsider(letters) is None


def is_mostly_dna(text: str) -> bool:
    """Whether four in five of the letters at its beginning are bases.

    >>> is_mostly_dna("acgt acg?"), is_mostly_dna("a note")
    (True, False)
    """
    letters = normalise(text[:2_000])
    return sum(map(letters.count, "ACGTN")) >= 0.8 * len(letters)


def reverse_complement(dna: str) -> str:
    """Return the other strand of upper-case IUPAC DNA, from its 5' end.

    >>> reverse_complement("AACR")
    'YGTT'
    """
    return dna.translate(_COMPLEMENT)[::-1]
