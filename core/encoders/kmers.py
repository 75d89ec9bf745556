"""The hottest loops, compiled by numba: from the letters of many sequences to weighted k-mers.

All positions of a strand are numbered at once, whatever their frame, in loops so plain that the
compiler makes vector instructions of them: the k-mer that begins at a base has its next codon
three bases on. Only then is a strand cut at its stops. The k-mers of a sequence are sorted as
32-bit numbers: the k-mer above, which of the different stretch lengths it has below.

Unsigned indexes spare numba the question whether they count from the end.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.encoders.proteins import BASE_CODES, UNREADABLE
from core.encoders.sparse import Rows
from core.encoders.translation import find_orfs, read_codons

_LENGTH_BITS = np.uint32(10)
_LENGTHS = 1 << 10
_LENGTH_MASK = np.uint32(_LENGTHS - 1)
_DIGIT_BITS = np.uint32(11)
_DIGITS = 1 << 11
_DIGIT_MASK = np.uint32(_DIGITS - 1)
_MOST_COPIES = np.uint64(4095)
_BY_COPIES = (1 + np.log(np.maximum(np.arange(4096), 1))).astype(np.float32)
_NONE = np.uint32(0xFFFFFFFF)
_FRAMES = 6
_EVIDENCE_UNIT = 1 << 24

_CODON = np.uint64(3)


class KmerSpec(NamedTuple):
    """What is a k-mer.

    Attributes
    ----------
    codons
        What triples of bases stand for, from :func:`core.encoders.proteins.codon_letters`.
    alphabet, k
        Letters that there are, and letters of a k-mer; at most 2**22 k-mers.
    power
        Of the share of the longest stretch, in a weight.
    """

    codons: NDArray[np.uint8]
    alphabet: int
    k: int
    power: float


class KmerWeights(NamedTuple):
    """How rare each k-mer is: that of number i, ``values[ranks[i]]``.

    In two steps it takes half the memory, and more of it is in the processor's cache.
    """

    ranks: NDArray[np.uint16]
    values: NDArray[np.float32]


@njit(nogil=True, cache=True)
def weighted_kmers(
    text: NDArray[np.uint8], ends: NDArray[np.int64], kind: KmerSpec, rarity: KmerWeights
) -> Rows:
    """Distinct k-mers of each sequence's translations, ascending, and their weights.

    A k-mer weighs (longest stretch it stands in / longest of the sequence) ** power * (1 + ln
    count) * rarity, of a count up to 4,095; then all of a sequence are scaled to Euclidean length
    one.

    Parameters
    ----------
    text, ends
        The sequences, from :func:`core.encoders.base.joined`.
    """
    longest = 0
    for number in range(ends.size - 1):
        longest = max(longest, int(ends[number + 1] - ends[number]))
    packed = np.empty(2 * longest + 1, dtype=np.uint32)
    spare = np.empty(2 * longest + 1, dtype=np.uint32)
    copied = np.empty(2 * longest + 1, dtype=np.uint32)
    keys = np.empty(2 * text.size, dtype=np.uint32)
    weights = np.empty(2 * text.size, dtype=np.float32)
    rows = np.zeros(ends.size, dtype=np.int64)
    for number in range(ends.size - 1):
        letters = read_codons(_codes(text[ends[number] : ends[number + 1]]), kind.codons)
        stretches, forward = find_orfs(letters)
        ranks, shares = _length_ranks(stretches, kind.power)
        count = 0
        for strand in range(2):
            found = stretches[forward:] if strand else stretches[:forward]
            numbers = _kmer_numbers(letters[strand], kind.alphabet, kind.k, strand)
            count += _pack(numbers, found, ranks, kind.k, packed[count:])
        _sort(packed[:count], spare)
        count = _distinct(packed[:count], spare, copied)
        first, last = rows[number], rows[number] + count
        for place in range(count):
            keys[first + place] = spare[place + 1] >> _LENGTH_BITS
        _weigh(spare, copied, shares, rarity, weights[first:last])
        _to_length_one(weights[first:last])
        rows[number + 1] = last
    return keys[: rows[-1]], weights[: rows[-1]], rows


@njit(nogil=True, cache=True)
def frame_evidence(
    codes: NDArray[np.uint8], kind: KmerSpec, rarity: KmerWeights, table: NDArray[np.float32]
) -> NDArray[np.float64]:
    """How much of a weighted set of k-mers each frame of a sequence has.

    A shared k-mer counts by its weight, its rarity taken out, and by the length of the open stretch
    it stands in. Whole numbers are added up, so that it is the same whatever the strand.

    Parameters
    ----------
    codes
        Bases 0 to 3; 4 is unreadable.
    table
        The weight of every k-mer, 0 where it is not in the set.

    Returns
    -------
    float64, shape (6,): frames 0 to 2 of the strand as given, 3 to 5 of the other one.
    """
    letters = read_codons(codes, kind.codons)
    stretches, forward = find_orfs(letters)
    shared = np.zeros(_FRAMES, dtype=np.int64)
    for strand in range(2):
        numbers = _kmer_numbers(letters[strand], kind.alphabet, kind.k, strand)
        for row in range(forward if strand else 0, len(stretches) if strand else forward):
            begin, end = stretches[row]
            total = 0
            for place in range(begin, end - 3 * (kind.k - 1), 3):
                key = numbers[place]
                if key != _NONE and table[key] > 0:
                    total += int(table[key] / rarity.values[rarity.ranks[key]] * _EVIDENCE_UNIT)
            frame = 3 + (codes.size - begin) % 3 if strand else begin % 3
            shared[frame] += total * ((end - begin) // 3)
    return shared / _EVIDENCE_UNIT


@njit(nogil=True, cache=True)
def _codes(text: NDArray[np.uint8]) -> NDArray[np.uint8]:
    codes = np.empty(text.size, dtype=np.uint8)
    for place in range(text.size):
        codes[place] = BASE_CODES[text[place]]
    return codes


@njit(nogil=True, cache=True)
def _kmer_numbers(
    letters: NDArray[np.uint8], alphabet: int, k: int, strand: int
) -> NDArray[np.uint32]:
    """Number of the k-mer whose leftmost codon begins at each base, made of words of half k.

    On the other strand (1), the leftmost letter is the last one. What holds something unreadable
    has the number :data:`_NONE`; what holds a stop, one without meaning.
    """
    half = k // 2
    words = np.zeros(max(0, letters.size - 3 * (half - 1)), dtype=np.uint32)
    for letter in range(half):
        shifted = letters[3 * (half - 1 - letter if strand else letter) :]
        for place in range(words.size):
            words[place] = words[place] * np.uint32(alphabet) + np.uint32(shifted[place])
    numbers = np.empty(max(0, letters.size - 3 * (k - 1)), dtype=np.uint32)
    high = words[3 * (k - half) :] if strand else words
    low = words if strand else words[3 * (k - half) :]
    top = np.uint32(alphabet**half)
    if k == 2 * half:
        for place in range(numbers.size):
            numbers[place] = high[place] * top + low[place]
    else:
        middle = letters[3 * half :]
        for place in range(numbers.size):
            upper = high[place] * np.uint32(alphabet) + np.uint32(middle[place])
            numbers[place] = upper * top + low[place]
    _leave_out_unreadable(letters, k, numbers)
    return numbers


@njit(nogil=True, cache=True)
def _leave_out_unreadable(letters: NDArray[np.uint8], k: int, numbers: NDArray[np.uint32]) -> None:
    unreadable = False
    for letter in letters:  # Nearly always in vain, but in vector instructions.
        unreadable |= letter == UNREADABLE
    if not unreadable:
        return
    for place in range(letters.size):
        if letters[place] == UNREADABLE:
            for first in range(place - 3 * (k - 1), place + 1, 3):
                if 0 <= first < numbers.size:
                    numbers[first] = _NONE


@njit(nogil=True, cache=True)
def _length_ranks(
    stretches: NDArray[np.int64], power: float
) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Rank of each length among those of all stretches, and the weight of each rank.

    Should there be more than 1,024 different lengths, the shortest of them count as one.
    """
    longest = 0
    for row in range(len(stretches)):
        longest = max(longest, (stretches[row, 1] - stretches[row, 0]) // 3)
    ranks = np.zeros(longest + 1, dtype=np.uint32)
    for row in range(len(stretches)):
        ranks[(stretches[row, 1] - stretches[row, 0]) // 3] = 1
    shares = np.empty(_LENGTHS, dtype=np.float32)
    rank = min(0, _LENGTHS - int(ranks.sum()))
    for length in range(longest + 1):
        if ranks[length]:
            ranks[length] = max(0, rank)
            share = length / longest
            shares[max(0, rank)] = share if power == 1.0 else share**power
            rank += 1
    return ranks, shares


@njit(nogil=True, cache=True)
def _pack(
    numbers: NDArray[np.uint32],
    stretches: NDArray[np.int64],
    ranks: NDArray[np.uint32],
    k: int,
    packed: NDArray[np.uint32],
) -> int:
    """K-mers of a strand's stretches with the ranks of their lengths; returns how many."""
    count = np.uint64(0)
    for row in range(len(stretches)):
        begin, end = stretches[row]
        rank = ranks[(end - begin) // 3]
        place, stop = np.uint64(begin), np.uint64(max(begin, end - 3 * (k - 1)))
        while place < stop:
            packed[count] = (numbers[place] << _LENGTH_BITS) | rank
            count += np.uint64(numbers[place] != _NONE)
            place += _CODON
    return int(count)


@njit(nogil=True, cache=True)
def _sort(packed: NDArray[np.uint32], spare: NDArray[np.uint32]) -> None:
    """Sort by the k-mers: a radix sort of two digits."""
    low_starts = np.zeros(_DIGITS, dtype=np.uint32)
    high_starts = np.zeros(_DIGITS, dtype=np.uint32)
    for value in packed:
        low_starts[(value >> _LENGTH_BITS) & _DIGIT_MASK] += np.uint32(1)
        high_starts[value >> (_LENGTH_BITS + _DIGIT_BITS)] += np.uint32(1)
    low, high = np.uint32(0), np.uint32(0)
    for digit in range(_DIGITS):
        size = low_starts[digit]
        low_starts[digit] = low
        low += size
        size = high_starts[digit]
        high_starts[digit] = high
        high += size
    for value in packed:
        digit = (value >> _LENGTH_BITS) & _DIGIT_MASK
        spare[low_starts[digit]] = value
        low_starts[digit] += np.uint32(1)
    for value in spare[: packed.size]:
        digit = value >> (_LENGTH_BITS + _DIGIT_BITS)
        packed[high_starts[digit]] = value
        high_starts[digit] += np.uint32(1)


@njit(nogil=True, cache=True)
def _distinct(
    packed: NDArray[np.uint32], longest: NDArray[np.uint32], copied: NDArray[np.uint32]
) -> int:
    """Each k-mer once, from row 1 on, in its longest stretch, and how many were read until then.

    Without a branch, as no processor could foretell it: a row is written until its k-mer ends, and
    as k-mers ascend, the largest number so far is always the one of the longest stretch.
    """
    row, most, last = np.uint64(0), np.uint32(0), _NONE
    copied[0] = 0
    for place in range(packed.size):
        value = packed[place]
        key = value >> _LENGTH_BITS
        row += np.uint64(key != last)
        last = key
        most = max(most, value)
        longest[row] = most
        copied[row] = place + 1
    return int(row)


@njit(nogil=True, cache=True)
def _weigh(
    longest: NDArray[np.uint32],
    copied: NDArray[np.uint32],
    shares: NDArray[np.float32],
    rarity: KmerWeights,
    weights: NDArray[np.float32],
) -> None:
    """Weights of the rows of :func:`_distinct`."""
    rows, ends = longest[1:], copied[1:]
    for place in range(weights.size):
        value = rows[place]
        copies = ends[place] - copied[place]
        weight = shares[value & _LENGTH_MASK] * rarity.values[rarity.ranks[value >> _LENGTH_BITS]]
        weights[place] = weight * _BY_COPIES[min(copies, _MOST_COPIES)]


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def _to_length_one(weights: NDArray[np.float32]) -> None:
    """Scale to Euclidean length one; how the sum is taken depends on how many there are only."""
    total = 0.0
    for weight in weights:
        total += weight * weight
    if total > 0:
        scale = np.float32(1 / np.sqrt(total))
        for place in range(weights.size):
            weights[place] *= scale
