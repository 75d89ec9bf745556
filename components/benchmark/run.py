"""Run the benchmark on a library in the background, and follow it."""

from collections.abc import Mapping

import streamlit as st

from components.benchmark.labels import method_name, split_name
from components.benchmark.reports import open_evaluation
from components.shared.formatting import escape_markdown, pluralize
from components.shared.jobs import follow_job, submit_job
from components.shared.services import current_user, jobs, libraries
from components.shared.session import session
from core.evaluation.data import MAX_SEQUENCES, data_of_library
from core.evaluation.registry import DEFAULT_SEED, DEFAULT_SPLITS, METHODS, SPLITS, Plan, make_plan
from core.evaluation.repository import evaluate_and_save
from core.library.library import Library
from core.progress import Progress
from core.settings import read_settings
from core.stores.sql.jobs import JobRow

_QUEUE = " benchmark"
"""Benchmarks wait for each other, not for loads; no library can have this name."""


def run_panel(library: Library, *, first: bool) -> None:
    """Offer to run the benchmark, with options.

    Parameters
    ----------
    first
        Whether there is no evaluation yet, so that this is the main action of the page.
    """
    action, options = st.columns([3, 2], vertical_alignment="bottom")
    with options.popover("Options", width="stretch"):
        organisms, plan, name = _options(library)
    pressed = action.button(
        f"Run benchmark on {escape_markdown(library.name)}",
        type="primary" if first else "secondary",
        width="stretch",
        disabled=_running_job() is not None,
    )
    st.caption(
        f"{pluralize(len(organisms), 'organism')}. Runs on a temporary copy; the library does not"
        " change."
    )
    if pressed:
        _submit(library, organisms, plan, name)


def _options(library: Library) -> tuple[list[str], Plan, str]:
    loaded = library.organism_names()
    organisms = st.multiselect(
        "Organisms", loaded, placeholder="all organisms", key="benchmark organisms"
    )
    splits = st.multiselect(
        "Splits",
        list(SPLITS),
        default=DEFAULT_SPLITS,
        format_func=split_name,
        help="Homology-aware: families of relatives are held out together.",
        key="benchmark splits",
    )
    methods = st.multiselect(
        "Methods",
        METHODS,
        placeholder="default methods",
        format_func=method_name,
        key="benchmark methods",
    )
    seed = st.number_input(
        "Random seed",
        0,
        (1 << 32) - 1,
        DEFAULT_SEED,
        help="The same seed draws the same sequences.",
    )
    name = st.text_input("Name", placeholder="library and date", max_chars=200)
    return organisms or loaded, make_plan(splits, methods, int(seed)), name.strip()


def _submit(library: Library, organisms: list[str], plan: Plan, name: str) -> None:
    manager, identity, settings, user = (
        libraries(),
        library.identity,
        read_settings(),
        current_user(),
    )

    def work(progress: Progress) -> dict[str, object]:
        stores = manager.stores
        data = data_of_library(stores.labels, manager.current_name(identity), organisms)
        evaluation = evaluate_and_save(
            data.sample(MAX_SEQUENCES, plan.seed),
            plan,
            settings,
            stores.database,
            name=name,
            by=user,
            progress=progress,
        )
        return {"evaluation": evaluation}

    title = f"Benchmark of {library.name}"
    digest = f"{identity} {organisms} {plan}"
    job = submit_job("benchmark", _QUEUE, title, digest, work)
    if job is not None:
        session.benchmark_job = job
        st.rerun()


def _running_job() -> JobRow | None:
    """Return the benchmark that runs or is next, of any user; None if there is none."""
    return next((job for job in jobs().active() if job.library == _QUEUE), None)


def follow_benchmark() -> None:
    """Show the running benchmark, and the outcome of the one that this session submitted."""
    if job := _running_job():
        follow_job(job, _open_evaluation)
    submitted = session.benchmark_job
    ended = jobs().get(submitted) if submitted is not None else None
    if ended is not None and not ended.active:
        follow_job(ended, _open_evaluation)


def _open_evaluation(result: Mapping[str, int]) -> None:
    open_evaluation(result["evaluation"])
    del session.benchmark_job  # Last: a click meanwhile runs the script from its start.
