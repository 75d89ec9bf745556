"""Run the benchmark on a library in the background, and follow it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from components.benchmark.labels import format_hours, method_name, split_name
from components.benchmark.reports import open_evaluation
from components.shared.errors import plain_errors
from components.shared.formatting import escape_markdown
from components.shared.jobs import draw_job, follow_job, submit_job
from components.shared.services import draw_fragment, jobs
from components.shared.session import Slot, remember, session
from core.evaluation.cost import estimate_seconds
from core.evaluation.registry import (
    DEFAULT_SEED,
    DEFAULT_SPLITS,
    METHODS,
    SPLITS,
    Plan,
    PlannedSplit,
    make_plan,
    make_quick_plan,
)
from core.evaluation.report import Report
from core.jobs.kinds.benchmark import REPORT, BenchmarkArguments
from core.jobs.queue import JobRequest
from core.library.library import Library
from core.stores.sql.job_row import JobRow
from core.stores.sql.tables import utc_now

QUICK_SEQUENCES = 700
"""Sequences of the quick benchmark: under two minutes on two cores."""
FULL_SEQUENCES = 3_500
FULL_TASK_QUERIES = 300
"""Sequences of the full benchmark, and queries of each of its tasks on perturbed sequences and
between organisms: under 15 minutes on two cores."""
_MIN_PERCENT = 3
"""Share of the work from which to estimate the time left."""
_QUEUE = " benchmark"
"""Benchmarks wait for each other, not for loads; no library can have this name."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A benchmark to run, and at most how many sequences of which organisms."""

    plan: Plan
    organisms: list[str]
    max_sequences: int
    name: str

    def estimate(self, library: Library, speed: float) -> float:
        """Estimate its seconds; `speed` is that of this machine."""
        sizes = {organism.name: organism.count for organism in library.organisms()}
        sizes = {name: sizes[name] for name in self.organisms}
        share = min(1.0, self.max_sequences / max(1, sum(sizes.values())))
        sampled = {name: round(size * share) for name, size in sizes.items()}
        return estimate_seconds(self.plan, sampled) / speed


def run_panel(library: Library, speed: float, *, first: bool) -> None:
    """Offer to run the quick benchmark, or the full one with options.

    Parameters
    ----------
    speed
        Of this machine, relative to the one that the estimated times are for.
    first
        Whether there is no evaluation yet, so that this is the main action of the page.
    """
    quick_column, full_column = st.columns(2, gap="medium")
    quick_slot, full_slot = quick_column.container(), full_column.container()
    with full_column.popover("Options", width="stretch"):
        full = _options(library)
    quick = replace(full, plan=make_quick_plan(full.plan.seed), max_sequences=QUICK_SEQUENCES)
    running = _running_job() is not None
    splits = ", ".join(map(_describe_part, full.plan.parts))
    for column, title, request, about in (
        (quick_slot, "Quick benchmark", quick, "the published table and the homology-aware split"),
        (full_slot, "Full benchmark", full, splits),
    ):
        pressed = column.button(
            f"{title} of {escape_markdown(library.name)}",
            type="primary" if first and request is quick else "secondary",
            width="stretch",
            disabled=running,
        )
        column.caption(_describe(library, request, speed, about))
        if pressed:
            _submit(library, request, title)


def _describe_part(part: PlannedSplit) -> str:
    name = split_name(part.split)
    return f"{name} ({part.max_queries:,} queries per task)" if part.max_queries else name


def _describe(library: Library, request: _Request, speed: float, about: str) -> str:
    """Say in Markdown how long a benchmark takes and what it covers."""
    count = library.count_genes(request.organisms)
    genes = f"{count:,} genes"
    if count > request.max_sequences:
        genes = f"{request.max_sequences:,} random genes of {count:,}"
    duration = format_hours(request.estimate(library, speed))
    return escape_markdown(f"About {duration} (h:min). {genes}; {about}.")


def _options(library: Library) -> _Request:
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
    name = st.text_input("Name", placeholder="Full benchmark of …", max_chars=200)
    plan = make_plan(splits, methods, int(seed), FULL_TASK_QUERIES)
    return _Request(plan, organisms or loaded, FULL_SEQUENCES, name.strip())


def _submit(library: Library, request: _Request, title: str) -> None:
    title = f"{title} of {library.name}"
    arguments = BenchmarkArguments(
        identity=library.identity,
        plan=request.plan,
        organisms=tuple(request.organisms),
        max_sequences=request.max_sequences,
        name=request.name or title,
    )
    digest = f"{library.identity} {request}"
    job = submit_job(JobRequest("benchmark", _QUEUE, title, digest, arguments))
    if job is not None:
        session.benchmark_job = job
        st.rerun()


def report_so_far() -> Report | None:
    """Return what the running benchmark has found yet; None without results."""
    job = _running_job()
    if job is None or not job.published:
        return None
    return remember(Slot.PUBLISHED_REPORT, (job.id, job.published), lambda: _published(job.id))


def _published(job: int) -> Report | None:
    content = jobs().published(job, REPORT)
    try:
        return Report.from_json(content.decode()) if content else None
    except ValueError:
        return None


def _running_job() -> JobRow | None:
    """Return the benchmark that runs or is next, of any user; None if there is none."""
    return next((job for job in jobs().active() if job.library == _QUEUE), None)


def follow_benchmark() -> None:
    """Show the running benchmark, and the outcome of the one that this session submitted."""
    if job := _running_job():
        draw_fragment(_follow, 1.0, job.id, job.published)
    submitted = session.benchmark_job
    ended = jobs().get(submitted) if submitted is not None else None
    if ended is not None and not ended.active:
        follow_job(ended, _open_evaluation)


def _follow(number: int, shown: int) -> None:
    """Show how far the benchmark is; draw the page again for new results, and at its end."""
    with plain_errors():
        active = jobs().active()
        job = next((job for job in active if job.id == number), None)
        if job is None or job.published != shown:
            st.rerun()
        if not job.progress.total:
            draw_job(job, active)
            return
        bar, action = st.columns([3, 1], vertical_alignment="center")
        bar.progress(job.progress.fraction, _progress_text(job))
        if jobs().may_cancel(job) and action.button(
            "Cancel", key=f"cancel {job.id}", disabled=job.cancel_asked
        ):
            jobs().cancel(job.id)


def _progress_text(job: JobRow) -> str:
    """Return how far a benchmark is, as Markdown: the time left is that of its parts so far."""
    title = f"**{escape_markdown(job.title)}**"
    if job.cancel_asked:
        return f"{title} · Cancelling…"
    percent = job.progress.done
    text = f"{title} · {escape_markdown(job.progress.step)} · {percent}%"
    if job.started_at is None:
        return text
    elapsed = (utc_now() - job.started_at).total_seconds()
    text += f" · {format_hours(elapsed)} elapsed"
    if percent >= _MIN_PERCENT:
        text += f" · about {format_hours(elapsed * (100 - percent) / percent)} left (h:min)"
    return text


def _open_evaluation(result: Mapping[str, int]) -> None:
    open_evaluation(result["evaluation"])
    del session.benchmark_job  # Last: a click meanwhile runs the script from its start.
