"""Synthetic references: small, reproducible, and easy to distinguish."""

import random
from collections.abc import Sequence

from core.sequences.records import Record

FAMILY_NAMES = {0: "Kinase", 1: "Synthase", 2: "Ion channel"}


def dna(seed: int | str, length: int = 240) -> str:
    """Return a random sequence, the same one for the same seed."""
    return "".join(random.Random(seed).choices("ACGT", k=length))


def genes(organism: str, count: int = 9) -> list[Record]:
    """Return distinct records of an organism, the families in turn."""
    return [
        Record("", dna(f"{organism} {number}"), number, number + 1, (number - 1) % 3)
        for number in range(1, count + 1)
    ]


def table(records: Sequence[Record]) -> str:
    """Return the records as a file with the header ``sequence<TAB>class``."""
    rows = [f"{record.residues}\t{record.family}\n" for record in records]
    return "".join(["sequence\tclass\n", *rows])
