"""The saved evaluations: choose, rename or delete one, and see how it was made."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components.shared.deletion import delete_button
from components.shared.figure import offer_files
from components.shared.formatting import escape_markdown, unique_labels
from components.shared.services import evaluations
from components.shared.session import Slot, remember
from core.evaluation.report import MethodFacts, Report, SplitFacts
from core.runs.exports.downloads import file_name
from core.stores.sql.evaluations import EvaluationRow

_PARAMETER = "evaluation"
"""Query parameter of the page's address: the id of the evaluation shown."""


def open_evaluation(evaluation: int) -> None:
    """Put an evaluation into the page's address."""
    st.query_params[_PARAMETER] = str(evaluation)


def choose_evaluation(rows: Sequence[EvaluationRow]) -> EvaluationRow:
    """Return the evaluation that the address names, or the latest; let the user choose another."""
    wanted = st.query_params.get(_PARAMETER, "")
    ids = [str(row.id) for row in rows]
    if wanted and wanted not in ids:
        st.info("The evaluation of this link was deleted. Showing the latest one.")
    current = ids.index(wanted) if wanted in ids else 0
    labels = evaluation_labels(rows)
    chosen = st.selectbox(
        "Evaluation",
        range(len(rows)),
        current,
        format_func=labels.__getitem__,
        key=f"evaluation {wanted} of {len(rows)}",
    )
    if chosen != current:
        open_evaluation(rows[chosen].id)
        st.rerun()
    return rows[chosen]


def evaluation_labels(rows: Sequence[EvaluationRow]) -> list[str]:
    """Return a unique label for each evaluation."""
    return unique_labels([_label(row) for row in rows])


def _label(row: EvaluationRow) -> str:
    date = f"{row.created_at:%Y-%m-%d %H:%M}"
    return row.name if date in row.name else f"{row.name}, {date}"


def read_report(row: EvaluationRow, slot: Slot = Slot.EVALUATION) -> Report:
    """Return the report of an evaluation, read once for as long as it is shown."""
    key = row.id, row.created_at  # The id of a deleted evaluation may be used again.
    return remember(slot, key, lambda: evaluations().report(row.id))


def report_settings(row: EvaluationRow) -> None:
    """Rename or delete an evaluation, if the user may."""
    if not evaluations().may_change(row):
        return

    def delete() -> None:
        evaluations().delete(row)
        st.query_params.pop(_PARAMETER, None)

    with st.popover("Settings", width="stretch"):
        name = st.text_input("Name", row.name, max_chars=200, key=f"name of evaluation {row.id}")
        unchanged = not name.strip() or name == row.name
        if st.button("Rename", width="stretch", disabled=unchanged):
            evaluations().rename(row, name.strip())
            st.rerun()
        loss = "All results of this evaluation will be deleted. Making it again can take minutes."
        delete_button("Delete", f"delete evaluation {row.id}", row.name, loss, delete)


def show_skipped(report: Report) -> None:
    """List what was not evaluated, with the reasons."""
    titles = {method.name: method.title for method in report.methods}
    parts: tuple[MethodFacts | SplitFacts, ...] = (*report.methods, *report.splits)
    lines = [f"{part.title}: {part.missing}" for part in parts if part.missing]
    lines += [
        f"{titles.get(failure.method, failure.method)}, {failure.split}: {failure.message}"
        for failure in report.failures
    ]
    if lines:
        st.markdown("#### Skipped")
        st.markdown("\n".join(f"- {escape_markdown(line)}" for line in lines))


def show_provenance(row: EvaluationRow, report: Report) -> None:
    """Show what an evaluation was made from and with, and offer the whole report."""
    data = report.data
    with st.expander("Methods and provenance"):
        facts = {
            "data": f"{data.source}: {data.sequences:,} sequences, {data.distinct:,} distinct,"
            f" {len(data.families)} families",
            "SHA-256 of the data": data.digest,
            "random seed": str(report.seed),
            "date": f"{report.date:%Y-%m-%d %H:%M} UTC, {report.seconds / 60:.1f} minutes",
            "user": row.by,
            "machine": _join(report.machine),
            "versions": _join(report.versions),
        }
        facts |= {f"split: {split.title}": split.about for split in report.splits}
        facts |= {f"method: {method.title}": _join(method.settings) for method in report.methods}
        table = pd.DataFrame(
            [(name, value) for name, value in facts.items() if value], columns=["item", "value"]
        )
        st.dataframe(table, hide_index=True, height="content", alt="Methods and provenance")
        offer_files(
            "Full report (JSON)",
            lambda: report.to_json().encode(),
            f"{file_name(row.name) or 'evaluation'}.json",
            "application/json",
        )


def _join(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
