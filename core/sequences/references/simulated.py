"""Simulated orthologs: genes as a relative of an organism could have them, always called simulated.

Substitutions fall at random on a gene, but what selection would weed out is mostly rejected: those
that change the protein are kept one time in ten, those that make a stop never.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from Bio.Data.CodonTable import unambiguous_dna_by_id

from core.errors import InputError
from core.sequences.records import MAX_NAME, Record

MOST = 0.4
"""Largest divergence: beyond it a gene is hardly a relative any more."""
_KEPT = 0.1
"""Share of substitutions that change the protein, and are kept."""
_TRIES = 40
"""Draws for each substitution; few are synonymous when most third bases have changed already."""
_CODONS = dict(unambiguous_dna_by_id[1].forward_table)
_STOPS = frozenset(unambiguous_dna_by_id[1].stop_codons)
_OTHERS = {base: "ACGT".replace(base, "") for base in "ACGT"}


def simulated_name(organism: str, divergence: float) -> str:
    """What simulated orthologs of an organism are called.

    >>> simulated_name("human", 0.05)
    'simulated_human_5'
    """
    percent = f"{divergence:.1%}".removesuffix("%").removesuffix(".0").replace(".", "_")
    return f"simulated_{organism}_{percent}"


def simulated_source(organism: str, divergence: float, seed: int) -> str:
    """What is kept of their origin.

    >>> simulated_source("human", 0.05, 1)
    'simulated: human with 5.0% of its bases substituted (seed 1)'
    """
    return f"simulated: {organism} with {divergence:.1%} of its bases substituted (seed {seed})"


def simulate(records: Sequence[Record], divergence: float, seed: int) -> tuple[Record, ...]:
    """Simulated orthologs of good records, in their order, each with its family.

    Parameters
    ----------
    divergence
        Share of the bases that are substituted, above 0 and at most :data:`MOST`.
    seed
        The same one gives the same genes.

    Raises
    ------
    InputError
        If the divergence is not usable.
    """
    if not 0 < divergence <= MOST:
        message = f"{divergence} cannot be a divergence."
        raise InputError(message, f"It lies above 0 and is at most {MOST}.")
    generator = random.Random(seed)  # noqa: S311  (nothing secret)
    return tuple(
        replace(
            record,
            name=f"simulated_{record.name or record.position}"[:MAX_NAME],
            residues=_ortholog(record.residues, divergence, generator),
        )
        for record in records
    )


def main_frame(residues: str) -> int:
    """The forward reading frame (0, 1 or 2) with the fewest stops, the first of equals.

    >>> main_frame("TAATGACCAT")
    1
    """
    return min(range(3), key=lambda frame: _stops_in(residues, frame))


def _stops_in(residues: str, frame: int) -> int:
    """Stops in a frame, without one that ends it."""
    last = len(residues) - 3
    return sum(residues[at : at + 3] in _STOPS for at in range(frame, last - 2, 3))


def _ortholog(residues: str, divergence: float, generator: random.Random) -> str:
    letters = list(residues)
    frame = main_frame(residues)
    places = [at for at, letter in enumerate(letters) if letter in _OTHERS]
    wanted = round(divergence * len(places))
    changed: set[int] = set()
    for _ in range(wanted * _TRIES):
        if len(changed) >= wanted:
            break
        at = generator.choice(places)
        if at in changed:
            continue
        base = generator.choice(_OTHERS[letters[at]])
        if generator.random() < _acceptance(letters, at, base, frame):
            letters[at] = base
            changed.add(at)
    return "".join(letters)


def _acceptance(letters: Sequence[str], at: int, base: str, frame: int) -> float:
    """How likely it is that a substitution is kept, by what it does to its codon."""
    offset = (at - frame) % 3
    start = at - offset
    if start < frame or start + 3 > len(letters):
        return 1.0
    before = "".join(letters[start : start + 3])
    after = before[:offset] + base + before[offset + 1 :]
    if before in _STOPS or after in _STOPS:
        return 0.0
    return 1.0 if _CODONS.get(before) == _CODONS.get(after) else _KEPT
