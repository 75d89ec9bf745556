"""Perturbed queries (fragments, substitutions, ambiguous bases) and random ones."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.evaluation.data import Indexes, LabelledData
from core.evaluation.splits import Round, Task, between_organisms, random_split
from core.sequences.alphabet import reverse_complement

FRAGMENT_LENGTHS = (75, 150, 300, 600)
"""Lengths of fragments, in bases."""
MIN_LENGTH_RATIO = 2
"""Fragments are cut from sequences at least this many times as long."""
SUBSTITUTION_RATES = (0.05, 0.10, 0.20, 0.30)
"""Shares of the bases that are substituted."""
AMBIGUITY_RATES = (0.01, 0.05, 0.20)
"""Shares of the bases that become N."""
REVERSE_COMPLEMENT = "reverse complement"
"""The task of reverse-complemented queries; stored in reports."""

SPLIT_SEEDS = (42, 1, 2)
"""Seeds of the repeated random splits."""
DRAWS = 5
"""Times that each query is substituted anew, where draws are repeated."""
DRAWN_RATES = (0.05, 0.10)
"""Shares of the bases that are substituted, where draws are repeated."""
DRAWN_FRAGMENT = 150
"""Length of the fragments beside repeated draws, in bases."""
UNRELATED = 1_000
"""Random sequences, and shuffled ones, that are unrelated to any family."""

_BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
_ANY = np.uint8(ord("N"))


# Splits


def perturbed_split(data: LabelledData, seed: int) -> list[Round]:
    """Hold out a random fifth of the distinct sequences, and perturb the queries in many ways."""
    return [
        Round(item.training, (*item.tasks, *_perturb(task, seed)))
        for item in random_split(data, seed, copies=False)
        for task in item.tasks
    ]


def repeated_splits(data: LabelledData, seed: int) -> list[Round]:
    """Hold out a random fifth with each of :data:`SPLIT_SEEDS`, and substitute bases repeatedly.

    The first split's queries are also fragmented and reverse-complemented.

    Parameters
    ----------
    seed
        Of the perturbations; the splits have their own seeds.
    """
    rounds = []
    for split_seed in SPLIT_SEEDS:
        (item,) = random_split(data, split_seed, copies=False)
        task = replace(item.tasks[0], name=f"split {split_seed}")
        if split_seed == SPLIT_SEEDS[0]:
            fragments = _cut(task, DRAWN_FRAGMENT, np.random.default_rng(seed))
            others = [*fragments, _reverse(task), *_substitute_repeatedly(task, seed)]
        else:
            others = list(_substitute_repeatedly(task, seed, ", other splits"))
        rounds.append(Round(item.training, (task, *others)))
    return rounds


def reference_organism(data: LabelledData, seed: int) -> list[Round]:
    """Train on the first organism; query with the other ones and with unrelated sequences.

    Unrelated are random DNA of the reference's base composition and lengths, and sequences of it
    with their letters shuffled.

    Raises
    ------
    InputError
        If there are fewer than two organisms.
    """
    item = between_organisms(data)[0]
    return [Round(item.training, (*item.tasks, *_unrelated(data, item.training, seed)))]


def _perturb(task: Task, seed: int) -> Iterator[Task]:
    generator = np.random.default_rng(seed)
    yield _reverse(task)
    for length in FRAGMENT_LENGTHS:
        yield from _cut(task, length, generator)
    for rate in SUBSTITUTION_RATES:
        substituted = [substitute(sequence, rate, generator) for sequence in task.sequences]
        yield _with(task, f"{rate:.0%} substituted", substituted)
    for rate in AMBIGUITY_RATES:
        masked = [mask(sequence, rate, generator) for sequence in task.sequences]
        yield _with(task, f"{rate:.0%} ambiguous", masked)


def _reverse(task: Task) -> Task:
    sequences = [reverse_complement(sequence) for sequence in task.sequences]
    return _with(task, REVERSE_COMPLEMENT, sequences)


def _cut(task: Task, length: int, generator: np.random.Generator) -> Iterator[Task]:
    """Yield a task of fragments, unless all sequences are too short."""
    long = [sequence for sequence in task.sequences if len(sequence) >= MIN_LENGTH_RATIO * length]
    if not long:
        return
    kept = np.array([len(sequence) >= MIN_LENGTH_RATIO * length for sequence in task.sequences])
    part = replace(task, indexes=task.indexes[kept], units=task.units[kept])
    fragments = [cut_fragment(sequence, length, generator) for sequence in long]
    yield _with(part, f"fragments of {length} bases", fragments)


def _substitute_repeatedly(task: Task, seed: int, suffix: str = "") -> Iterator[Task]:
    """Yield a task for each rate, with each query drawn several times, as draws differ."""
    generator = np.random.default_rng(seed)
    repeated = replace(task, indexes=np.tile(task.indexes, DRAWS), units=np.tile(task.units, DRAWS))
    for rate in DRAWN_RATES:
        sequences = [substitute(sequence, rate, generator) for sequence in task.sequences * DRAWS]
        yield _with(repeated, f"{rate:.0%} substituted{suffix}", sequences)


def _unrelated(data: LabelledData, indexes: Indexes, seed: int) -> Iterator[Task]:
    generator = np.random.default_rng(seed)
    sequences = data.take(indexes).sequences
    counts = np.array([sum(sequence.count(base) for sequence in sequences) for base in "ACGT"])
    models = generator.choice(len(sequences), UNRELATED)
    random = [
        "".join(generator.choice(list("ACGT"), len(sequences[model]), p=counts / counts.sum()))
        for model in models.tolist()
    ]
    yield _unknown("random", indexes[models], random)
    chosen = generator.choice(len(sequences), min(UNRELATED, len(sequences)), replace=False)
    shuffled = ["".join(generator.permutation(list(sequences[index]))) for index in chosen]
    yield _unknown("shuffled", indexes[chosen], shuffled)


def _unknown(name: str, indexes: Indexes, sequences: Sequence[str]) -> Task:
    units = np.arange(len(sequences))
    return Task(name, indexes, tuple(sequences), units, perturbed=True, unknown=True)


def _with(task: Task, name: str, sequences: Sequence[str]) -> Task:
    return replace(task, name=name, sequences=tuple(sequences), perturbed=True)


# Single sequences


def cut_fragment(sequence: str, length: int, generator: np.random.Generator) -> str:
    """Cut a random window of `length` bases."""
    start = int(generator.integers(len(sequence) - length + 1))
    return sequence[start : start + length]


def substitute(sequence: str, share: float, generator: np.random.Generator) -> str:
    """Substitute a share of the bases, each by one of the three others."""
    letters = np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)
    codes = np.searchsorted(_BASES, letters)
    codes[codes == _BASES.size] = 0
    chosen = (generator.random(letters.size) < share) & (_BASES[codes] == letters)
    others = _BASES[(codes + generator.integers(1, 4, letters.size)) % _BASES.size]
    return np.where(chosen, others, letters).astype(np.uint8).tobytes().decode("ascii")


def mask(sequence: str, share: float, generator: np.random.Generator) -> str:
    """Replace a share of the letters by N."""
    letters = np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)
    chosen = generator.random(letters.size) < share
    return np.where(chosen, _ANY, letters).astype(np.uint8).tobytes().decode("ascii")
