"""What a library costs as it grows: each figure from a process of its own.

Run by hand, ``python -m benchmarks.growth``; it writes its section of RESULTS.md.
"""

import gc
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar

import numpy as np

from benchmarks.common import (
    Provenance,
    numbered,
    opened,
    option_parser,
    read_organisms,
    table,
    write_section,
)
from benchmarks.tasks import substituted
from core.arrays import Vectors
from core.classify import classify
from core.library.load import load
from core.library.manager import DEFAULT_LIBRARY
from core.library.naming import collection_name
from core.sequences.records import Record
from core.settings import Settings
from core.stores.milvus.index import VectorIndex
from core.stores.milvus.vectors import VectorStore

SIZES = "3000,10000,30000,100000"
QUERIES = 300
WARM_UP = 20
LEAST_MUTATED, MOST_MUTATED = 0.02, 0.30
"""Share of the bases that a copy differs in."""

_HEAD = (
    "references",
    "load, s",
    "load peak, MB",
    "first answer, s",
    "p50, ms",
    "p99, ms",
    "memory before, MB",
    "memory after, MB",
    "Milvus Lite alone, MB",
    "Milvus Lite's opening and first search, s",
)

_log = logging.getLogger("benchmarks.growth")
_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Loaded:
    """How long a load took, and what it needed most of memory, in MB."""

    seconds: float
    peak: float


@dataclass(frozen=True, slots=True)
class Latency:
    """One query at a time: milliseconds, and memory in MB before and after.

    Attributes
    ----------
    first
        Seconds from nothing to the first answer, imports not counted.
    median, slow
        Milliseconds of one query: half are below, 99% are below.
    before, after
        Resident memory before the stores are opened, and after all queries.
    """

    first: float
    median: float
    slow: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class StoreShare:
    """A process that only opens the vectors and searches once: seconds, and MB that it takes."""

    seconds: float
    memory: float


def main() -> None:
    """Measure, and write the section."""
    parser = option_parser("What a library costs as it grows.")
    parser.add_argument("--sizes", default=SIZES, help=f"references; default {SIZES}")
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.CRITICAL)
    _log.setLevel(logging.INFO)
    provenance = Provenance(options.data, options.seed)
    organisms = read_organisms(options.data, options.sample, options.seed)
    queries = [record.residues for record in organisms["dog"]]
    sizes = [int(size) for size in options.sizes.split(",")]
    text = table_of(organisms["human"], queries, sizes, options.seed)
    text = f"## Growth\n\n{text}\n{provenance.table()}"
    if options.sample:
        print(text)
    else:
        write_section("growth", text)


def table_of(
    reference: Sequence[Record], queries: Sequence[str], sizes: Sequence[int], seed: int
) -> str:
    """Latency and memory by the size of the library."""
    some = list(queries[:: max(1, len(queries) // QUERIES)])[:QUERIES]
    rows = [_row(reference, some, size, seed) for size in sizes]
    return (
        f"One query at a time (`translated`, warm, {QUERIES} queries), by the size of the library:"
        f" real sequences, then mutated copies of them, {LEAST_MUTATED:.0%} to {MOST_MUTATED:.0%}"
        " of the bases changed.\n\n" + table(_HEAD, rows)
    )


def _row(reference: Sequence[Record], queries: Sequence[str], size: int, seed: int) -> list[str]:
    _log.info("%d references", size)
    with TemporaryDirectory(prefix="genekin-") as folder:
        home = Path(folder)
        built = alone(load_grown, home, reference, size, seed)
        asked = alone(latency, home, queries)
        share = store_share(home, queries[0])
    return [
        f"{size:,}",
        f"{built.seconds:.1f}",
        f"{built.peak:,.0f}",
        f"{asked.first:.1f}",
        f"{asked.median:.1f}",
        f"{asked.slow:.1f}",
        f"{asked.before:,.0f}",
        f"{asked.after:,.0f}",
        f"{share.memory:,.0f}",
        f"{share.seconds:.1f}",
    ]


def alone(work: Callable[_Given, _Made], *given: _Given.args, **named: _Given.kwargs) -> _Made:
    """`work` done in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given, **named).result()


def grown(reference: Sequence[Record], size: int, seed: int) -> list[Record]:
    """A reference of `size` records: the real ones, then mutated copies of them."""
    generator = np.random.default_rng(seed)
    records = list(reference[:size])
    while len(records) < size:
        model = reference[len(records) % len(reference)]
        share = generator.uniform(LEAST_MUTATED, MOST_MUTATED)
        copy = substituted(model.residues, share, generator)
        records.append(Record("", copy, len(records) + 1, len(records) + 1, model.family))
    return records


def load_all(home: Path, references: Mapping[str, Sequence[Record]], encoder: str) -> Loaded:
    """Load organisms into a new library."""
    with opened(home) as libraries:
        report = load(libraries, references, encoder=encoder)
    return Loaded(report.seconds, memory("VmHWM"))


def load_grown(home: Path, reference: Sequence[Record], size: int, seed: int) -> Loaded:
    """Load a grown reference."""
    return load_all(home, {"human": grown(reference, size, seed)}, "translated")


def latency(home: Path, queries: Sequence[str]) -> Latency:
    """Ask one query at a time, the library opened anew for each as a page does."""
    records = numbered(queries)
    gc.collect()
    before = memory("VmRSS")
    started = time.perf_counter()
    ends = [started]
    with opened(home) as libraries:
        for record in [*records[:WARM_UP], *records]:
            classify(libraries.open(), [record])
            ends.append(time.perf_counter())
        gc.collect()
        after = memory("VmRSS")
    first = ends[1] - started
    median, slow = np.percentile(np.diff(ends)[WARM_UP:], [50, 99]) * 1000
    return Latency(first, float(median), float(slow), before, after)


def store_share(home: Path, query: str) -> StoreShare:
    """What the vectors alone take, in a process that opens nothing else."""
    with opened(home) as libraries:
        library = libraries.open()
        vector = library.encoder.encode_queries([query])
        names = [organism.name for organism in library.organisms()]
    return alone(_open_vectors, home, names, vector)


def _open_vectors(home: Path, organisms: list[str], vector: Vectors) -> StoreShare:
    """Open the vectors and search them once."""
    uri = Settings(home=home, milvus_uri="", database_url="").vectors_uri
    collection = collection_name(DEFAULT_LIBRARY)
    gc.collect()
    before = memory("VmRSS")
    started = time.perf_counter()
    store = VectorStore(uri, "", timeout=60.0)
    store.search(collection, organisms, vector, 10, VectorIndex())
    seconds = time.perf_counter() - started
    gc.collect()
    taken = memory("VmRSS") - before
    store.close()
    return StoreShare(seconds, taken)


def memory(kind: str) -> float:
    """Memory of this process in MB: resident now (VmRSS), or at most so far (VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"{kind}:\s*(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else float("nan")


if __name__ == "__main__":
    main()
