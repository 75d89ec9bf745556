"""Time and memory of a library by its size; every figure is of a process of its own.

Run it by hand, ``python -m benchmarks.growth``; it writes its section of RESULTS.md.
"""

import gc
import time
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar

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
from core import defaults
from core.arrays import Vectors
from core.classify import classify
from core.evaluation.perturbations import substitute
from core.library.load import load
from core.library.naming import collection_name
from core.sequences.records import Record
from core.settings import Settings
from core.stores.milvus.index import VectorIndex
from core.stores.milvus.vectors import VectorStore
from tests.support.memory import process_memory

SIZES = "3000,10000,30000,100000"
QUERIES = 300
WARM_UP = 20
MIN_DIVERGENCE, MAX_DIVERGENCE = 0.02, 0.30
"""Share of the bases in which a copy differs."""

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

_Arguments = ParamSpec("_Arguments")
_Returned = TypeVar("_Returned")


@dataclass(frozen=True, slots=True)
class Loaded:
    """Duration of a load, and its peak memory in MB."""

    seconds: float
    peak: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Latency of single queries, and resident memory in MB.

    Attributes
    ----------
    first
        Seconds to the first call, opening the stores included, imports excluded.
    median, slow
        Milliseconds of a query: median and 99th percentile.
    before, after
        Memory before the stores are opened, and after all queries.
    """

    first: float
    median: float
    slow: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class StoreShare:
    """Seconds and memory (MB) of a process that only opens the vectors and searches once."""

    seconds: float
    memory: float


def main() -> None:
    """Measure, and write the section."""
    parser = option_parser(__doc__)
    parser.add_argument("--sizes", default=SIZES, help=f"references; default: {SIZES}")
    publish("growth", parser.parse_args(), measure)


def measure(options: Namespace) -> str:
    """Measure libraries of all sizes, and return the section."""
    organisms = read_organisms(options.data, options.sample, options.seed)
    queries = [record.residues for record in organisms["dog"]]
    sizes = [int(size) for size in options.sizes.split(",")]
    return f"## Growth\n\n{size_table(organisms['human'], queries, sizes, options.seed)}"


def size_table(
    reference: Sequence[Record], queries: Sequence[str], sizes: Sequence[int], seed: int
) -> str:
    """Measure latency and memory by the size of the library."""
    chosen = list(queries[:: max(1, len(queries) // QUERIES)])[:QUERIES]
    rows = [_row(reference, chosen, size, seed) for size in sizes]
    return (
        f"Single queries (`translated`, warm, {QUERIES} queries) by the size of the library: real"
        f" sequences, then mutated copies of them, with {MIN_DIVERGENCE:.0%} to"
        f" {MAX_DIVERGENCE:.0%} of the bases substituted.\n\n" + table(_HEAD, rows)
    )


def _row(reference: Sequence[Record], queries: Sequence[str], size: int, seed: int) -> list[str]:
    log.info("%d references", size)
    with TemporaryDirectory(prefix="genekin-") as folder:
        home = Path(folder)
        loaded = run_alone(load_grown, home, reference, size, seed)
        latency = run_alone(measure_latency, home, queries)
        share = measure_store(home, queries[0])
    return [
        f"{size:,}",
        f"{loaded.seconds:.1f}",
        f"{loaded.peak:,.0f}",
        f"{latency.first:.1f}",
        f"{latency.median:.1f}",
        f"{latency.slow:.1f}",
        f"{latency.before:,.0f}",
        f"{latency.after:,.0f}",
        f"{share.memory:,.0f}",
        f"{share.seconds:.1f}",
    ]


def run_alone(
    work: Callable[_Arguments, _Returned], *arguments: _Arguments.args, **named: _Arguments.kwargs
) -> _Returned:
    """Run a function in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments, **named).result()


def mutate(sequence: str, generator: np.random.Generator) -> str:
    """Substitute a random share of the bases."""
    return substitute(sequence, generator.uniform(MIN_DIVERGENCE, MAX_DIVERGENCE), generator)


def grow(reference: Sequence[Record], size: int, seed: int) -> list[Record]:
    """Return a reference of `size` records: the real ones, then mutated copies of them."""
    generator = np.random.default_rng(seed)
    records = list(reference[:size])
    while len(records) < size:
        model = reference[len(records) % len(reference)]
        copy, position = mutate(model.residues, generator), len(records) + 1
        records.append(Record("", copy, position, position, model.family))
    return records


def load_all(home: Path, references: Mapping[str, Sequence[Record]], encoder: str) -> Loaded:
    """Load organisms into a new library."""
    with open_embedded(home) as libraries:
        report = load(libraries, references, encoder=encoder)
    return Loaded(report.seconds, read_memory("VmHWM"))


def load_grown(home: Path, reference: Sequence[Record], size: int, seed: int) -> Loaded:
    """Load a grown reference."""
    return load_all(home, {"human": grow(reference, size, seed)}, "translated")


def measure_latency(home: Path, queries: Sequence[str]) -> Latency:
    """Classify single queries, opening the library for each as a page does."""
    records = query_records(queries)
    gc.collect()
    before = read_memory("VmRSS")
    started = time.perf_counter()
    ends = [started]
    with open_embedded(home) as libraries:
        for record in [*records[:WARM_UP], *records]:
            classify(libraries.open(), [record])
            ends.append(time.perf_counter())
        gc.collect()
        after = read_memory("VmRSS")
    first = ends[1] - started
    median, slow = np.percentile(np.diff(ends)[WARM_UP:], [50, 99]) * 1000
    return Latency(first, float(median), float(slow), before, after)


def measure_store(home: Path, query: str) -> StoreShare:
    """Measure the vectors alone, in a process that opens nothing else."""
    with open_embedded(home) as libraries:
        library = libraries.open()
        vector = library.encoder.encode_queries([query])
        names = [organism.name for organism in library.organisms()]
    return run_alone(_open_vectors, home, names, vector)


def _open_vectors(home: Path, organisms: list[str], vector: Vectors) -> StoreShare:
    """Open the vectors and search them once."""
    uri = Settings(home=home, milvus_uri="", database_url="").vectors_uri
    collection = collection_name(defaults.LIBRARY)
    gc.collect()
    before = read_memory("VmRSS")
    started = time.perf_counter()
    store = VectorStore(uri, "", timeout=60.0)
    store.search(collection, organisms, vector, 10, VectorIndex())
    seconds = time.perf_counter() - started
    gc.collect()
    taken = read_memory("VmRSS") - before
    store.close()
    return StoreShare(seconds, taken)


def read_memory(kind: str) -> float:
    """Return the memory of this process in MB: resident (VmRSS), or its peak (VmHWM)."""
    return process_memory(kind) / 1024


if __name__ == "__main__":
    main()
