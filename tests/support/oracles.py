"""Slow, obvious implementations of the compiled functions, with Biopython and strings."""

import math
from collections import Counter, defaultdict
from itertools import product

from Bio.Align import substitution_matrices
from Bio.Data import CodonTable
from Bio.Seq import Seq

from core.encoders.proteins import GROUPS, RESIDUES

AMBIGUOUS = "?"
STOP = "*"

_TABLE = CodonTable.unambiguous_dna_by_name["Standard"]
_MATRIX = substitution_matrices.load("BLOSUM62")
_BLOSUM62 = {one: {other: float(_MATRIX[one][other]) for other in RESIDUES} for one in RESIDUES}


def reverse_complement(dna: str) -> str:
    return str(Seq(dna).reverse_complement())


def translate(dna: str) -> str:
    """Return one letter a codon, without the bases that are left over at the end."""
    codons = [dna[start : start + 3] for start in range(0, len(dna) - 2, 3)]
    return "".join(
        STOP if codon in _TABLE.stop_codons else _TABLE.forward_table.get(codon, AMBIGUOUS)
        for codon in codons
    )


def six_frames(dna: str) -> list[str]:
    """Return three frames of the forward strand, then three of the reverse complement."""
    dna = dna.replace("U", "T")
    strands = (dna, reverse_complement(dna))
    return [translate(strand[frame:]) for strand in strands for frame in range(3)]


def find_orfs(frames: list[str]) -> list[str]:
    """Return what is between stops, of 8 residues or more; else the longest three, with ties."""
    orfs = [orf for frame in frames for orf in frame.split(STOP) if orf]
    long = [orf for orf in orfs if len(orf) >= 8]
    if long or not orfs:
        return long
    third = sorted(map(len, orfs), reverse=True)[:3][-1]
    return [orf for orf in orfs if len(orf) >= third]


def find_longest_orf(dna: str) -> str:
    """Return the longest ORF; of equals the last in the order of RESIDUES, then AMBIGUOUS."""
    order = RESIDUES + AMBIGUOUS
    return max(
        find_orfs(six_frames(dna)),
        key=lambda orf: (len(orf), [order.index(residue) for residue in orf]),
        default="",
    )


def reduce_alphabet(protein: str) -> str:
    """Return each residue as the first of its group."""
    return "".join(
        next((group[0] for group in GROUPS if residue in group), residue) for residue in protein
    )


def split_kmers(orf: str, k: int) -> list[str]:
    """Return the k-mers at all positions, without ambiguous ones."""
    kmers = [orf[start : start + k] for start in range(len(orf) - k + 1)]
    return [kmer for kmer in kmers if AMBIGUOUS not in kmer]


def number_kmer(kmer: str, alphabet: str) -> int:
    number = 0
    for letter in kmer:
        number = number * len(alphabet) + alphabet.index(letter)
    return number


def weigh_kmers(dna: str, k: int, power: float, *, groups: bool) -> dict[int, float]:
    """Return (longest ORF with it / longest of all) ** power * (1 + ln count), by number."""
    alphabet = "".join(group[0] for group in GROUPS) if groups else RESIDUES
    orfs = find_orfs(six_frames(dna))
    counts: Counter[str] = Counter()
    longest: defaultdict[str, int] = defaultdict(int)
    for orf in orfs:
        for kmer in split_kmers(reduce_alphabet(orf) if groups else orf, k):
            counts[kmer] += 1
            longest[kmer] = max(longest[kmer], len(orf))
    longest_of_all = max(map(len, orfs), default=1)
    return {
        number_kmer(kmer, alphabet): (longest[kmer] / longest_of_all) ** power
        * (1 + math.log(count))
        for kmer, count in counts.items()
    }


def idf(documents: int, frequency: int) -> float:
    return math.log((1 + documents) / (1 + frequency)) + 1


def normalise(weights: dict[int, float]) -> dict[int, float]:
    length = math.sqrt(sum(weight**2 for weight in weights.values()))
    return {number: weight / length for number, weight in weights.items()}


def inner_product(one: dict[int, float], other: dict[int, float]) -> float:
    return sum(weight * other.get(number, 0) for number, weight in one.items())


def substitution_score(one: str, other: str) -> float:
    """Return the score of BLOSUM62 in half bits; -6 for a stop, -1 for an ambiguous residue."""
    if STOP in {one, other}:
        return -6
    if AMBIGUOUS in {one, other}:
        return -1
    return _BLOSUM62[one][other]


def aligned_frames(dna: str) -> list[str]:
    """Return frames whose squared ORF lengths add up to 0.3 of the best frame's or more."""
    frames = six_frames(dna)
    openness = [sum(len(orf) ** 2 for orf in frame.split(STOP)) for frame in frames]
    return [
        frame for frame, open_ in zip(frames, openness, strict=True) if open_ >= 0.3 * max(openness)
    ]


def matching_bases(query: str, candidate: str, word: int) -> int:
    """Return the bases of a query that are identical in the best ungapped segment over them.

    Segments have a score of 24 or more, match 2, mismatch -3, on diagonals with a shared word.
    """
    segments = []
    for shift in range(-len(query), len(candidate)):
        positions = [
            position for position in range(len(query)) if 0 <= position + shift < len(candidate)
        ]
        same = {
            position: query[position] == candidate[position + shift] in "ACGT"
            for position in positions
        }
        if any(all(same.get(position + step) for step in range(word)) for position in positions):
            segments += _positive_segments(positions, same)
    matches: dict[int, bool] = {}
    for _, segment in sorted(segments, key=lambda scored: -scored[0]):
        matches = segment | matches
    return sum(matches.values())


def _positive_segments(
    positions: list[int], same: dict[int, bool]
) -> list[tuple[int, dict[int, bool]]]:
    """Return the segments that begin where the sum is zero: the score, and what is identical."""
    segments = []
    while positions:
        sums, total = [], 0
        for position in positions:
            total += 2 if same[position] else -3
            sums.append(total)
            if total < 0:
                break
        best = max(sums)
        stop = sums.index(best) + 1 if best >= 24 else len(sums)
        if best >= 24:
            segments.append((best, {position: same[position] for position in positions[:stop]}))
        positions = positions[stop:]
    return segments


def best_segment_score(dna: str, protein: str) -> float:
    """Return the best ungapped local score, from every start on every diagonal of every frame."""
    best = 0.0
    for frame in aligned_frames(dna):
        for start, other in product(range(len(frame)), range(len(protein))):
            total = 0.0
            for one, two in zip(frame[start:], protein[other:], strict=False):
                total += substitution_score(one, two)
                best = max(best, total)
    return best
