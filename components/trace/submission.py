"""Tracing of the queries of the page, stored for the history."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from core.library.library import Library
from core.progress import Progress
from core.runs import Runs
from core.sequences.records import Record
from core.tracing import TraceResult, trace


@dataclass(frozen=True, slots=True)
class TraceSubmission:
    """Records to trace.

    Attributes
    ----------
    source
        Name of their file or run; empty for text.
    user
        Who submitted them; may be empty.
    """

    records: Sequence[Record]
    source: str
    user: str


def trace_and_store(
    library: Library, submission: TraceSubmission, runs: Runs, progress: Progress
) -> list[TraceResult]:
    """Trace records, and store the results.

    Raises
    ------
    InputError
        If they are too large to store.
    """
    started = time.perf_counter()
    traced = trace(library, submission.records, progress=progress)
    runs.store_trace(
        library,
        submission.records,
        traced,
        seconds=time.perf_counter() - started,
        source=submission.source,
        by=submission.user,
    )
    return traced
