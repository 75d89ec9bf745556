"""Proteins as small numbers: the genetic code, a reduced alphabet, BLOSUM62.

Residues are numbered in :data:`RESIDUES`; 20 is one that cannot be read (an ambiguity code in its
codon), 21 is a stop.
"""

from itertools import product

import numpy as np
from Bio.Align import substitution_matrices
from Bio.Data import CodonTable
from numpy.typing import NDArray

BASES = "ACGT"
RESIDUES = "ARNDCQEGHILKMFPSTWYV"
UNREADABLE, STOP = 20, 21
_UNREADABLE_SCORE, _STOP_SCORE = -1, -6
"""BLOSUM62 has no stops of its own; an alignment may pass one, as a sequencing error, at a cost."""

GROUPS = ("LVIM", "C", "A", "G", "ST", "P", "FY", "W", "EQ", "DN", "KR", "H")
"""A reduced alphabet: residues that stand in for each other in related proteins."""


def _base_codes() -> NDArray[np.uint8]:
    codes = np.full(256, len(BASES), dtype=np.uint8)
    for number, base in enumerate(BASES):
        codes[ord(base)] = number
    codes[ord("U")] = BASES.index("T")
    return codes


def _triple_residues() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    table = CodonTable.unambiguous_dna_by_id[1]
    forward = np.full(5**3, UNREADABLE, dtype=np.uint8)
    back = np.full(5**3, UNREADABLE, dtype=np.uint8)
    for first, second, third in product(range(4), repeat=3):
        letter = table.forward_table.get(BASES[first] + BASES[second] + BASES[third])
        residue = STOP if letter is None else RESIDUES.index(letter)
        forward[(first * 5 + second) * 5 + third] = residue
        back[((3 - third) * 5 + 3 - second) * 5 + 3 - first] = residue
    return forward, back


def _residue_groups() -> NDArray[np.uint8]:
    return np.array(
        [next(n for n, group in enumerate(GROUPS) if residue in group) for residue in RESIDUES],
        dtype=np.uint8,
    )


def _blosum62() -> NDArray[np.float32]:
    matrix = substitution_matrices.load("BLOSUM62")  # type: ignore[no-untyped-call]
    scores = np.full((STOP + 1, STOP + 1), _UNREADABLE_SCORE, dtype=np.float32)
    scores[:UNREADABLE, :UNREADABLE] = [[matrix[a][b] for b in RESIDUES] for a in RESIDUES]
    scores[STOP, :] = scores[:, STOP] = _STOP_SCORE
    return scores


BASE_CODES = _base_codes()
"""uint8 of shape (256,): the number of a base by its ASCII code; 4 for whatever is no base."""

TRIPLE_RESIDUES, BACK_TRIPLE_RESIDUES = _triple_residues()
"""uint8 of shape (125,): the residue or stop of three bases a, b, c at (5 a + b) 5 + c, read as
they stand and on the other strand; the standard code, NCBI table 1."""

RESIDUE_GROUPS = _residue_groups()
"""uint8 of shape (20,): the group of a residue."""

BLOSUM62 = _blosum62()
"""float32 of shape (22, 22): substitution scores in half bits, by residue number."""


def codon_letters(letters: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What triples of bases stand for in an alphabet: uint8 of shape (2, 125).

    The first row is of the triples as :data:`TRIPLE_RESIDUES` has them, the second one as
    :data:`BACK_TRIPLE_RESIDUES`. 20 and 21 are what they are among residues.

    Parameters
    ----------
    letters
        uint8, shape (20,): the letter of each residue, below 20.
    """
    known = np.append(letters, np.array([UNREADABLE, STOP], dtype=np.uint8))
    return known[np.stack([TRIPLE_RESIDUES, BACK_TRIPLE_RESIDUES])]


def base_codes(sequence: str) -> NDArray[np.uint8]:
    """Numbers of the bases of a sequence, uint8: A 0, C 1, G 2, T and U 3, all else 4."""
    codes: NDArray[np.uint8] = BASE_CODES[np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)]
    return codes
