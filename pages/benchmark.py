"""How often GeneKin and others are right, and how we know."""

import streamlit as st

from components.benchmark.compare import comparison
from components.benchmark.details import (
    confusion_figure,
    coverage_figure,
    reliability_figure,
    where,
)
from components.benchmark.figures import (
    head_figure,
    organisms_figure,
    pair_figures,
    similarity_figure,
    speed_figure,
    stress_figure,
)
from components.benchmark.labels import name_of, show_table
from components.benchmark.reports import (
    choice,
    evaluations,
    left_out,
    provenance,
    report_of,
    report_settings,
)
from components.benchmark.run import begin_panel, follow
from components.shared.figure import Figure, show_figure
from components.shared.services import chosen_library, plain_errors, require_app_entry
from components.shared.session import remember
from core.evaluation.report import Report
from core.stores.sql.evaluations import EvaluationRow


def page() -> None:
    """The evaluation that is chosen: what it says, closer looks, how it was made."""
    st.title("Benchmark")
    follow()
    rows = evaluations().recent()
    if not rows:
        _nothing()
        return
    chosen, caring, running = st.columns([4, 2, 2], vertical_alignment="bottom")
    with chosen:
        row = choice(rows)
    with caring:
        report_settings(row)
    with running.popover("Run again", width="stretch"):
        _begin(first=False)
    report = report_of(row)
    _overview(report)
    st.subheader("A closer look")
    st.fragment(_closer)(report)
    st.subheader("Two evaluations beside each other")
    st.fragment(_compared)(rows, row, report)
    left_out(report)
    provenance(row, report)


def _nothing() -> None:
    st.info(
        "This page shows how often GeneKin is right beside other methods: for genes whose relatives"
        " are in the library, and for genes that have none there. One press runs it all."
    )
    _begin(first=True)


def _begin(*, first: bool) -> None:
    library = chosen_library()
    if library is not None:
        begin_panel(library, first=first)
    elif st.button("Load a library first", type="primary"):
        st.switch_page("pages/library.py")


def _overview(report: Report) -> None:
    head, *others = remember(
        "benchmark figures", (report.date, report.data.digest), lambda: _figures(report)
    )
    if head:
        show_figure(head)
    show_table(report)
    for figure in others:
        if figure:
            show_figure(figure)


def _figures(report: Report) -> list[Figure | None]:
    return [
        head_figure(report),
        *pair_figures(report),
        similarity_figure(report),
        stress_figure(report),
        organisms_figure(report),
        speed_figure(report),
    ]


def _closer(report: Report) -> None:
    with plain_errors():
        asked = list(dict.fromkeys((each.split, each.task) for each in report.results))
        left, right = st.columns(2)
        split, task = left.selectbox("Asked", asked, format_func=lambda each: where(report, *each))
        results = {
            each.method: each for each in report.results if (each.split, each.task) == (split, task)
        }
        method = right.selectbox(
            "Method", list(results), format_func=lambda name: name_of(report, name)
        )
        show_figure(confusion_figure(report, results[method]))
        for figure in (
            reliability_figure(report, results[method]),
            coverage_figure(report, split, task),
        ):
            if figure:
                show_figure(figure)


def _compared(rows: list[EvaluationRow], row: EvaluationRow, report: Report) -> None:
    with plain_errors():
        comparison(rows, row, report)


require_app_entry("pages/benchmark.py")
page()
