"""Files of a trace, and its link."""

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from components.shared.errors import plain_errors
from components.shared.figure import as_file
from components.shared.run_downloads import downloads_button, offer_file, show_link
from components.shared.services import runs
from core.runs import Run
from core.runs.file_format import ENDING
from core.runs.file_reader import OpenedTrace
from core.runs.file_writer import export_trace, trace_fits
from core.runs.serialization import StoredQuery
from core.tracing import TraceResult
from core.tracing.trace_table import COLUMNS, format_results, to_row


def offer_stored(run: Run, traced: Sequence[TraceResult]) -> None:
    """Draw the button behind which the files and the link of a stored trace are."""
    files = downloads_button(run)
    if files.open:
        with files, plain_errors():
            _list_tables(run, traced)
            run = runs().get(run.id)  # It may have another name by now.
            _offer_run_file(run, traced, lambda: runs().queries(run))
            show_link(run)


def offer_opened(opened: OpenedTrace) -> None:
    """Draw the button behind which the files of a trace from a file are."""
    files = downloads_button(opened.run)
    if files.open:
        with files, plain_errors():
            _list_tables(opened.run, opened.traces)
            _offer_run_file(opened.run, opened.traces, lambda: opened.queries)


def _list_tables(run: Run, traced: Sequence[TraceResult]) -> None:
    st.caption("Results")
    with st.container(horizontal=True, gap="small"):
        offer_file(run, "Table (TSV)", ".tsv", lambda: as_file(_table(traced), "\t"))
        offer_file(run, "Table (CSV)", ".csv", lambda: as_file(_table(traced), ","))
        offer_file(run, "All organisms (JSON)", ".json", partial(_json, traced))


def _offer_run_file(
    run: Run, traced: Sequence[TraceResult], read_queries: Callable[[], Sequence[StoredQuery]]
) -> None:
    st.caption("Whole run")
    if not trace_fits(traced):
        st.caption("It is too large for a run file.")
        return
    queries = read_queries()
    label = "Run file (opens in any GeneKin)"
    offer_file(run, label, ENDING, lambda: export_trace(run, traced, queries).data)


def _table(traced: Sequence[TraceResult]) -> pd.DataFrame:
    return pd.DataFrame([to_row(query) for query in traced], columns=COLUMNS)


def _json(traced: Sequence[TraceResult]) -> bytes:
    return format_results(traced, "json").encode("utf-8", "replace")
