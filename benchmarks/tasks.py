"""The questions: queries with known answers, and queries that have none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, train_test_split

from benchmarks.common import family
from core.classification.training import inner_products
from core.encoders import TranslatedEncoder
from core.encoders.translated import stacked
from core.evaluation.perturbations import fragment, substituted
from core.evaluation.splits import FOLDS
from core.sequences.alphabet import reverse_complement
from core.sequences.records import Record

__all__ = [
    "Round",
    "Task",
    "held_out",
    "labelled",
    "left_out_families",
    "profile_products",
    "split",
    "strangers",
    "substituted",
    "variations",
]

FRAGMENT, SHORTEST_FRAGMENTED = 150, 300
STRANGERS = 1_000
DRAWS = 5


@dataclass(frozen=True, slots=True)
class Task:
    """Queries and their families; None where a query has none in the reference."""

    name: str
    queries: Sequence[str]
    truth: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Round:
    """A reference, and the tasks that are put to it."""

    reference: Sequence[Record]
    tasks: Sequence[Task]


def labelled(name: str, records: Sequence[Record]) -> Task:
    """The records as queries."""
    return Task(name, [record.residues for record in records], [family(each) for each in records])


def split(human: Sequence[Record], seed: int) -> tuple[list[Record], list[Record]]:
    """Reference and queries: the usual split, a fifth of the rows being queries."""
    reference, queries = train_test_split(list(human), test_size=0.2, random_state=seed)
    return reference, queries


def variations(queries: Sequence[Record], seed: int) -> list[Task]:
    """The split's queries as fragments, on the other strand, and with substitutions."""
    generator = np.random.default_rng(seed)
    plain = labelled("", queries)
    long = [each for each in queries if len(each.residues) >= SHORTEST_FRAGMENTED]
    fragments = [fragment(each.residues, FRAGMENT, generator) for each in long]
    return [
        Task(f"{FRAGMENT} b", fragments, [family(each) for each in long]),
        Task("revcomp", [reverse_complement(each) for each in plain.queries], plain.truth),
        *substitutions(queries, seed),
    ]


def substitutions(queries: Sequence[Record], seed: int, where: str = "") -> list[Task]:
    """The queries with a share of their bases substituted, each several times: draws differ."""
    plain = labelled("", queries)
    generator = np.random.default_rng(seed)
    return [
        Task(
            f"{share:.0%}{where}",
            [substituted(each, share, generator) for each in list(plain.queries) * DRAWS],
            list(plain.truth) * DRAWS,
        )
        for share in (0.05, 0.10)
    ]


def strangers(human: Sequence[Record], seed: int) -> list[Task]:
    """Random DNA of the data's composition and lengths, and genes with their letters shuffled."""
    generator = np.random.default_rng(seed)
    sequences = [record.residues for record in human]
    counts = np.array([sum(each.count(base) for each in sequences) for base in "ACGT"])
    lengths = generator.choice([len(each) for each in sequences], STRANGERS)
    random = [
        "".join(generator.choice(list("ACGT"), length, p=counts / counts.sum()))
        for length in lengths
    ]
    chosen = generator.choice(len(sequences), min(STRANGERS, len(sequences)), replace=False)
    shuffled = ["".join(generator.permutation(list(sequences[place]))) for place in chosen]
    return [
        Task("random", random, [None] * len(random)),
        Task("shuffled", shuffled, [None] * len(shuffled)),
    ]


def held_out(name: str, human: Sequence[Record], clusters: NDArray[np.int64]) -> Iterator[Round]:
    """Whole clusters held out: no cluster is on both sides."""
    folds = GroupKFold(FOLDS).split(np.zeros(len(human)), groups=clusters)
    for rest, queries in folds:
        task = labelled(name, [human[place] for place in queries])
        yield Round([human[place] for place in rest], [task])


def left_out_families(human: Sequence[Record], names: Mapping[int, str]) -> Iterator[Round]:
    """Each family as queries to a reference that has the others only."""
    for number in sorted({family(record) for record in human}):
        members = [record.residues for record in human if family(record) == number]
        rest = [record for record in human if family(record) != number]
        yield Round(rest, [Task(names[number], members, [None] * len(members))])


# Relatives


def profile_products(human: Sequence[Record]) -> NDArray[np.float32]:
    """Inner products of all profiles with all others; 0 with themselves."""
    sequences = [record.residues for record in human]
    encoder = TranslatedEncoder.fit(sequences)
    rows = stacked([encoder.profile(sequence) for sequence in sequences])
    products = inner_products(rows, rows)
    np.fill_diagonal(products, 0)
    return products
