"""Proteins as small numbers: the genetic code, a reduced alphabet, BLOSUM62.

Residues are numbered by their index in :data:`RESIDUES`. 20 is an ambiguous residue, whose codon
has an ambiguity code; 21 is a stop.
"""

from itertools import product

import numpy as np
from Bio.Align import substitution_matrices
from Bio.Data import CodonTable
from numpy.typing import NDArray

BASES = "ACGT"
RESIDUES = "ARNDCQEGHILKMFPSTWYV"
AMBIGUOUS, STOP = 20, 21
_AMBIGUOUS_SCORE, _STOP_SCORE = -1, -6
"""BLOSUM62 has no stops; an alignment may pass one, as a sequencing error, at a cost."""

GROUPS = ("LVIM", "C", "A", "G", "ST", "P", "FY", "W", "EQ", "DN", "KR", "H")
"""A reduced alphabet: groups of residues that replace each other in related proteins."""


def _base_codes() -> NDArray[np.uint8]:
    codes = np.full(256, len(BASES), dtype=np.uint8)
    for code, base in enumerate(BASES):
        codes[ord(base)] = code
    codes[ord("U")] = BASES.index("T")
    return codes


def _codon_residues() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    table = CodonTable.unambiguous_dna_by_id[1]
    forward = np.full(5**3, AMBIGUOUS, dtype=np.uint8)
    reverse = np.full(5**3, AMBIGUOUS, dtype=np.uint8)
    for first, second, third in product(range(4), repeat=3):
        letter = table.forward_table.get(BASES[first] + BASES[second] + BASES[third])
        residue = STOP if letter is None else RESIDUES.index(letter)
        forward[(first * 5 + second) * 5 + third] = residue
        reverse[((3 - third) * 5 + 3 - second) * 5 + 3 - first] = residue
    return forward, reverse


def _residue_groups() -> NDArray[np.uint8]:
    return np.array(
        [next(n for n, group in enumerate(GROUPS) if residue in group) for residue in RESIDUES],
        dtype=np.uint8,
    )


def _blosum62() -> NDArray[np.float32]:
    matrix = substitution_matrices.load("BLOSUM62")  # type: ignore[no-untyped-call]
    scores = np.full((STOP + 1, STOP + 1), _AMBIGUOUS_SCORE, dtype=np.float32)
    scores[:AMBIGUOUS, :AMBIGUOUS] = [[matrix[a][b] for b in RESIDUES] for a in RESIDUES]
    scores[STOP, :] = scores[:, STOP] = _STOP_SCORE
    return scores


BASE_CODES = _base_codes()
"""uint8, shape (256,): the code of a base by its ASCII code; 4 for any other character."""

CODON_RESIDUES, REVERSE_CODON_RESIDUES = _codon_residues()
"""uint8, shape (125,): the residue or stop of a codon with base codes a, b, c, at index
(5 a + b) 5 + c; of the codon itself, and of its reverse complement. NCBI genetic code 1."""

RESIDUE_GROUPS = _residue_groups()
"""uint8, shape (20,): the index in :data:`GROUPS` of the group of each residue."""

BLOSUM62 = _blosum62()
"""float32, shape (22, 22): substitution scores in half bits, by residue number."""


def make_codon_table(letters: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the translation of codons into an alphabet.

    Parameters
    ----------
    letters
        uint8, shape (20,): the letter of each residue, below 20.

    Returns
    -------
    uint8, shape (2, 125): codons as in :data:`CODON_RESIDUES`, then as in
    :data:`REVERSE_CODON_RESIDUES`; 20 and 21 mean the same as among residues.
    """
    extended = np.append(letters, np.array([AMBIGUOUS, STOP], dtype=np.uint8))
    return extended[np.stack([CODON_RESIDUES, REVERSE_CODON_RESIDUES])]


def encode_bases(sequence: str) -> NDArray[np.uint8]:
    """Return the codes of the bases of a sequence, uint8: A 0, C 1, G 2, T and U 3, others 4."""
    codes: NDArray[np.uint8] = BASE_CODES[np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)]
    return codes
