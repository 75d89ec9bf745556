"""The IUPAC nucleotide alphabet: normalise, check and recognise DNA."""

import re
from string import ascii_lowercase, ascii_uppercase

IUPAC_DNA = "ACGTRYSWKMBDHVN"
"""IUPAC nucleotide codes: four bases and eleven ambiguity codes."""

# Not str.upper, which turns other letters into DNA codes: ß would become SS.
_UPPER_CASE = str.maketrans(f"{ascii_lowercase}U", f"{ascii_uppercase}T".replace("U", "T"))
_COMPLEMENT = str.maketrans("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN")
_INVALID = re.compile(f"[^{IUPAC_DNA}]")
_AMINO_ACIDS = frozenset("EFILPQ")
"""Amino acids whose letters are no nucleotide codes."""
_PROTEIN_LETTERS = _AMINO_ACIDS | frozenset("XZJO*")
_MAX_INVALID = 0.05
"""Share of invalid characters up to which a cell is still a sequence, to be reported as such."""
_SAMPLE_LENGTH = 2_000


def normalise(text: str) -> str:
    """Return the text in upper case, without white space and with T for U.

    >>> normalise("aug nnn")
    'ATGNNN'
    """
    letters = "".join(text.split())
    upper = letters.translate(_UPPER_CASE)
    return letters if letters == upper else upper  # Keep no second copy of an equal string.


def find_invalid_character(residues: str) -> tuple[int, str] | None:
    """Return the first character that is no IUPAC code as (0-based offset, character), or None.

    >>> find_invalid_character("ACGT!A")
    (4, '!')
    """
    match = _INVALID.search(residues)
    return (match.start(), match.group()) if match else None


def count_ambiguous(residues: str) -> int:
    """Return the number of letters that are not one of the four bases.

    >>> count_ambiguous("ACGTNR")
    2
    """
    return len(residues.encode().translate(None, b"ACGT"))


def looks_like_protein(residues: str) -> bool:
    """Return True for letters of amino acids of two kinds or more, in what is not mostly bases.

    >>> looks_like_protein("MEFLIPQK"), looks_like_protein("ACGTACGTACGTXJ")
    (True, False)
    """
    invalid = set(_INVALID.findall(residues))
    return (
        len(invalid & _AMINO_ACIDS) > 1
        and invalid <= _PROTEIN_LETTERS
        and not is_mostly_dna(residues)
    )


def looks_like_dna(text: str) -> bool:
    """Return True if a cell is a sequence: ten letters or more, nearly all of them bases.

    >>> looks_like_dna("atggccattgta"), looks_like_dna("Synthase")
    (True, False)
    """
    letters = normalise(text[:_SAMPLE_LENGTH])
    if len(letters) < 10 or not is_mostly_dna(letters):
        return False
    return len(_INVALID.findall(letters)) <= _MAX_INVALID * len(letters)


def is_mostly_dna(text: str) -> bool:
    """Return True if at least 80% of the first letters are bases.

    >>> is_mostly_dna("acgt acg?"), is_mostly_dna("a note")
    (True, False)
    """
    letters = normalise(text[:_SAMPLE_LENGTH])
    return sum(map(letters.count, "ACGTN")) >= 0.8 * len(letters)


def reverse_complement(dna: str) -> str:
    """Return the reverse complement of upper-case IUPAC DNA.

    >>> reverse_complement("AACR")
    'YGTT'
    """
    return dna.translate(_COMPLEMENT)[::-1]
