"""Past runs: found again, opened, renamed, deleted."""

import pandas as pd
import streamlit as st

from components.classify.input import RUN
from components.shared.formatting import escape_markdown, pluralize
from components.shared.services import plain_errors, require_app_entry, runs
from components.shared.session import forget
from core.classify import Status
from core.runs import Run
from core.settings import read_settings

_PAGE = 20
_COUNTS = ("queries", "called", "unknown", "invalid")
_SHOWN = ("name", "when", *_COUNTS, "library", "by")
_COLUMNS = {
    "when": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
    **{name: st.column_config.NumberColumn(format="localized") for name in _COUNTS},
}


def page() -> None:
    """A list of runs, and what can be done with one of them."""
    st.title("History")
    with plain_errors():
        _history()


def _history() -> None:
    text = st.text_input(
        "Find", placeholder="part of a name, a query, a family or a library", key="find in history"
    )
    count = runs().count(text)
    if not count:
        _nothing(text)
        return
    pages = -(-count // _PAGE)
    number = st.pagination(pages, key=f"page of {text} {pages}") if pages > 1 else 1
    found = runs().find(text, (number - 1) * _PAGE, _PAGE)
    selected = st.dataframe(
        pd.DataFrame(map(_row, found)),
        column_order=_SHOWN if any(run.by for run in found) else _SHOWN[:-1],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config=_COLUMNS,
        key=f"runs {text} {number} {count}",
        alt="Past runs, the latest first",
    )
    days = read_settings().keep_runs_days
    kept = f"Runs are kept for {days:,} days." if days else "Runs are kept until they are deleted."
    st.caption(f"{pluralize(count, 'run')}, times in UTC. {kept}")
    rows = selected["selection"]["rows"]
    if rows and rows[0] < len(found):
        _actions(found[rows[0]])
    else:
        st.caption("Select one to open, rename or delete it.")


def _nothing(text: str) -> None:
    if text:
        st.info("No run is like that.")
        return
    st.info("Nothing was classified yet. Every run will be listed here, with a link to share.")
    if st.button("Go to Classify", type="primary"):
        st.switch_page("pages/classify.py")


def _row(run: Run) -> dict[str, object]:
    return {
        "name": run.name,
        "when": run.created_at.replace(tzinfo=None),
        "queries": run.queries,
        "called": run.statuses.get(Status.CALLED, 0),
        "unknown": run.statuses.get(Status.UNKNOWN, 0),
        "invalid": run.statuses.get(Status.INVALID, 0),
        "library": run.library,
        "by": run.by,
    }


def _actions(run: Run) -> None:
    with st.container(border=True):
        st.markdown(
            f"**{escape_markdown(run.name)}** · {pluralize(run.queries, 'query', 'queries')}"
        )
        name = st.text_input("Name", run.name, max_chars=200, key=f"name {run.id}")
        opening, renaming, deleting = st.columns(3)
        if opening.button("Open", type="primary", width="stretch"):
            st.switch_page("pages/classify.py", query_params={"run": run.id})
        if renaming.button("Rename", width="stretch", disabled=name == run.name):
            runs().rename(run.id, name)
            st.rerun()
        with deleting.popover("Delete", width="stretch"):
            st.write("Its link will lead nowhere then.")
            if st.button("Yes, delete", key=f"delete {run.id}", type="primary"):
                runs().delete(run.id)
                if st.session_state.get(RUN) == run.id:
                    forget(RUN)
                st.rerun()


require_app_entry("pages/history.py")
page()
