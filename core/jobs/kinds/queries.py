"""Jobs that answer many queries: classification and tracing, stored as runs."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from core import defaults
from core.calls import Call
from core.classify import classify
from core.errors import TooLargeError
from core.jobs.kinds.base import JobContext, JobKind
from core.library.library import Library
from core.progress import Progress, no_progress
from core.runs import Run, Runs, RunSettings
from core.schema import StrictModel
from core.sequences.records import Record
from core.settings import Settings
from core.stores.sql import Identity
from core.tracing import trace

QUERIES = ""
"""Organism of queries among the records of a job."""


class QueryArguments(StrictModel):
    """Arguments of a question about many queries.

    Attributes
    ----------
    library
        Name of the library.
    identity
        It is found by it, also if it was renamed meanwhile; None: by its name.
    run
        Id of the run that stores the results.
    settings
        Of a classification; None for the library's defaults.
    name
        Name of the run; that of the first query, if empty.
    source
        Name of the file that the queries are from; empty for text.
    """

    library: str
    identity: Identity | None
    run: str
    settings: RunSettings | None = None
    name: str = ""
    source: str = ""


def check_size(records: Sequence[Record], settings: Settings) -> None:
    """Check that a question is not larger than the settings allow.

    Raises
    ------
    TooLargeError
        If it is.
    """
    hint = "Split it, or use the command line: python -m core."
    if len(records) > settings.max_query_records:
        limit = f"the limit of a question is {settings.max_query_records:,}"
        raise TooLargeError(f"These are {len(records):,} records; {limit}.", hint)
    bases = sum(len(record.residues) for record in records)
    if bases > settings.max_query_bases:
        limit = f"the limit of a question is {settings.max_query_bases:,}"
        raise TooLargeError(f"These are {bases:,} bases; {limit}.", hint)


def classify_and_store(
    library: Library,
    records: Sequence[Record],
    arguments: QueryArguments,
    runs: Runs,
    progress: Progress = no_progress,
) -> tuple[Run, Sequence[Call]]:
    """Classify queries, and store the results as a run; return both.

    Raises
    ------
    InputError
        If they are too large to store.
    """
    settings = arguments.settings or RunSettings(None, defaults.NEIGHBOURS, library.threshold)
    started = time.perf_counter()
    calls = classify(
        library,
        records,
        organisms=settings.organisms,
        neighbours=settings.neighbours,
        threshold=settings.threshold,
        progress=progress,
    )
    run = runs.store(
        library,
        records,
        calls,
        settings,
        seconds=time.perf_counter() - started,
        name=arguments.name,
        source=arguments.source,
        run_id=arguments.run,
    )
    return run, calls


def trace_and_store(
    library: Library,
    records: Sequence[Record],
    arguments: QueryArguments,
    runs: Runs,
    progress: Progress = no_progress,
) -> Run:
    """Trace queries, and store the results as a run.

    Raises
    ------
    InputError
        If they are too large to store.
    """
    started = time.perf_counter()
    traced = trace(library, records, progress=progress)
    return runs.store_trace(
        library,
        records,
        traced,
        seconds=time.perf_counter() - started,
        source=arguments.source,
        run_id=arguments.run,
    )


_Question = Callable[[Library, Sequence[Record], QueryArguments, Runs, Progress], object]


def _answer(
    question: _Question, context: JobContext, arguments: QueryArguments, progress: Progress
) -> dict[str, str]:
    libraries = context.libraries
    runs = Runs(libraries.stores.database, context.settings.keep_runs_days, libraries.access)
    if not runs.has(arguments.run):  # An earlier attempt may have stored it.
        progress("Reading the records", 0, 0)
        records = context.records().get(QUERIES, [])
        check_size(records, context.settings)
        identity = arguments.identity
        library = libraries.open(
            libraries.current_name(identity) if identity else arguments.library
        )
        question(library, records, arguments, runs, progress)
    return {"run": arguments.run}


CLASSIFY = JobKind("classify", QueryArguments, partial(_answer, classify_and_store), is_long=False)
TRACE = JobKind("trace", QueryArguments, partial(_answer, trace_and_store), is_long=False)
