"""Accuracy of GeneKin and other methods, and how it was measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import streamlit as st

from components.benchmark.compare import show_comparison
from components.benchmark.details import (
    confusion_figure,
    coverage_figure,
    reliability_figure,
)
from components.benchmark.figures import (
    accuracy_figure,
    robustness_figure,
    similarity_figure,
    speed_figure,
    split_figures,
    transfer_figure,
)
from components.benchmark.labels import method_name, task_name
from components.benchmark.program_calls import evaluation_calls
from components.benchmark.reports import (
    choose_evaluation,
    read_report,
    report_settings,
    show_provenance,
    show_skipped,
)
from components.benchmark.run import follow_benchmark, report_so_far, run_panel
from components.benchmark.tables import show_comparison_table
from components.shared.errors import plain_errors
from components.shared.figure import Figure, show_figure
from components.shared.navigation import LIBRARY_PAGE, chosen_library, require_app_entry
from components.shared.services import draw_fragment, evaluations, may
from components.shared.session import BENCHMARK_TAB_KEY, Slot, remember
from core.access import Action
from core.environment import machine
from core.evaluation.cost import measured_speed
from core.evaluation.report import Report
from core.stores.sql.evaluations import EvaluationRow

_ACCURACY, _DETAILS, _COMPARISON, _PROVENANCE = "Accuracy", "Per task", "Compare", "Methods"
_RECENT_TASKS = 4
"""Tasks and methods whose figures are kept."""


@dataclass(frozen=True, slots=True)
class _Figures:
    """Figures of an evaluation: by tab, and of a split, task and method."""

    tabs: Mapping[str, list[Figure]]
    details: Callable[[str, str, str], list[Figure]]


def page() -> None:
    """Show an evaluation in tabs: accuracy first, then conditions, tasks and provenance."""
    st.title("Benchmark")
    follow_benchmark()
    if (report := report_so_far()) is not None:
        _show_so_far(report)
        return
    rows = evaluations().recent()
    if not rows:
        _show_empty()
        return
    left, middle, right = st.columns([4, 2, 2], vertical_alignment="bottom")
    with left:
        row = choose_evaluation(rows)
    with middle:
        report_settings(row)
    report = read_report(row)
    if may(Action.BENCHMARK):
        with right.popover("Run again", width="stretch"):
            _run_panel(report, first=False)
    draw_fragment(_show_tabs, None, rows, row, report)
    evaluation_calls(row, report)


def _show_empty() -> None:
    st.info(
        "Compares the accuracy of GeneKin with other methods, with and without close relatives in"
        " the library. It runs in the background, on a temporary copy: you can keep working."
    )
    if may(Action.BENCHMARK):
        _run_panel(None, first=True)
    else:
        st.caption("No benchmark has been run yet. Curators can run one.")


def _run_panel(earlier: Report | None, *, first: bool) -> None:
    library = chosen_library()
    if library is not None:
        speed = 1.0
        if earlier is not None and earlier.machine == machine():
            speed = measured_speed(earlier)
        run_panel(library, speed, first=first)
    elif st.button("Load a library first", type="primary"):
        st.switch_page(LIBRARY_PAGE)


def _show_so_far(report: Report) -> None:
    """Show the results of the running benchmark, which are not saved yet."""
    methods = len({result.method for result in report.results})
    st.info(f"Results so far: {methods} of {len(report.methods)} methods. Saved when complete.")
    for title, figures in _figures(report).tabs.items():
        if figures:
            st.subheader(title)
        for figure in figures:
            show_figure(figure)


def _show_tabs(rows: list[EvaluationRow], row: EvaluationRow, report: Report) -> None:
    """Draw the open tab; the others are drawn when they are opened."""
    figures = {title: found for title, found in _figures(report).tabs.items() if found}
    titles = [*figures, _DETAILS, _COMPARISON, _PROVENANCE]
    tabs = st.tabs(titles, key=BENCHMARK_TAB_KEY, on_change="rerun")
    for title, tab in zip(titles, tabs, strict=True):
        if tab.open:
            with tab, plain_errors():
                _show_tab(title, figures.get(title, []), rows, row, report)


def _show_tab(
    title: str,
    figures: Sequence[Figure],
    rows: list[EvaluationRow],
    row: EvaluationRow,
    report: Report,
) -> None:
    for figure in figures:
        show_figure(figure)
    if title == _ACCURACY:
        show_comparison_table(report)
    elif title == _DETAILS:
        _show_details(report)
    elif title == _COMPARISON:
        show_comparison(rows, row, report)
    elif title == _PROVENANCE:
        show_skipped(report)
        show_provenance(row, report)


def _figures(report: Report) -> _Figures:
    """Return the figures of an evaluation, drawn once for as long as it is shown."""
    return remember(
        Slot.BENCHMARK_FIGURES,
        (report.date, report.data.digest, len(report.results)),
        lambda: _Figures(
            _tab_figures(report), lru_cache(_RECENT_TASKS)(partial(_detail_figures, report))
        ),
    )


def _tab_figures(report: Report) -> dict[str, list[Figure]]:
    """Return the figures of each tab; a tab without figures has none to show."""
    figures = {
        _ACCURACY: [accuracy_figure(report)],
        "Relatives": [*split_figures(report), similarity_figure(report)],
        "Robustness": [robustness_figure(report)],
        "Cross-species": [transfer_figure(report)],
        "Speed": [speed_figure(report)],
    }
    return {title: [figure for figure in found if figure] for title, found in figures.items()}


def _detail_figures(report: Report, split: str, task: str, method: str) -> list[Figure]:
    (result,) = [
        result
        for result in report.results
        if (result.split, result.task, result.method) == (split, task, method)
    ]
    figures = (
        confusion_figure(report, result),
        reliability_figure(report, result),
        coverage_figure(report, split, task),
    )
    return [figure for figure in figures if figure]


def _show_details(report: Report) -> None:
    tasks = list(dict.fromkeys((result.split, result.task) for result in report.results))
    left, right = st.columns(2)
    split, task = left.selectbox("Task", tasks, format_func=lambda names: task_name(*names))
    methods = [
        result.method for result in report.results if (result.split, result.task) == (split, task)
    ]
    method = right.selectbox("Method", methods, format_func=lambda name: method_name(name, report))
    for figure in _figures(report).details(split, task, method):
        show_figure(figure)


require_app_entry("pages/benchmark.py")
page()
