"""Stress: queries cut short, changed, turned round and made ambiguous, as real ones are."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from core.evaluation.data import LabelledData
from core.evaluation.splits import Round, Task, seed_split
from core.sequences.alphabet import reverse_complement

FRAGMENTS = (75, 150, 300, 600)
"""Lengths of fragments, in bases."""
LONGER = 2
"""A fragment is cut of sequences that are so many times as long at least."""
SUBSTITUTED = (0.05, 0.10, 0.20, 0.30)
"""Shares of the bases that are substituted."""
AMBIGUOUS = (0.01, 0.05, 0.20)
"""Shares of the bases that become N."""
REVERSED = "reverse complement"

_BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
_ANY = np.uint8(ord("N"))


def stress(data: LabelledData, seed: int) -> list[Round]:
    """The seed's split without copies, its queries as they are and changed in many ways."""
    return [
        Round(each.training, (*each.tasks, *_changed(task, seed)))
        for each in seed_split(data, seed, copies=False)
        for task in each.tasks
    ]


def _changed(task: Task, seed: int) -> Iterator[Task]:
    generator = np.random.default_rng(seed)
    yield _with(task, REVERSED, [reverse_complement(each) for each in task.sequences])
    for length in FRAGMENTS:
        long = np.array([len(each) >= LONGER * length for each in task.sequences], dtype=np.bool_)
        if long.any():
            whole = [each for each in task.sequences if len(each) >= LONGER * length]
            pieces = [fragment(each, length, generator) for each in whole]
            part = replace(task, places=task.places[long], units=task.units[long])
            yield _with(part, f"fragments of {length} bases", pieces)
    for share in SUBSTITUTED:
        changed = [substituted(each, share, generator) for each in task.sequences]
        yield _with(task, f"{share:.0%} substituted", changed)
    for share in AMBIGUOUS:
        masked = [ambiguous(each, share, generator) for each in task.sequences]
        yield _with(task, f"{share:.0%} ambiguous", masked)


def fragment(sequence: str, length: int, generator: np.random.Generator) -> str:
    """A window of so many bases, at random."""
    start = int(generator.integers(len(sequence) - length + 1))
    return sequence[start : start + length]


def substituted(sequence: str, share: float, generator: np.random.Generator) -> str:
    """A share of the bases, each by one of the three others."""
    letters = np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)
    codes = np.searchsorted(_BASES, letters)
    codes[codes == _BASES.size] = 0
    chosen = (generator.random(letters.size) < share) & (_BASES[codes] == letters)
    others = _BASES[(codes + generator.integers(1, 4, letters.size)) % _BASES.size]
    return np.where(chosen, others, letters).astype(np.uint8).tobytes().decode("ascii")


def ambiguous(sequence: str, share: float, generator: np.random.Generator) -> str:
    """A share of the letters, each by N."""
    letters = np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)
    chosen = generator.random(letters.size) < share
    return np.where(chosen, _ANY, letters).astype(np.uint8).tobytes().decode("ascii")


def _with(task: Task, name: str, sequences: list[str]) -> Task:
    return replace(task, name=name, sequences=tuple(sequences), changed=True)
