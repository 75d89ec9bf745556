"""Example queries, made from the human reference by a fixed recipe.

They are simulated: human genes with a share of their bases substituted, so that no query is an
exact copy of what the library holds.
"""

import random

from core.sequences.records import Record
from core.sequences.reference import FAMILIES, human_reference

SUBSTITUTED = 0.08
"""Share of the bases of an example that are substituted."""
_SEED = 2021
_SHORTEST, _LONGEST = 600, 1_500


def examples() -> str:
    """FASTA: one simulated gene a family, and a random sequence at the end."""
    generator = random.Random(_SEED)  # noqa: S311  (nothing secret)
    entries = [
        (f"example_{family + 1}", _substitute(_gene(generator, family), generator))
        for family in FAMILIES
    ]
    entries.append(("random_sequence", "".join(generator.choices("ACGT", k=900))))
    return "".join(f">{name}\n{_wrapped(residues)}\n" for name, residues in entries)


def _gene(generator: random.Random, family: int) -> str:
    suitable: list[Record] = [
        record
        for record in human_reference()
        if record.family == family
        and _SHORTEST <= len(record.residues) <= _LONGEST
        and "N" not in record.residues
    ]
    return generator.choice(suitable).residues


def _substitute(residues: str, generator: random.Random) -> str:
    return "".join(
        generator.choice("ACGT".replace(base, "")) if generator.random() < SUBSTITUTED else base
        for base in residues
    )


def _wrapped(residues: str, width: int = 70) -> str:
    return "\n".join(residues[start : start + width] for start in range(0, len(residues), width))
