"""What the compiled kernels compute, said slowly and plainly, with Biopython and strings."""

import math
from collections import Counter, defaultdict
from itertools import product

from Bio.Align import substitution_matrices
from Bio.Data import CodonTable
from Bio.Seq import Seq

from core.encoders.proteins import GROUPS, RESIDUES

UNREADABLE = "?"
STOP = "*"

_TABLE = CodonTable.unambiguous_dna_by_name["Standard"]
_MATRIX = substitution_matrices.load("BLOSUM62")
_BLOSUM62 = {one: {other: float(_MATRIX[one][other]) for other in RESIDUES} for one in RESIDUES}


def reverse_complement(dna: str) -> str:
    return str(Seq(dna).reverse_complement())


def translation(dna: str) -> str:
    """One letter a codon; whatever is left over at the end is dropped."""
    codons = [dna[start : start + 3] for start in range(0, len(dna) - 2, 3)]
    return "".join(
        STOP if codon in _TABLE.stop_codons else _TABLE.forward_table.get(codon, UNREADABLE)
        for codon in codons
    )


def six_frames(dna: str) -> list[str]:
    """Three frames of the strand, then three of the other one, each from its own 5' end."""
    dna = dna.replace("U", "T")
    strands = (dna, reverse_complement(dna))
    return [translation(strand[frame:]) for strand in strands for frame in range(3)]


def stretches(frames: list[str]) -> list[str]:
    """What is between stops: 8 residues or more; if none is, the longest three and their equals."""
    found = [stretch for frame in frames for stretch in frame.split(STOP) if stretch]
    long = [stretch for stretch in found if len(stretch) >= 8]
    if long or not found:
        return long
    third = sorted(map(len, found), reverse=True)[:3][-1]
    return [stretch for stretch in found if len(stretch) >= third]


def longest_stretch(dna: str) -> str:
    """The longest; of equals the last in the order of RESIDUES, what is unreadable after them."""
    order = RESIDUES + UNREADABLE
    return max(
        stretches(six_frames(dna)),
        key=lambda stretch: (len(stretch), [order.index(residue) for residue in stretch]),
        default="",
    )


def in_groups(protein: str) -> str:
    """Each residue as the first of its group."""
    return "".join(
        next((group[0] for group in GROUPS if residue in group), residue) for residue in protein
    )


def kmers(stretch: str, k: int) -> list[str]:
    """At every place; none that holds something unreadable."""
    words = [stretch[start : start + k] for start in range(len(stretch) - k + 1)]
    return [word for word in words if UNREADABLE not in word]


def kmer_number(word: str, alphabet: str) -> int:
    number = 0
    for letter in word:
        number = number * len(alphabet) + alphabet.index(letter)
    return number


def weighted_kmers(dna: str, k: int, power: float, *, groups: bool) -> dict[int, float]:
    """(longest stretch it stands in / longest of all) ** power * (1 + ln count), by number."""
    alphabet = "".join(group[0] for group in GROUPS) if groups else RESIDUES
    found = stretches(six_frames(dna))
    counts: Counter[str] = Counter()
    longest: defaultdict[str, int] = defaultdict(int)
    for stretch in found:
        for word in kmers(in_groups(stretch) if groups else stretch, k):
            counts[word] += 1
            longest[word] = max(longest[word], len(stretch))
    of_all = max(map(len, found), default=1)
    return {
        kmer_number(word, alphabet): (longest[word] / of_all) ** power * (1 + math.log(count))
        for word, count in counts.items()
    }


def rarity(documents: int, frequency: int) -> float:
    return math.log((1 + documents) / (1 + frequency)) + 1


def length_one(weights: dict[int, float]) -> dict[int, float]:
    length = math.sqrt(sum(weight**2 for weight in weights.values()))
    return {number: weight / length for number, weight in weights.items()}


def inner_product(one: dict[int, float], other: dict[int, float]) -> float:
    return sum(weight * other.get(number, 0) for number, weight in one.items())


def substitution(one: str, other: str) -> float:
    """BLOSUM62 in half bits; -6 for a stop, -1 for what is unreadable."""
    if STOP in {one, other}:
        return -6
    if UNREADABLE in {one, other}:
        return -1
    return _BLOSUM62[one][other]


def aligned_frames(dna: str) -> list[str]:
    """Frames whose squared stretch lengths add up to 0.3 of the best frame's or more."""
    frames = six_frames(dna)
    openness = [sum(len(stretch) ** 2 for stretch in frame.split(STOP)) for frame in frames]
    return [
        frame for frame, open_ in zip(frames, openness, strict=True) if open_ >= 0.3 * max(openness)
    ]


def best_segment(dna: str, protein: str) -> float:
    """The best ungapped local score, from every start on every diagonal of every frame."""
    best = 0.0
    for frame in aligned_frames(dna):
        for start, other in product(range(len(frame)), range(len(protein))):
            total = 0.0
            for one, two in zip(frame[start:], protein[other:], strict=False):
                total += substitution(one, two)
                best = max(best, total)
    return best
