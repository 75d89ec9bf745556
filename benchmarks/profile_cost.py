"""Time that profile HMMs take: to learn what they say, and to answer queries with them.

Run it by hand on a quiet machine, ``python -m benchmarks.profile_cost``; it writes its section of
RESULTS.md. Profiles are built from single proteins of dog and chimpanzee, the library is human.
"""

import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from benchmarks.common import (
    log,
    open_embedded,
    option_parser,
    publish,
    query_records,
    read_organisms,
    table,
)
from benchmarks.profiles import build_profile
from core.classify import classify
from core.evaluation.external_tools import translate_orf
from core.library.load import load
from core.library.manager import Libraries
from core.library.profile_file import MAX_PROFILES
from core.library.profiles import add_profiles
from core.sequences.records import Record

SIZES = (0, 100, 500, MAX_PROFILES)
PART = 250
"""Profiles of a file, which has a maximum size."""
LENGTHS = range(100, 601)
"""Residues of the proteins that profiles are built from."""
HELD_OUT = 10
"""Of so many human genes, one is a query and is not in the library."""
UNKNOWN, UNKNOWN_BASES = 100, 1_200
SINGLE = 30
"""Queries that are asked one by one."""


def main() -> None:
    """Measure, and write the section."""
    publish("profile-cost", option_parser(__doc__).parse_args(), measure)


class Cost(NamedTuple):
    """Times with some number of profiles.

    Attributes
    ----------
    learning
        Seconds to add the last file of them, after which all are learned anew.
    batch, single
        Milliseconds a query, of one batch and one by one; of human genes, and of random DNA.
    """

    profiles: int
    learning: float
    batch: tuple[float, float]
    single: tuple[float, float]


def measure(options: Namespace) -> str:
    """Add profiles step by step, and return the section."""
    organisms = read_organisms(options.data, options.sample, options.seed)
    profiles = _build([*organisms["dog"], *organisms["chimpanzee"]])
    log.info("%d profiles built", len(profiles))
    human = organisms["human"]
    queries = query_records([record.residues for record in human[::HELD_OUT]])
    library = [record for index, record in enumerate(human) if index % HELD_OUT]
    generator = np.random.default_rng(options.seed)
    unknown = query_records(
        ["".join(generator.choice(list("ACGT"), UNKNOWN_BASES)) for _ in range(UNKNOWN)]
    )
    costs = []
    with TemporaryDirectory() as folder, open_embedded(Path(folder)) as libraries:
        load(libraries, {"human": library}, library="lab")
        for before, size in zip((0, *SIZES), SIZES, strict=False):
            learning = 0.0
            for start in range(before, size, PART):
                file = b"".join(profiles[start : min(start + PART, size)])
                started = time.perf_counter()
                add_profiles(libraries, "lab", file, f"{start}.hmm")
                learning = time.perf_counter() - started
            times = [_times(libraries, records) for records in (queries, unknown)]
            (gene, one_gene), (random, one_random) = times
            costs.append(Cost(size, learning, (gene, random), (one_gene, one_random)))
            log.info("%s", costs[-1])
    return _section(costs, len(library), len(queries))


def _build(records: Sequence[Record]) -> list[bytes]:
    """Build profiles of distinct proteins, as many as a library can have."""
    proteins = dict.fromkeys(translate_orf(record.residues) for record in records)
    fitting = [protein for protein in proteins if len(protein) in LENGTHS][: SIZES[-1]]
    return [build_profile(f"p{number}", [protein]) for number, protein in enumerate(fitting)]


def _times(libraries: Libraries, records: Sequence[Record]) -> tuple[float, float]:
    """Return milliseconds a query, of one batch and one by one."""
    library = libraries.open("lab")
    classify(library, records[:2])  # What is read once is not measured.
    started = time.perf_counter()
    classify(library, records)
    batch = (time.perf_counter() - started) / len(records)
    single = []
    for record in records[:SINGLE]:
        started = time.perf_counter()
        classify(library, [record])
        single.append(time.perf_counter() - started)
    return 1e3 * batch, 1e3 * float(np.mean(single))


def _section(costs: Sequence[Cost], genes: int, queries: int) -> str:
    head = ["profiles", "learning, s", *_columns("a human gene"), *_columns("random DNA")]
    rows = [
        [
            f"{cost.profiles:,}",
            f"{cost.learning:.0f}" if cost.profiles else "",
            *(f"{part[kind]:.1f}" for kind in (0, 1) for part in (cost.batch, cost.single)),
        ]
        for cost in costs
    ]
    return (
        "## Time that profiles take\n\n"
        f"A library of {genes:,} human genes with profiles of {LENGTHS.start} to {LENGTHS.stop - 1}"
        " positions, each built from one protein of dog or chimpanzee. Queries are the other"
        f" {queries:,} human genes, of which a relative mostly decides, and {UNKNOWN} random"
        f" sequences of {UNKNOWN_BASES:,} bases, for which all profiles are searched: milliseconds"
        f" a query, of one batch, and the mean of {SINGLE} asked one by one. Learning is what"
        f" adding the last {PART} of the profiles takes, or all of fewer: what all of them say is"
        " learned anew.\n\n" + table(head, rows)
    )


def _columns(query: str) -> tuple[str, str]:
    return f"{query} of a batch, ms", f"{query} alone, ms"


if __name__ == "__main__":
    main()
