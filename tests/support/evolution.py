"""Made-up gene families: members that descend from one random protein, by substitutions."""

import random
from functools import cache

from Bio.Data import CodonTable

from core.sequences.records import Record

FAMILIES = {number: f"Family {number}" for number in range(6)}
CODONS = 150

_STOPS = set(CodonTable.unambiguous_dna_by_name["Standard"].stop_codons)


@cache
def ancestor(family: int) -> str:
    """An open reading frame of 150 codons."""
    draw = random.Random(f"ancestor {family}")
    return "".join(_codon(draw) for _ in range(CODONS))


def member(family: int, name: object, change: float) -> str:
    """A descendant in which this share of the bases has been drawn again; it stays open."""
    draw = random.Random(f"member {family} {name}")
    codons = [ancestor(family)[start : start + 3] for start in range(0, 3 * CODONS, 3)]
    return "".join(_changed(codon, change, draw) for codon in codons)


def members(organism: str, families: int = 6, count: int = 12) -> list[Record]:
    """Members of each family, near ones and far ones."""
    changes = (0.05, 0.1, 0.2, 0.3)
    return [
        Record(
            f"{organism}_{family}_{number}",
            member(family, f"{organism} {number}", changes[number % len(changes)]),
            family * count + number + 1,
            family * count + number + 2,
            family,
        )
        for family in range(families)
        for number in range(count)
    ]


def _codon(draw: random.Random) -> str:
    while (codon := "".join(draw.choices("ACGT", k=3))) in _STOPS:
        pass
    return codon


def _changed(codon: str, change: float, draw: random.Random) -> str:
    while True:
        changed = "".join(draw.choice("ACGT") if draw.random() < change else base for base in codon)
        if changed not in _STOPS:
            return changed
