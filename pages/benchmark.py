"""Accuracy of GeneKin and other methods, and how it was measured."""

from collections.abc import Callable
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
from components.benchmark.reports import (
    choose_evaluation,
    evaluations,
    read_report,
    report_settings,
    show_provenance,
    show_skipped,
)
from components.benchmark.run import follow_benchmark, run_panel
from components.benchmark.tables import show_comparison_table
from components.shared.errors import plain_errors
from components.shared.figure import Figure, show_figure
from components.shared.navigation import LIBRARY_PAGE, chosen_library, require_app_entry
from components.shared.services import draw_fragment
from components.shared.session import Slot, remember
from core.evaluation.report import Report
from core.stores.sql.evaluations import EvaluationRow

_RECENT_TASKS = 4
"""Tasks and methods whose figures are kept."""


@dataclass(frozen=True, slots=True)
class _Figures:
    """Figures of an evaluation: of the overview, and of a split, task and method."""

    overview: list[Figure | None]
    details: Callable[[str, str, str], list[Figure]]


def page() -> None:
    """Show an evaluation: overview, one task in detail, comparison, provenance."""
    st.title("Benchmark")
    follow_benchmark()
    rows = evaluations().recent()
    if not rows:
        _show_empty()
        return
    left, middle, right = st.columns([4, 2, 2], vertical_alignment="bottom")
    with left:
        row = choose_evaluation(rows)
    with middle:
        report_settings(row)
    with right.popover("Run again", width="stretch"):
        _run_panel(first=False)
    report = read_report(row)
    _show_overview(report)
    st.subheader("Per-task details")
    draw_fragment(_show_details, None, report)
    st.subheader("Compare evaluations")
    draw_fragment(_show_comparison, None, rows, row, report)
    show_skipped(report)
    show_provenance(row, report)


def _show_empty() -> None:
    st.info(
        "Compares the accuracy of GeneKin with other methods, with and without close relatives in"
        " the library. Run the full benchmark in the background: minutes for one organism,"
        " longer for several."
    )
    _run_panel(first=True)


def _run_panel(*, first: bool) -> None:
    library = chosen_library()
    if library is not None:
        run_panel(library, first=first)
    elif st.button("Load a library first", type="primary"):
        st.switch_page(LIBRARY_PAGE)


def _show_overview(report: Report) -> None:
    accuracy, *others = _figures(report).overview
    if accuracy:
        show_figure(accuracy)
    show_comparison_table(report)
    for figure in others:
        if figure:
            show_figure(figure)


def _figures(report: Report) -> _Figures:
    """Return the figures of an evaluation, drawn once for as long as it is shown."""
    return remember(
        Slot.BENCHMARK_FIGURES,
        (report.date, report.data.digest),
        lambda: _Figures(
            _overview_figures(report), lru_cache(_RECENT_TASKS)(partial(_detail_figures, report))
        ),
    )


def _overview_figures(report: Report) -> list[Figure | None]:
    return [
        accuracy_figure(report),
        *split_figures(report),
        similarity_figure(report),
        robustness_figure(report),
        transfer_figure(report),
        speed_figure(report),
    ]


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
    with plain_errors():
        tasks = list(dict.fromkeys((result.split, result.task) for result in report.results))
        left, right = st.columns(2)
        split, task = left.selectbox("Task", tasks, format_func=lambda names: task_name(*names))
        methods = [
            result.method
            for result in report.results
            if (result.split, result.task) == (split, task)
        ]
        method = right.selectbox(
            "Method", methods, format_func=lambda name: method_name(name, report)
        )
        for figure in _figures(report).details(split, task, method):
            show_figure(figure)


def _show_comparison(rows: list[EvaluationRow], row: EvaluationRow, report: Report) -> None:
    with plain_errors():
        show_comparison(rows, row, report)


require_app_entry("pages/benchmark.py")
page()
