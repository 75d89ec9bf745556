"""Weighted k-mers of the six translations of many sequences, compiled by numba.

These are the hottest loops of all. The k-mers of a strand are numbered at every base, whatever the
frame, in loops plain enough for the compiler to vectorize: the next codon of the k-mer that begins
at a base is three bases further on. Only then is the strand split into ORFs. The k-mers of a
sequence are sorted as 32-bit numbers: the k-mer in the high bits, the rank of the length of its ORF
in the low ones.

Unsigned indexes spare numba the check for negative ones.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.encoders.proteins import AMBIGUOUS, BASE_CODES
from core.encoders.sparse import SparseRows
from core.encoders.translation import find_orfs, read_codons

_RANK_BITS = np.uint32(10)
_MAX_LENGTHS = 1 << 10
_RANK_MASK = np.uint32(_MAX_LENGTHS - 1)
_DIGIT_BITS = np.uint32(11)
_DIGITS = 1 << 11
_DIGIT_MASK = np.uint32(_DIGITS - 1)
_MAX_COPIES = np.uint64(4095)
_COPY_WEIGHTS = (1 + np.log(np.maximum(np.arange(4096), 1))).astype(np.float32)
_NO_KMER = np.uint32(0xFFFFFFFF)
_FRAMES = 6
_CODON_BASES = np.uint64(3)
_FIXED_POINT = 1 << 24
"""Unit of the integers in which evidence is summed."""


class KmerSpec(NamedTuple):
    """Definition of the k-mers.

    Attributes
    ----------
    codon_table
        uint8, shape (2, 125), from :func:`core.encoders.proteins.make_codon_table`.
    alphabet_size
        Number of letters.
    k
        Letters of a k-mer; there may be up to 2**22 k-mers.
    length_power
        Exponent of the relative ORF length in a weight.
    """

    codon_table: NDArray[np.uint8]
    alphabet_size: int
    k: int
    length_power: float


class KmerWeights(NamedTuple):
    """Inverse document frequencies: that of k-mer i is ``values[ranks[i]]``.

    In two steps they take half the memory, and more of them fit into the CPU cache.
    """

    ranks: NDArray[np.uint16]
    values: NDArray[np.float32]


@njit(nogil=True, cache=True)
def weigh_kmers(
    text: NDArray[np.uint8], ends: NDArray[np.int64], spec: KmerSpec, idf: KmerWeights
) -> SparseRows:
    """Return the distinct k-mers of each sequence's translations, ascending, and their weights.

    A k-mer weighs (longest ORF with it / longest ORF of the sequence) ** power * (1 + ln count) *
    inverse document frequency, of a count up to 4,095; then the weights of a sequence are scaled to
    Euclidean length one.

    Parameters
    ----------
    text, ends
        The sequences, from :func:`core.encoders.base.concatenate`.
    """
    longest = 0
    for number in range(ends.size - 1):
        longest = max(longest, int(ends[number + 1] - ends[number]))
    packed = np.empty(2 * longest + 1, dtype=np.uint32)
    buffer = np.empty(2 * longest + 1, dtype=np.uint32)
    copy_ends = np.empty(2 * longest + 1, dtype=np.uint32)
    keys = np.empty(2 * text.size, dtype=np.uint32)
    weights = np.empty(2 * text.size, dtype=np.float32)
    row_ends = np.zeros(ends.size, dtype=np.int64)
    for number in range(ends.size - 1):
        codes = _encode_bases(text[ends[number] : ends[number + 1]])
        letters = read_codons(codes, spec.codon_table)
        orfs, n_forward = find_orfs(letters)
        ranks, length_weights = _rank_lengths(orfs, spec.length_power)
        count = 0
        for strand in range(2):
            strand_orfs = orfs[n_forward:] if strand else orfs[:n_forward]
            numbers = _number_kmers(letters[strand], spec.alphabet_size, spec.k, strand)
            count += _pack(numbers, strand_orfs, ranks, spec.k, packed[count:])
        _sort(packed[:count], buffer)
        count = _deduplicate(packed[:count], buffer, copy_ends)
        first, last = row_ends[number], row_ends[number] + count
        for index in range(count):
            keys[first + index] = buffer[index + 1] >> _RANK_BITS
        _weigh(buffer, copy_ends, length_weights, idf, weights[first:last])
        _normalise(weights[first:last])
        row_ends[number + 1] = last
    return keys[: row_ends[-1]], weights[: row_ends[-1]], row_ends


@njit(nogil=True, cache=True)
def score_frames(
    codes: NDArray[np.uint8], spec: KmerSpec, idf: KmerWeights, table: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Score the frames of a sequence by the k-mers that they share with a weighted set.

    A shared k-mer counts its weight without the inverse document frequency, times the residues of
    its ORF. Integers are summed, so that both strands give the same scores.

    Parameters
    ----------
    codes
        Base codes 0 to 3; 4 is ambiguous.
    table
        float32, shape (k-mers,): the weight of each k-mer, 0 if it is not in the set.

    Returns
    -------
    scores
        float64, shape (6,): frames 0 to 2 of the forward strand, then of the reverse complement.
    spans
        int64, shape (6, 2): of the ORF of each frame that scores most, the bases from its first
        shared k-mer to the end of its last one, on the forward strand.
    """
    letters = read_codons(codes, spec.codon_table)
    orfs, n_forward = find_orfs(letters)
    scores = np.zeros(_FRAMES, dtype=np.int64)
    best = np.zeros(_FRAMES, dtype=np.int64)
    spans = np.zeros((_FRAMES, 2), dtype=np.int64)
    for strand in range(2):
        numbers = _number_kmers(letters[strand], spec.alphabet_size, spec.k, strand)
        for row in range(n_forward if strand else 0, len(orfs) if strand else n_forward):
            begin, end = orfs[row]
            total, first, last = 0, end, begin
            for index in range(begin, end - 3 * (spec.k - 1), 3):
                key = numbers[index]
                if key != _NO_KMER and table[key] > 0:
                    total += int(table[key] / idf.values[idf.ranks[key]] * _FIXED_POINT)
                    first, last = min(first, index), index + 3 * spec.k
            frame = 3 + (codes.size - begin) % 3 if strand else begin % 3
            score = total * ((end - begin) // 3)
            scores[frame] += score
            if score > best[frame]:
                best[frame] = score
                spans[frame] = first, last
    return scores / _FIXED_POINT, spans


@njit(nogil=True, cache=True)
def _encode_bases(text: NDArray[np.uint8]) -> NDArray[np.uint8]:
    codes = np.empty(text.size, dtype=np.uint8)
    for index in range(text.size):
        codes[index] = BASE_CODES[text[index]]
    return codes


@njit(nogil=True, cache=True)
def _number_kmers(
    letters: NDArray[np.uint8], alphabet_size: int, k: int, strand: int
) -> NDArray[np.uint32]:
    """Return the number of the k-mer whose leftmost codon begins at each base.

    It is made of the numbers of two halves. On the reverse strand (1), the leftmost letter is the
    last one. A k-mer with an ambiguous residue has the number :data:`_NO_KMER`; the number of one
    with a stop is meaningless.
    """
    half = k // 2
    halves = np.zeros(max(0, letters.size - 3 * (half - 1)), dtype=np.uint32)
    for letter in range(half):
        shifted = letters[3 * (half - 1 - letter if strand else letter) :]
        for index in range(halves.size):
            halves[index] = halves[index] * np.uint32(alphabet_size) + np.uint32(shifted[index])
    numbers = np.empty(max(0, letters.size - 3 * (k - 1)), dtype=np.uint32)
    high = halves[3 * (k - half) :] if strand else halves
    low = halves if strand else halves[3 * (k - half) :]
    half_kmers = np.uint32(alphabet_size**half)
    if k == 2 * half:
        for index in range(numbers.size):
            numbers[index] = high[index] * half_kmers + low[index]
    else:
        middle = letters[3 * half :]
        for index in range(numbers.size):
            upper = high[index] * np.uint32(alphabet_size) + np.uint32(middle[index])
            numbers[index] = upper * half_kmers + low[index]
    _mask_ambiguous(letters, k, numbers)
    return numbers


@njit(nogil=True, cache=True)
def _mask_ambiguous(letters: NDArray[np.uint8], k: int, numbers: NDArray[np.uint32]) -> None:
    any_ambiguous = False
    for letter in letters:  # Rarely true, but vectorized.
        any_ambiguous |= letter == AMBIGUOUS
    if not any_ambiguous:
        return
    for index in range(letters.size):
        if letters[index] == AMBIGUOUS:
            for first in range(index - 3 * (k - 1), index + 1, 3):
                if 0 <= first < numbers.size:
                    numbers[first] = _NO_KMER


@njit(nogil=True, cache=True)
def _rank_lengths(
    orfs: NDArray[np.int64], power: float
) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Return the rank of each ORF length among all of them, and the weight of each rank.

    Of more than 1,024 different lengths, the shortest ones share the first rank.
    """
    longest = 0
    for row in range(len(orfs)):
        longest = max(longest, (orfs[row, 1] - orfs[row, 0]) // 3)
    ranks = np.zeros(longest + 1, dtype=np.uint32)
    for row in range(len(orfs)):
        ranks[(orfs[row, 1] - orfs[row, 0]) // 3] = 1
    weights = np.empty(_MAX_LENGTHS, dtype=np.float32)
    rank = min(0, _MAX_LENGTHS - int(ranks.sum()))
    for length in range(longest + 1):
        if ranks[length]:
            ranks[length] = max(0, rank)
            share = length / longest
            weights[max(0, rank)] = share if power == 1.0 else share**power
            rank += 1
    return ranks, weights


@njit(nogil=True, cache=True)
def _pack(
    numbers: NDArray[np.uint32],
    orfs: NDArray[np.int64],
    ranks: NDArray[np.uint32],
    k: int,
    packed: NDArray[np.uint32],
) -> int:
    """Write the k-mers of a strand's ORFs, with the ranks of their lengths; return the count."""
    count = np.uint64(0)
    for row in range(len(orfs)):
        begin, end = orfs[row]
        rank = ranks[(end - begin) // 3]
        index, stop = np.uint64(begin), np.uint64(max(begin, end - 3 * (k - 1)))
        while index < stop:
            packed[count] = (numbers[index] << _RANK_BITS) | rank
            count += np.uint64(numbers[index] != _NO_KMER)
            index += _CODON_BASES
    return int(count)


@njit(nogil=True, cache=True)
def _sort(packed: NDArray[np.uint32], buffer: NDArray[np.uint32]) -> None:
    """Sort by the k-mers: a radix sort with two digits."""
    low_starts = np.zeros(_DIGITS, dtype=np.uint32)
    high_starts = np.zeros(_DIGITS, dtype=np.uint32)
    for value in packed:
        low_starts[(value >> _RANK_BITS) & _DIGIT_MASK] += np.uint32(1)
        high_starts[value >> (_RANK_BITS + _DIGIT_BITS)] += np.uint32(1)
    low, high = np.uint32(0), np.uint32(0)
    for digit in range(_DIGITS):
        size = low_starts[digit]
        low_starts[digit] = low
        low += size
        size = high_starts[digit]
        high_starts[digit] = high
        high += size
    for value in packed:
        digit = (value >> _RANK_BITS) & _DIGIT_MASK
        buffer[low_starts[digit]] = value
        low_starts[digit] += np.uint32(1)
    for value in buffer[: packed.size]:
        digit = value >> (_RANK_BITS + _DIGIT_BITS)
        packed[high_starts[digit]] = value
        high_starts[digit] += np.uint32(1)


@njit(nogil=True, cache=True)
def _deduplicate(
    packed: NDArray[np.uint32], distinct: NDArray[np.uint32], copy_ends: NDArray[np.uint32]
) -> int:
    """Write each k-mer once, with its longest ORF, and the end of its copies; return the count.

    Rows begin at 1. Branch-free, as the branch is unpredictable: a row is overwritten until its
    k-mer ends, and as k-mers ascend, the maximum so far is always the one with the longest ORF.
    """
    row, largest, previous = np.uint64(0), np.uint32(0), _NO_KMER
    copy_ends[0] = 0
    for index in range(packed.size):
        value = packed[index]
        key = value >> _RANK_BITS
        row += np.uint64(key != previous)
        previous = key
        largest = max(largest, value)
        distinct[row] = largest
        copy_ends[row] = index + 1
    return int(row)


@njit(nogil=True, cache=True)
def _weigh(
    distinct: NDArray[np.uint32],
    copy_ends: NDArray[np.uint32],
    length_weights: NDArray[np.float32],
    idf: KmerWeights,
    weights: NDArray[np.float32],
) -> None:
    """Write the weights of the rows of :func:`_deduplicate`."""
    rows, ends = distinct[1:], copy_ends[1:]
    for index in range(weights.size):
        value = rows[index]
        copies = ends[index] - copy_ends[index]
        weight = length_weights[value & _RANK_MASK] * idf.values[idf.ranks[value >> _RANK_BITS]]
        weights[index] = weight * _COPY_WEIGHTS[min(copies, _MAX_COPIES)]


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def _normalise(weights: NDArray[np.float32]) -> None:
    """Scale to Euclidean length one; the order of summation depends on the size only."""
    total = 0.0
    for weight in weights:
        total += weight * weight
    if total > 0:
        scale = np.float32(1 / np.sqrt(total))
        for index in range(weights.size):
            weights[index] *= scale
