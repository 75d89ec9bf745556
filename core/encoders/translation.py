"""Reading frames, compiled by numba: translation and open reading frames (ORFs).

An ORF here is a stretch of codons between stops or the ends of the sequence; it need not begin with
a start codon. All functions release the GIL. Compiled code is cached on disk beside this file, so
that only the first process has to compile it.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.encoders.proteins import (
    CODON_RESIDUES,
    RESIDUES,
    REVERSE_CODON_RESIDUES,
    STOP,
    make_codon_table,
)

MIN_ORF_RESIDUES = 8
"""Shorter ORFs are attributed to chance."""
FALLBACK_ORFS = 3
"""ORFs to keep if all are shorter than that: the longest ones, and any as long as the last."""

_FRAMES = 6
_RESIDUE_TABLE = make_codon_table(np.arange(len(RESIDUES), dtype=np.uint8))


@njit(nogil=True, cache=True)
def translate(codes: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Translate all six frames.

    Parameters
    ----------
    codes
        Base codes 0 to 3; 4 is ambiguous.

    Returns
    -------
    residues
        uint8, shape (6, length // 3 + 1): rows 0 to 2 are the frames of the forward strand, 3 to 5
        those of the reverse complement; 20 is ambiguous, 21 a stop.
    lengths
        int64, shape (6,): residues in each frame.
    """
    n = codes.size
    residues = np.full((_FRAMES, n // 3 + 1), STOP, dtype=np.uint8)
    lengths = np.zeros(_FRAMES, dtype=np.int64)
    for frame in range(3):
        count = max(0, (n - frame) // 3)
        lengths[frame] = count
        lengths[frame + 3] = count
        reverse_frame = (n - frame) % 3  # It has the same codons.
        for index in range(count):
            start = frame + 3 * index
            codon = (codes[start] * 5 + codes[start + 1]) * 5 + codes[start + 2]
            residues[frame, index] = CODON_RESIDUES[codon]
            residues[reverse_frame + 3, count - 1 - index] = REVERSE_CODON_RESIDUES[codon]
    return residues, lengths


@njit(nogil=True, cache=True)
def read_codons(codes: NDArray[np.uint8], codon_table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Translate the codon that begins at each base, on both strands.

    Parameters
    ----------
    codes
        Base codes 0 to 3; 4 is ambiguous.
    codon_table
        Translation of codons, from :func:`core.encoders.proteins.make_codon_table`.

    Returns
    -------
    uint8, shape (2, bases - 2): forward and reverse strand, both in forward order.
    """
    count = max(0, codes.size - 2)
    codons = np.empty(count, dtype=np.uint8)
    letters = np.empty((2, count), dtype=np.uint8)
    second, third = codes[1:], codes[2:]
    for index in range(count):
        codons[index] = codes[index] * np.uint8(25) + second[index] * np.uint8(5) + third[index]
    forward, reverse = letters[0], letters[1]
    forward_table, reverse_table = codon_table[0], codon_table[1]
    for index in range(count):
        forward[index] = forward_table[codons[index]]
        reverse[index] = reverse_table[codons[index]]
    return letters


@njit(nogil=True, cache=True)
def find_orfs(letters: NDArray[np.uint8]) -> tuple[NDArray[np.int64], int]:
    """Find the ORFs in what :func:`read_codons` returned.

    ORFs shorter than :data:`MIN_ORF_RESIDUES` are dropped; if all are, the longest three are kept,
    and any as long as the third.

    Returns
    -------
    orfs
        int64, shape (n, 2): index of the first base, and of the one after the last.
    n_forward
        Number of ORFs on the forward strand, which come first.
    """
    orfs = np.empty((letters.shape[1] + 6, 2), dtype=np.int64)
    n_forward, count = _split_at_stops(letters, MIN_ORF_RESIDUES, orfs)
    if count == 0:
        _, count = _split_at_stops(letters, 1, orfs)
        n_forward, count = _split_at_stops(letters, _fallback_residues(orfs[:count]), orfs)
    return orfs[:count], n_forward


@njit(nogil=True, cache=True)
def _split_at_stops(
    letters: NDArray[np.uint8], min_residues: int, orfs: NDArray[np.int64]
) -> tuple[int, int]:
    """Write the ORFs of a minimum length to `orfs`; return the forward and the total count."""
    size = letters.shape[1]
    n_forward, count = 0, 0
    for strand in range(2):
        n_forward = count
        row = letters[strand]
        for frame in range(min(3, size)):
            begin = frame
            for index in range(frame, size, 3):
                if row[index] == STOP:
                    if index - begin >= 3 * min_residues:
                        orfs[count, 0], orfs[count, 1] = begin, index
                        count += 1
                    begin = index + 3
            end = size + (frame - size) % 3
            if end - begin >= 3 * min_residues:
                orfs[count, 0], orfs[count, 1] = begin, end
                count += 1
    return n_forward, count


@njit(nogil=True, cache=True)
def _fallback_residues(orfs: NDArray[np.int64]) -> int:
    """Return the residues of the third longest ORF; 1 if there are fewer."""
    longest = np.ones(FALLBACK_ORFS, dtype=np.int64)
    for row in range(len(orfs)):
        residues = (orfs[row, 1] - orfs[row, 0]) // 3
        for rank in range(FALLBACK_ORFS):
            if residues > longest[rank]:
                longest[rank], residues = residues, longest[rank]
    return int(longest[-1])


@njit(nogil=True, cache=True)
def find_longest_orf(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the residues of the longest ORF, uint8; empty if there is none.

    Of equally long ones it is the last in residue order, so that both strands give the same one.
    """
    letters = read_codons(codes, _RESIDUE_TABLE)
    orfs, n_forward = find_orfs(letters)
    longest = letters[0, :0:3]
    for row in range(len(orfs)):
        begin, end = orfs[row]
        orf = letters[0, begin:end:3] if row < n_forward else letters[1, begin:end:3][::-1]
        if orf.size > longest.size or (orf.size == longest.size and _sorts_after(orf, longest)):
            longest = orf
    return longest.copy()


@njit(nogil=True, cache=True)
def _sorts_after(orf: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    for index in range(orf.size):
        if orf[index] != other[index]:
            return bool(orf[index] > other[index])
    return False
