"""The questions: queries with known answers, and queries that have none."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, train_test_split

from benchmarks.common import family, fasta
from benchmarks.peers import protein
from core.calling.clusters import inner_products, linked_clusters
from core.encoders import TranslatedEncoder
from core.encoders.translated import stacked
from core.sequences.records import Record

FOLDS = 5
LINK = 0.05
"""Inner product of profiles above which two sequences are relatives: random DNA stays below."""
CLUSTERING = "-s 7.5 --min-seq-id 0.25 -c 0.5 --cov-mode 1 --cluster-mode 1 -v 1"
"""How MMseqs2 clusters: a quarter identical over half of one of the two, and single linkage."""
FRAGMENT, SHORTEST_FRAGMENTED = 150, 300
STRANGERS = 1_000

_COMPLEMENT = str.maketrans("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN")


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
    fragments = [fragment(each.residues, generator) for each in long]
    return [
        Task(f"{FRAGMENT} b", fragments, [family(each) for each in long]),
        Task("revcomp", [each.translate(_COMPLEMENT)[::-1] for each in plain.queries], plain.truth),
        *(
            Task(
                f"{share:.0%}".replace("%", " %"),
                [substituted(each, share, generator) for each in plain.queries],
                plain.truth,
            )
            for share in (0.05, 0.10)
        ),
    ]


def fragment(sequence: str, generator: np.random.Generator) -> str:
    """One window at random."""
    start = int(generator.integers(len(sequence) - FRAGMENT + 1))
    return sequence[start : start + FRAGMENT]


def substituted(sequence: str, share: float, generator: np.random.Generator) -> str:
    """A share of the bases, each by one of the three others."""
    letters = np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)
    codes = np.searchsorted(_BASES, letters)
    codes[codes == _BASES.size] = 0
    chosen = (generator.random(letters.size) < share) & (_BASES[codes] == letters)
    others = _BASES[(codes + generator.integers(1, 4, letters.size)) % _BASES.size]
    return np.where(chosen, others, letters).astype(np.uint8).tobytes().decode("ascii")


_BASES = np.frombuffer(b"ACGT", dtype=np.uint8)


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


def profile_clusters(products: NDArray[np.float32]) -> NDArray[np.int64]:
    """Single linkage of profiles."""
    return linked_clusters(products, LINK)


def mmseqs_clusters(human: Sequence[Record]) -> NDArray[np.int64]:
    """Clusters of the longest open stretches by MMseqs2: connected components of relatives."""
    with TemporaryDirectory(prefix="genekin-clusters-") as folder:
        path = Path(folder)
        proteins = fasta(path / "proteins.fasta", [protein(record.residues) for record in human])
        command = ["mmseqs", "easy-cluster", str(proteins), str(path / "found"), str(path / "work")]
        subprocess.run([*command, *CLUSTERING.split()], capture_output=True, check=True)
        lines = (path / "found_cluster.tsv").read_text(encoding="ascii").splitlines()
    clusters = -1 - np.arange(len(human), dtype=np.int64)  # What is too short is a cluster alone.
    for line in lines:
        chosen, member = line.split("\t")
        clusters[int(member)] = int(chosen)
    return clusters
