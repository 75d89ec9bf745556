"""Simulated gene families: members descend from one random protein by substitutions."""

import random
from functools import cache

from Bio.Data import CodonTable

from core.sequences.records import Record

FAMILIES = {number: f"Family {number}" for number in range(6)}
CODONS = 150

_STOPS = set(CodonTable.unambiguous_dna_by_name["Standard"].stop_codons)


@cache
def ancestor(family: int) -> str:
    """Return the ancestral open reading frame of a family, of 150 codons."""
    generator = random.Random(f"ancestor {family}")
    return "".join(_draw_codon(generator) for _ in range(CODONS))


def member(family: int, name: object, change: float) -> str:
    """Return a descendant without stops, in which a share `change` of the bases is redrawn."""
    generator = random.Random(f"member {family} {name}")
    codons = [ancestor(family)[start : start + 3] for start in range(0, 3 * CODONS, 3)]
    return "".join(_mutate(codon, change, generator) for codon in codons)


def members(organism: str, families: int = 6, count: int = 12) -> list[Record]:
    """Return members of each family, close and distant ones."""
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


def _draw_codon(generator: random.Random) -> str:
    while (codon := "".join(generator.choices("ACGT", k=3))) in _STOPS:
        pass
    return codon


def _mutate(codon: str, change: float, generator: random.Random) -> str:
    while True:
        mutated = "".join(
            generator.choice("ACGT") if generator.random() < change else base for base in codon
        )
        if mutated not in _STOPS:
            return mutated
