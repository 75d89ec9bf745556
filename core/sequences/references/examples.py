"""Example queries, simulated from the human reference by a fixed recipe.

They are simulated orthologs of human genes, so that no query is an exact copy of a record of the
library.
"""

import random
from collections.abc import Callable, Mapping

from core.sequences.alphabet import reverse_complement
from core.sequences.references.human import FAMILIES, load_human_reference
from core.sequences.references.simulated import simulate

DIVERGENCE = 0.08
"""Share of the bases of an example that are substituted."""
_SEED = 2021
_MIN_LENGTH, _MAX_LENGTH = 600, 1_500
_FRAGMENT_LENGTH = 240


def make_examples() -> str:
    """Return FASTA: one simulated gene of each family, and a random sequence."""
    generator = _Generator()
    genes = [(f"example_{family + 1}", generator.gene(family)) for family in FAMILIES]
    return _to_fasta([*genes, ("random_sequence", generator.random())])


def make_receptor() -> str:
    """Return FASTA: a simulated G protein coupled receptor."""
    return _to_fasta([("receptor", _Generator().gene(0))])


def make_fragment() -> str:
    """Return FASTA: a fragment of a simulated ion channel, reverse complement."""
    return _to_fasta([("fragment", reverse_complement(_cut_fragment(_Generator().gene(5))))])


def make_random_sequence() -> str:
    """Return FASTA: random DNA, of no family."""
    return _to_fasta([("random_sequence", _Generator().random())])


def make_batch() -> str:
    """Return FASTA: genes, fragments on either strand, random DNA, and an invalid sequence."""
    generator = _Generator()
    entries = [(f"gene_{number}", generator.gene(number % len(FAMILIES))) for number in range(12)]
    for number in range(5):
        fragment = _cut_fragment(generator.gene(number))
        strand = reverse_complement(fragment) if number % 2 else fragment
        entries.append((f"fragment_{number}", strand))
    entries += [("random_0", generator.random()), ("random_1", generator.random())]
    return _to_fasta([*entries, ("invalid_character", f"{generator.random(200)}!")])


EXAMPLES: Mapping[str, Callable[[], str]] = {
    "G protein coupled receptor": make_receptor,
    "Fragment, reverse strand": make_fragment,
    "Random sequence": make_random_sequence,
    "Batch of 20": make_batch,
}
"""Example queries by their labels."""


class _Generator:
    """Simulates sequences, the same ones every time."""

    def __init__(self) -> None:
        self._random = random.Random(_SEED)  # noqa: S311  (not for secrets)

    def gene(self, family: int) -> str:
        suitable = [
            record
            for record in load_human_reference()
            if record.family == family
            and _MIN_LENGTH <= len(record.residues) <= _MAX_LENGTH
            and "N" not in record.residues
        ]
        gene = self._random.choice(suitable)
        (ortholog,) = simulate([gene], DIVERGENCE, self._random.getrandbits(32))
        return ortholog.residues

    def random(self, length: int = 900) -> str:
        return "".join(self._random.choices("ACGT", k=length))


def _cut_fragment(residues: str) -> str:
    middle = len(residues) // 2
    return residues[middle : middle + _FRAGMENT_LENGTH]


def _to_fasta(entries: list[tuple[str, str]]) -> str:
    return "".join(f">{name}\n{_wrap(residues)}\n" for name, residues in entries)


def _wrap(residues: str, width: int = 70) -> str:
    return "\n".join(residues[start : start + width] for start in range(0, len(residues), width))
