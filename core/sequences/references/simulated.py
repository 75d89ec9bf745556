"""Simulated orthologs: genes as a related organism could have them, always named as simulated.

Substitutions are random, with purifying selection: non-synonymous ones are accepted one time in
ten, those that make or remove a stop codon never.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from Bio.Data.CodonTable import unambiguous_dna_by_id

from core.errors import InputError
from core.sequences.records import MAX_NAME, Record

MAX_DIVERGENCE = 0.4
"""Maximum divergence: beyond it hardly any homology is detectable."""
_NON_SYNONYMOUS_ACCEPTANCE = 0.1
"""Probability that a non-synonymous substitution is accepted."""
_MAX_DRAWS = 40
"""Draws for each substitution; few are synonymous once most third bases have changed."""
_CODONS = dict(unambiguous_dna_by_id[1].forward_table)
_STOPS = frozenset(unambiguous_dna_by_id[1].stop_codons)
_OTHER_BASES = {base: "ACGT".replace(base, "") for base in "ACGT"}


def simulated_name(organism: str, divergence: float) -> str:
    """Return the organism name of simulated orthologs.

    >>> simulated_name("human", 0.05)
    'simulated_human_5'
    """
    percent = f"{divergence:.1%}".removesuffix("%").removesuffix(".0").replace(".", "_")
    return f"simulated_{organism}_{percent}"


def simulated_source(organism: str, divergence: float, seed: int) -> str:
    """Return the description of simulated orthologs that is stored with a load.

    >>> simulated_source("human", 0.05, 1)
    'simulated: human with 5.0% of its bases substituted (seed 1)'
    """
    return f"simulated: {organism} with {divergence:.1%} of its bases substituted (seed {seed})"


def simulate(records: Sequence[Record], divergence: float, seed: int) -> tuple[Record, ...]:
    """Return a simulated ortholog of each record, in their order, with the same families.

    Parameters
    ----------
    divergence
        Share of the bases that are substituted, above 0, at most :data:`MAX_DIVERGENCE`.
    seed
        Random seed: the same seed gives the same genes.

    Raises
    ------
    InputError
        If the divergence is out of range.
    """
    if not 0 < divergence <= MAX_DIVERGENCE:
        message = f"Invalid divergence {divergence}."
        raise InputError(message, f"Use a value above 0, at most {MAX_DIVERGENCE}.")
    generator = random.Random(seed)  # noqa: S311  (not for secrets)
    return tuple(
        replace(
            record,
            name=f"simulated_{record.name or record.position}"[:MAX_NAME],
            residues=_ortholog(record.residues, divergence, generator),
        )
        for record in records
    )


def main_frame(residues: str) -> int:
    """Return the forward reading frame (0, 1 or 2) with the fewest stops, the first of equals.

    >>> main_frame("TAATGACCAT")
    1
    """
    return min(range(3), key=lambda frame: _count_stops(residues, frame))


def _count_stops(residues: str, frame: int) -> int:
    """Count the stop codons of a frame, without a terminal one."""
    last = len(residues) - 3
    return sum(residues[start : start + 3] in _STOPS for start in range(frame, last - 2, 3))


def _ortholog(residues: str, divergence: float, generator: random.Random) -> str:
    letters = list(residues)
    frame = main_frame(residues)
    positions = [position for position, letter in enumerate(letters) if letter in _OTHER_BASES]
    substitutions = round(divergence * len(positions))
    changed: set[int] = set()
    for _ in range(substitutions * _MAX_DRAWS):
        if len(changed) >= substitutions:
            break
        position = generator.choice(positions)
        if position in changed:
            continue
        base = generator.choice(_OTHER_BASES[letters[position]])
        if generator.random() < _acceptance(letters, position, base, frame):
            letters[position] = base
            changed.add(position)
    return "".join(letters)


def _acceptance(letters: Sequence[str], position: int, base: str, frame: int) -> float:
    """Return the probability that a substitution is accepted, by its effect on the codon."""
    offset = (position - frame) % 3
    start = position - offset
    if start < frame or start + 3 > len(letters):
        return 1.0
    before = "".join(letters[start : start + 3])
    after = before[:offset] + base + before[offset + 1 :]
    if before in _STOPS or after in _STOPS:
        return 0.0
    synonymous = _CODONS.get(before) == _CODONS.get(after)
    return 1.0 if synonymous else _NON_SYNONYMOUS_ACCEPTANCE
