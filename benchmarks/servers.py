"""Queries on servers: latency, and batches whose stages overlap or follow each other.

Run it by hand on a quiet machine, ``python -m benchmarks.servers``; it starts the servers and
writes its section of RESULTS.md. The encoder translated needs the sparse index of Milvus 2.4 or
newer, of which no server can be installed without containers: the engine of Milvus 2.5 stands in.
"""

import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from pydantic import SecretStr
from sqlalchemy import event

import core.predictor
from benchmarks.common import log, option_parser, publish, query_records, read_organisms, table
from core.classify import classify
from core.library.library import Library
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.native_milvus import NativeMilvus, open_native
from tests.support.services import MariaDB, MilvusServer

BATCH = 2_492
SINGLE = 200
WARM_UP = 20
REPEATS = 3
DELAYS = 0, 2
"""Milliseconds by which each request to a store is delayed, as by a network."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A way to run both stores, and the encoder of its library."""

    name: str
    encoder: str
    open: Callable[[Path], Any]


def main() -> None:
    """Measure, and write the section."""
    publish("servers", option_parser(__doc__).parse_args(), measure)


def measure(options: Namespace) -> str:
    """Measure everything, and return the section."""
    organisms = read_organisms(options.data, options.sample, options.seed)
    genes = [
        record.residues
        for organism, records in organisms.items()
        if organism != "human"
        for record in records
    ]
    order = np.random.default_rng(options.seed).permutation(len(genes))[:BATCH]
    queries = query_records([genes[index] for index in order])
    rows = [
        row
        for deployment in DEPLOYMENTS
        for row in _measure_deployment(deployment, organisms["human"], queries)
    ]
    head = [
        "stores",
        "encoder",
        "delay of a request, ms",
        "requests of a query: Milvus, SQL",
        "a query, p50, ms",
        f"{len(queries):,} queries, stages one after the other, s",
        "overlapping, s",
        "queries/s",
    ]
    return (
        "## Servers\n\n"
        f"{len(queries):,} genes of chimpanzee and dog against {len(organisms['human']):,} human"
        f" genes; single queries in turn, as from the page; the batch in one call, best of"
        f" {REPEATS}. Servers and client share one machine, so each request was also delayed by a"
        " sleep, as a network would. *Stand-in*: the engine of Milvus 2.5 as Milvus Lite 2.5.1"
        " carries it, listening on a port: the sparse index and the search of a server, without"
        " its proxy, partitions and replicas. Everything else was measured on the real"
        " servers.\n\n" + table(head, rows)
    )


def _measure_deployment(
    deployment: Deployment, reference: Sequence[Record], queries: Sequence[Record]
) -> Iterator[list[str]]:
    log.info("%s, %s", deployment.name, deployment.encoder)
    with (
        TemporaryDirectory(prefix="genekin-", ignore_cleanup_errors=True) as folder,
        deployment.open(Path(folder)) as stores,
    ):
        libraries = Libraries(stores)
        load(libraries, {"human": reference}, encoder=deployment.encoder)
        classify(libraries.open(), queries)
        for delay in DELAYS if not stores.vectors.embedded else DELAYS[:1]:
            wait = partial(time.sleep, delay / 1000)
            searches, statements = _count_requests(stores, libraries.open(), queries[0])
            with _before_requests(stores, wait, wait) if delay else nullcontext():
                single = _single_seconds(libraries, queries)
                with patch.object(core.predictor, "in_stages", _one_after_the_other):
                    apart = _batch_seconds(libraries.open(), queries)
                together = _batch_seconds(libraries.open(), queries)
            yield [
                deployment.name,
                f"`{deployment.encoder}`",
                str(delay),
                f"{searches}, {statements}",
                f"{single * 1000:.1f}",
                f"{apart:.2f}",
                f"{together:.2f} ({apart / together:.2f} ×)",
                f"{len(queries) / together:,.0f}",
            ]


def _single_seconds(libraries: Libraries, queries: Sequence[Record]) -> float:
    """Return the median time of one query, with the library opened for each as a page does."""
    seconds = [
        _seconds(partial(_classify_one, libraries, query)) for query in queries[: WARM_UP + SINGLE]
    ]
    return float(np.median(seconds[WARM_UP:]))


def _classify_one(libraries: Libraries, query: Record) -> None:
    classify(libraries.open(), [query])


def _batch_seconds(library: Library, queries: Sequence[Record]) -> float:
    return min(_seconds(lambda: classify(library, queries)) for _ in range(REPEATS))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _one_after_the_other(
    items: Sequence[Any], *stages: Callable[[Any], Any]
) -> Generator[Any, None, None]:
    """Stand in for stages that overlap."""
    for item in items:
        yield reduce(lambda result, stage: stage(result), stages, item)


# Requests


@contextmanager
def _before_requests(
    stores: Stores, on_search: Callable[[], object], on_statement: Callable[[], object]
) -> Iterator[None]:
    """Call a function before every search, and another one before every SQL statement."""
    search = stores.vectors.search

    def watched_search(*arguments: Any, **options: Any) -> Any:
        on_search()
        return search(*arguments, **options)

    def watch_statement(*_arguments: object) -> None:
        on_statement()

    engine = stores.database.engine
    event.listen(engine, "before_cursor_execute", watch_statement)
    with patch.object(stores.vectors, "search", watched_search):
        yield
    event.remove(engine, "before_cursor_execute", watch_statement)


def _count_requests(stores: Stores, library: Library, query: Record) -> tuple[int, int]:
    """Return the searches and the SQL statements of one query, whose library is open."""
    requests: Counter[str] = Counter()
    with _before_requests(
        stores, lambda: requests.update(["search"]), lambda: requests.update(["statement"])
    ):
        classify(library, [query])
    return requests["search"], requests["statement"]


# Deployments


@contextmanager
def _embedded(folder: Path) -> Iterator[Stores]:
    with Stores(Settings(home=folder, milvus_uri="", database_url="")) as stores:
        yield stores


@contextmanager
def _native(folder: Path) -> Iterator[Stores]:
    with (
        MariaDB(folder / "mariadb") as mariadb,
        NativeMilvus(folder / "milvus") as milvus,
        open_native(_settings(folder, milvus.uri, mariadb)) as stores,
    ):
        yield stores


@contextmanager
def _server(folder: Path) -> Iterator[Stores]:
    with ExitStack() as stack:
        mariadb = stack.enter_context(MariaDB(folder / "mariadb"))
        milvus = stack.enter_context(MilvusServer(folder / "milvus"))
        yield stack.enter_context(Stores(_settings(folder, milvus.uri, mariadb)))


def _settings(folder: Path, milvus_uri: str, mariadb: MariaDB) -> Settings:
    return Settings(
        home=folder,
        store_timeout=60,
        milvus_uri=milvus_uri,
        database_url=SecretStr(mariadb.url("benchmark")),
    )


DEPLOYMENTS = (
    Deployment("Milvus Lite, SQLite", "translated", _embedded),
    Deployment("stand-in for Milvus 2.5, MariaDB", "translated", _native),
    Deployment("Milvus Lite, SQLite", "count", _embedded),
    Deployment("Milvus 2.3.5, MariaDB", "count", _server),
)


if __name__ == "__main__":
    main()
