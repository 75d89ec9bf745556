"""A run from a file: the views of a stored run, and what differs from the libraries of today."""

from functools import partial

import streamlit as st

from components.classify.batch import show_batch, show_summary
from components.classify.downloads import offer_downloads, run_details
from components.classify.result import show_evidence, show_verdict
from components.classify.submission import RunResult
from components.open_file.comparison import compared_library, show_comparison
from components.shared.errors import plain_errors
from components.shared.formatting import escape_markdown
from components.shared.program_calls import program_calls, query_sequences
from components.trace.downloads import offer_opened
from components.trace.results import show_traced
from core.library.library import Library
from core.runs import Run
from core.runs.file_comparison import possible_settings
from core.runs.file_reader import OpenedClassification, OpenedRun, OpenedTrace
from core.web.page_calls import classify_call, trace_call
from core.web.program_calls import Api, ProgramCalls


def show_run(opened: OpenedRun) -> None:
    """Show a run from a file, read-only."""
    st.info(
        "Opened from a file: read-only, and not stored in this GeneKin. It is closed with this"
        " browser tab.",
        icon=":material/draft:",
    )
    if isinstance(opened, OpenedTrace):
        _show_trace(opened)
    else:
        _show_classification(opened)
    run_details(opened.run)
    with plain_errors():
        if library := compared_library(opened.run):
            program_calls("open_file", partial(_calls, opened, library))


def _calls(opened: OpenedRun, library: Library, api: Api) -> ProgramCalls:
    """Return the calls that ask a library the same, as far as it can answer it."""
    sequences = query_sequences(opened.queries)
    if isinstance(opened, OpenedTrace):
        call = trace_call(api, library.name, sequences)
    else:
        settings = possible_settings(opened.run, library)
        call = classify_call(
            api,
            library.name,
            sequences,
            organisms=settings.organisms,
            neighbours=settings.neighbours,
            threshold=settings.threshold,
        )
    return ProgramCalls.join([call], library.name)


def _show_classification(opened: OpenedClassification) -> None:
    result = RunResult(
        opened.run, opened.calls, opened.queries, is_stored=False, genes=opened.genes
    )
    row = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )
    row.caption(_describe(opened.run), width="content")
    with row:
        offer_downloads(result)
    if result.genes is None and any(call.hits for call in result.calls):
        st.caption("The file has no sequences of the hits: there are no alignments.")
    with plain_errors():
        show_comparison(opened)
    if len(result.calls) == 1:
        show_evidence(result, 0, show_verdict(result, 0))
    else:
        show_summary(result)
        show_batch(result)


def _show_trace(opened: OpenedTrace) -> None:
    run, traced = opened.run, opened.traces
    st.caption(_describe(run))
    with plain_errors():
        show_comparison(opened)
    show_traced(run, traced, partial(offer_opened, opened))


def _describe(run: Run) -> str:
    version = escape_markdown(run.versions.get("GeneKin", "of unknown version"))
    return (
        f"{escape_markdown(run.name)} · {run.created_at:%Y-%m-%d %H:%M} UTC · library"
        f" {escape_markdown(run.library)} · GeneKin {version}"
    )
