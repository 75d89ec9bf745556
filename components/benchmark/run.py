"""From a library to an evaluation of it: asked for, and followed in the background."""

import streamlit as st

from components.benchmark.labels import choice_of
from components.shared.formatting import escape_markdown, pluralize
from components.shared.jobs import follow_job
from components.shared.services import current_user, jobs, libraries
from core.evaluation.data import MOST, data_of_library
from core.evaluation.registry import DEFAULT_SPLITS, METHODS, SEED, SPLITS, Plan, make_plan
from core.evaluation.repository import evaluate_and_save
from core.library.library import Library
from core.progress import Progress
from core.settings import read_settings
from core.stores.sql.jobs import CANCELLED, DONE, JobRow

_LINE = " benchmark"
"""Benchmarks wait for each other, not for loads; no library can be called so."""
_MINE = "benchmark job"


def begin_panel(library: Library, *, first: bool) -> None:
    """One button that begins, with options that may be left alone.

    Parameters
    ----------
    first
        Whether there is no evaluation yet: then the button is what the page is about.
    """
    begin, options = st.columns([3, 2], vertical_alignment="bottom")
    with options.popover("Options", width="stretch"):
        organisms, plan, name = _options(library)
    pressed = begin.button(
        f"Run the benchmark on the library {escape_markdown(library.name)}",
        type="primary" if first else "secondary",
        width="stretch",
        disabled=under_way() is not None,
    )
    st.caption(
        f"On {pluralize(len(organisms), 'organism')}; some minutes, in the background. It learns"
        " and asks in stores of its own: what you loaded stays as it is."
    )
    if pressed:
        _begin(library, organisms, plan, name)
        st.rerun()


def _options(library: Library) -> tuple[list[str], Plan, str]:
    known = library.organism_names()
    organisms = st.multiselect("Organisms", known, placeholder="all", key="benchmark organisms")
    splits = st.multiselect(
        "How sequences are parted",
        list(SPLITS),
        default=DEFAULT_SPLITS,
        format_func=lambda name: SPLITS[name].title,
        key="benchmark splits",
    )
    methods = st.multiselect(
        "Methods",
        METHODS,
        placeholder="the usual ones of each split",
        format_func=choice_of,
        key="benchmark methods",
    )
    seed = st.number_input(
        "Random seed", 0, (1 << 32) - 1, SEED, help="The same one draws the same sequences."
    )
    name = st.text_input("Name", placeholder="its data and date", max_chars=200)
    return organisms or known, make_plan(splits, methods, int(seed)), name.strip()


def _begin(library: Library, organisms: list[str], plan: Plan, name: str) -> None:
    opened, meant, settings, by = libraries(), library.identity, read_settings(), current_user()

    def work(progress: Progress) -> dict[str, object]:
        stores = opened.stores
        found = data_of_library(stores.labels, opened.name_of(meant), organisms)
        number = evaluate_and_save(
            found.drawn(MOST, plan.seed),
            plan,
            settings,
            stores.database,
            name=name,
            by=by,
            progress=progress,
        )
        return {"evaluation": number}

    title = f"Benchmark of {library.name}"
    digest = f"{meant} {organisms} {plan}"
    st.session_state[_MINE] = jobs().submit("benchmark", _LINE, title, digest, work, by)


def under_way() -> JobRow | None:
    """The benchmark that runs, whoever asked for it, or that is next; None if there is none."""
    return next((job for job in jobs().active() if job.library == _LINE), None)


def follow() -> None:
    """Show how far the benchmark is that runs, and what became of the one of this session."""
    if job := under_way():
        st.fragment(follow_job, run_every=1.0)(job.id)
    mine = st.session_state.get(_MINE)
    ended = jobs().get(mine) if mine is not None else None
    if ended is None or ended.active:
        return
    if ended.state == DONE:
        st.query_params["evaluation"] = str(ended.result["evaluation"])
        del st.session_state[_MINE]  # Last: a click meanwhile draws the page from its beginning.
    elif ended.state == CANCELLED:
        st.info("Cancelled. Nothing of it was kept.")
    else:
        st.error(f"{escape_markdown(ended.message)} {escape_markdown(ended.hint)}")
