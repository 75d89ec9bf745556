"""Example queries, made from the human reference by a fixed recipe.

They are simulated orthologs of human genes, so that no query is an exact copy of what the library
holds.
"""

import random
from collections.abc import Callable, Mapping

from core.sequences.alphabet import reverse_complement
from core.sequences.references.human import FAMILIES, human_reference
from core.sequences.references.simulated import simulate

SUBSTITUTED = 0.08
"""Share of the bases of an example that are substituted."""
_SEED = 2021
_SHORTEST, _LONGEST = 600, 1_500
_FRAGMENT = 240


def examples() -> str:
    """FASTA: one simulated gene a family, and a random sequence at the end."""
    source = _Source()
    genes = [(f"example_{family + 1}", source.gene(family)) for family in FAMILIES]
    return _fasta([*genes, ("random_sequence", source.random())])


def receptor() -> str:
    """FASTA: a simulated G protein coupled receptor."""
    return _fasta([("receptor", _Source().gene(0))])


def fragment() -> str:
    """FASTA: a piece of a simulated ion channel, on the other strand."""
    return _fasta([("fragment", reverse_complement(_piece(_Source().gene(5))))])


def stranger() -> str:
    """FASTA: random DNA, which no family has."""
    return _fasta([("stranger", _Source().random())])


def batch() -> str:
    """FASTA: genes, fragments on either strand, random DNA, and one that cannot be read."""
    source = _Source()
    entries = [(f"gene_{number}", source.gene(number % len(FAMILIES))) for number in range(12)]
    for number in range(5):
        piece = _piece(source.gene(number))
        entries.append((f"fragment_{number}", reverse_complement(piece) if number % 2 else piece))
    entries += [("random_0", source.random()), ("random_1", source.random())]
    return _fasta([*entries, ("with_a_typing_error", f"{source.random(200)}!")])


EXAMPLES: Mapping[str, Callable[[], str]] = {
    "A G protein coupled receptor": receptor,
    "A fragment on the reverse strand": fragment,
    "Something unknown": stranger,
    "Twenty at once": batch,
}
"""What a newcomer can try, by what it is called."""


class _Source:
    """Simulated sequences, the same ones every time."""

    def __init__(self) -> None:
        self._generator = random.Random(_SEED)  # noqa: S311  (nothing secret)

    def gene(self, family: int) -> str:
        suitable = [
            record
            for record in human_reference()
            if record.family == family
            and _SHORTEST <= len(record.residues) <= _LONGEST
            and "N" not in record.residues
        ]
        gene = self._generator.choice(suitable)
        (ortholog,) = simulate([gene], SUBSTITUTED, self._generator.getrandbits(32))
        return ortholog.residues

    def random(self, bases: int = 900) -> str:
        return "".join(self._generator.choices("ACGT", k=bases))


def _piece(residues: str) -> str:
    middle = len(residues) // 2
    return residues[middle : middle + _FRAGMENT]


def _fasta(entries: list[tuple[str, str]]) -> str:
    return "".join(f">{name}\n{_wrapped(residues)}\n" for name, residues in entries)


def _wrapped(residues: str, width: int = 70) -> str:
    return "\n".join(residues[start : start + width] for start in range(0, len(residues), width))
