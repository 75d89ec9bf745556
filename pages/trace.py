"""Find the organism that sequences come from."""

import secrets
from functools import partial
from typing import TypeAlias

import streamlit as st

from components.shared.computation import Computation, compute
from components.shared.errors import plain_errors
from components.shared.formatting import escape_markdown, pluralize
from components.shared.navigation import (
    LIBRARY_PAGE,
    RUN_PARAMETER,
    chosen_library,
    require_app_entry,
)
from components.shared.program_calls import program_calls, run_sequences
from components.shared.services import runs
from components.shared.session import session
from components.trace.downloads import offer_stored
from components.trace.input import TraceInput, trace_input
from components.trace.results import show_run_source, show_source, show_traced
from core.jobs.kinds.base import RECORDS
from core.jobs.kinds.queries import QUERIES, QueryArguments, check_size, trace_and_store
from core.jobs.queue import JobRequest
from core.library.library import Library
from core.runs import Run, new_run_id
from core.sequences.record_lines import pack_records
from core.settings import read_settings
from core.tracing import TraceResult
from core.web.page_calls import file_call, trace_call
from core.web.program_calls import Api, ProgramCalls

_StoredTrace: TypeAlias = tuple[Run, list[TraceResult]]

_QUICK = 100
"""Number of queries up to which they are traced right away."""


def page() -> None:
    """Show the input, and the trace that the address names, or else the last one."""
    st.title("Trace")
    with plain_errors():
        _show_input()
    if run_id := st.query_params.get(RUN_PARAMETER):
        with plain_errors():
            _show_run(run_id)


def _show_input() -> None:
    """Show the input, and the result of what was traced in this session."""
    library = chosen_library()
    if library is None or len(library.organism_names()) < 2:
        st.info(
            "Load at least two organisms to find out which of them your sequences come from. An"
            " organism is whatever you load as one: a species, a strain, a virus."
        )
        if st.button("Load another organism", type="primary"):
            st.switch_page(LIBRARY_PAGE)
        return
    entered = trace_input()
    valid = sum(record.problem is None for record in entered.records)
    line, action = st.columns([5, 2], vertical_alignment="center")
    organisms = pluralize(len(library.organism_names()), "organism")
    line.caption(
        f"{pluralize(valid, 'valid record')} · {organisms} in the library"
        f" {escape_markdown(library.name)}"
    )
    pressed = action.button(
        "Trace",
        type="primary",
        width="stretch",
        shortcut="Ctrl+Enter",
        disabled=not valid,
        key="trace",
    )
    if pressed:
        check_size(entered.records, read_settings())
        session.traced_records = tuple(entered.records)
        session.traced_name = entered.name
        session.trace_token = secrets.token_hex(8)
        st.query_params.pop(RUN_PARAMETER, None)
    if RUN_PARAMETER not in st.query_params:
        _show_result(library, entered)
        program_calls("trace", partial(_input_calls, library.name, entered))


def _show_result(library: Library, entered: TraceInput) -> None:
    records = session.traced_records
    if not records:
        return
    st.divider()
    show_source(records, session.traced_name, current=records == tuple(entered.records))
    result = compute(_computation(library), _title(len(records)), quick=len(records) <= _QUICK)
    if result is not None:
        run, traced = result
        show_traced(run, traced, partial(offer_stored, run, traced))


def _computation(library: Library) -> Computation[_StoredTrace]:
    """Return the tracing of what was submitted in this session."""
    records, token = session.traced_records, session.trace_token
    arguments = QueryArguments(
        library=library.name,
        identity=library.identity,
        run=new_run_id(),
        source=session.traced_name,
    )

    def work() -> _StoredTrace:
        return _read(trace_and_store(library, records, arguments, runs()).id)

    def request() -> JobRequest:
        files = {RECORDS: pack_records({QUERIES: records})}
        # A queue of its own, so that nothing delays it.
        return JobRequest("trace", f"trace {token}", _title(len(records)), token, arguments, files)

    key = "traced", token, library.name, library.contents()
    return Computation(key, work, request, lambda result: _read(result["run"]))


def _read(run_id: str) -> _StoredTrace:
    run = runs().get(run_id)
    return run, runs().traces(run)


def _title(count: int) -> str:
    return f"Tracing {pluralize(count, 'record')}"


def _show_run(run_id: str) -> None:
    """Show a trace that the address names."""
    run, traced = _read(run_id)
    st.divider()
    show_run_source(run)
    show_traced(run, traced, partial(offer_stored, run, traced))
    program_calls("trace", partial(_run_calls, run))


def _input_calls(library: str, entered: TraceInput, api: Api) -> ProgramCalls:
    return ProgramCalls.join([trace_call(api, library, entered.sequences)], library)


def _run_calls(run: Run, api: Api) -> ProgramCalls:
    again = trace_call(api, run.library, run_sequences(run, lambda: runs().queries(run)))
    return ProgramCalls.join([file_call(api, run.id), again], run.library)


require_app_entry("pages/trace.py")
page()
