"""Made-up references: small, always the same, and easy to tell apart."""

import random
from collections.abc import Sequence

from core.sequences.records import Record

FAMILY_NAMES = {0: "Kinase", 1: "Synthase", 2: "Ion channel"}


def dna(seed: int | str, length: int = 240) -> str:
    """A random sequence, always the same for a seed."""
    return "".join(random.Random(seed).choices("ACGT", k=length))


def genes(organism: str, count: int = 9) -> list[Record]:
    """Records of an organism, one family after the other; no two are alike."""
    return [
        Record("", dna(f"{organism} {number}"), number, number + 1, (number - 1) % 3)
        for number in range(1, count + 1)
    ]


def table(records: Sequence[Record]) -> str:
    """The records as a file with the header ``sequence<TAB>class``."""
    rows = [f"{record.residues}\t{record.family}\n" for record in records]
    return "".join(["sequence\tclass\n", *rows])
