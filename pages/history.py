"""Past classifications and traces: search, open, rename and delete them."""

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from components.shared.errors import plain_errors
from components.shared.formatting import escape_markdown, pluralize
from components.shared.navigation import (
    CLASSIFY_PAGE,
    OPEN_FILE_PAGE,
    RUN_PARAMETER,
    TRACE_PAGE,
    require_app_entry,
)
from components.shared.program_calls import program_calls
from components.shared.services import may, runs
from components.shared.session import session
from components.shared.sign_in_mode import is_open
from core.access import Action
from core.calls import Status
from core.runs import Run, RunKind
from core.settings import read_settings
from core.web.page_calls import file_call, result_call, runs_call
from core.web.program_calls import Api, ProgramCalls

_PAGE_SIZE = 20
_COUNTS = ("queries", "called", "unknown", "invalid")
_COLUMNS: Mapping[str, ColumnConfig | str] = {
    "name": "Name",
    "type": "Type",
    "source": "Source",
    "date": st.column_config.DatetimeColumn("Date", format="YYYY-MM-DD HH:mm"),
    **{
        name: st.column_config.NumberColumn(name.capitalize(), format="localized")
        for name in _COUNTS
    },
    "library": "Library",
    "user": "User",
    "shared": "Shared",
}


_OPTIONAL = ("source", "user", "shared")
"""Columns that are left out if they are empty."""
_TYPES = {RunKind.CLASSIFY: "Classify", RunKind.TRACE: "Trace"}
_PAGES = {RunKind.CLASSIFY: CLASSIFY_PAGE, RunKind.TRACE: TRACE_PAGE}


def page() -> None:
    """Show the list of runs, and the actions for the selected one."""
    st.title("History")
    if st.button("Open a run file", icon=":material/folder_open:"):
        st.switch_page(OPEN_FILE_PAGE)
    with plain_errors():
        if may(Action.KEEP_RUNS):
            _show_runs()
        else:
            st.info("Sign in to keep your results and to find them again.")


def _show_runs() -> None:
    text = st.text_input(
        "Search", placeholder="name, file, query, family or library", key="find in history"
    )
    total = runs().count(text)
    if not total:
        _show_empty(text)
        return
    pages = -(-total // _PAGE_SIZE)
    number = st.pagination(pages, key=f"page of {text} {pages}") if pages > 1 else 1
    found = runs().find(text, (number - 1) * _PAGE_SIZE, _PAGE_SIZE)
    table = pd.DataFrame(map(_row, found))
    selected = st.dataframe(
        table,
        column_order=[name for name in _COLUMNS if name not in _OPTIONAL or any(table[name])],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config=_COLUMNS,
        key=f"runs {text} {number} {total}",
        alt="Runs, the latest first",
    )
    days = read_settings().keep_runs_days
    kept = f"Runs are kept for {days:,} days." if days else "Runs are kept until they are deleted."
    st.caption(f"{pluralize(total, 'run')}, times in UTC. {kept}")
    rows = selected["selection"]["rows"]
    run = found[rows[0]] if rows and rows[0] < len(found) else None
    if run:
        _show_actions(run)
    else:
        st.caption("Select a run to open, rename or delete it.")
    program_calls("history", partial(_calls, run))


def _calls(run: Run | None, api: Api) -> ProgramCalls:
    if run is None:
        return ProgramCalls.join([runs_call(api)])
    read = [result_call(api, run.id)] if run.kind is RunKind.CLASSIFY else []
    return ProgramCalls.join([*read, file_call(api, run.id)])


def _show_empty(text: str) -> None:
    if text:
        st.info("No matching runs.")
        return
    st.info("No runs yet. Every classification and trace is listed here, with a link to share.")
    if st.button("Go to Classify", type="primary"):
        st.switch_page(CLASSIFY_PAGE)


def _row(run: Run) -> dict[str, object]:
    return {
        "name": run.name,
        "type": _TYPES[run.kind],
        "source": run.source,
        "date": run.created_at.replace(tzinfo=None),
        "queries": run.queries,
        "called": run.statuses.get(Status.CALLED, 0),
        "unknown": run.statuses.get(Status.UNKNOWN, 0),
        "invalid": run.statuses.get(Status.INVALID, 0),
        "library": run.library,
        "user": run.by,
        "shared": run.shared,
    }


def _show_actions(run: Run) -> None:
    with st.container(border=True):
        parts = [f"**{escape_markdown(run.name)}**", pluralize(run.queries, "query", "queries")]
        st.markdown(" · ".join(parts + [escape_markdown(run.source)] * bool(run.source)))
        own = runs().may_change(run)
        name = run.name
        if own:
            name = st.text_input("Name", run.name, max_chars=200, key=f"name {run.id}")
        columns = st.columns(3 if is_open() or not own else 4)
        opening, renaming, deleting, *sharing = columns
        if opening.button("Open", type="primary", width="stretch"):
            st.switch_page(_PAGES[run.kind], query_params={RUN_PARAMETER: run.id})
        if not own:
            return
        for column in sharing:
            if column.button("Stop sharing" if run.shared else "Share", width="stretch"):
                runs().share(run.id, shared=not run.shared)
                st.rerun()
        if renaming.button("Rename", width="stretch", disabled=name == run.name):
            runs().rename(run.id, name)
            st.rerun()
        with deleting.popover("Delete", width="stretch"):
            st.write("Shared links will stop working.")
            if st.button("Delete run", key=f"delete {run.id}", type="primary"):
                runs().delete(run.id)
                if session.run == run.id:
                    del session.run
                st.rerun()


require_app_entry("pages/history.py")
page()
