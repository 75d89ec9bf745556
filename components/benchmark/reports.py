"""The evaluations that are kept: chosen, renamed, deleted, and what each was made with."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components.shared.figure import offer_files
from components.shared.formatting import escape_markdown, unique_labels
from components.shared.services import libraries
from components.shared.session import remember
from core.evaluation.report import MethodFacts, Report, SplitFacts
from core.evaluation.repository import load_report
from core.runs.exports.downloads import file_name
from core.stores.sql.evaluations import EvaluationRow, EvaluationTable

_ADDRESS = "evaluation"
"""What the page's address calls the one that is shown."""


def evaluations() -> EvaluationTable:
    """Those that are kept."""
    return EvaluationTable(libraries().stores.database)


def choice(rows: Sequence[EvaluationRow]) -> EvaluationRow:
    """The one that the address names, or the latest; another can be chosen."""
    wanted = st.query_params.get(_ADDRESS, "")
    numbers = [str(row.id) for row in rows]
    if wanted and wanted not in numbers:
        st.info("The evaluation of this link is not there any more. This is the latest one.")
    place = numbers.index(wanted) if wanted in numbers else 0
    labels = labelled(rows)
    chosen = st.selectbox(
        "Evaluation",
        range(len(rows)),
        place,
        format_func=labels.__getitem__,
        key=f"evaluation {wanted} of {len(rows)}",
    )
    if chosen != place:
        st.query_params[_ADDRESS] = numbers[chosen]
        st.rerun()
    return rows[chosen]


def labelled(rows: Sequence[EvaluationRow]) -> list[str]:
    """What evaluations are called in a list."""
    return unique_labels([_label(row) for row in rows])


def _label(row: EvaluationRow) -> str:
    date = f"{row.created_at:%Y-%m-%d %H:%M}"
    return row.name if date in row.name else f"{row.name}, {date}"


def report_of(row: EvaluationRow, slot: str = "report") -> Report:
    """Its report, read once a session as long as it is shown in that place."""
    database = libraries().stores.database
    key = row.id, row.created_at  # A number may come again when its evaluation was deleted.
    return remember(f"evaluation {slot}", key, lambda: load_report(database, row.id))


def report_settings(row: EvaluationRow) -> None:
    """Rename it, delete it."""
    with st.popover("Rename, delete", width="stretch"):
        name = st.text_input("Name", row.name, max_chars=200, key=f"name of evaluation {row.id}")
        unchanged = not name.strip() or name == row.name
        if st.button("Rename", width="stretch", disabled=unchanged):
            evaluations().rename(row.id, name.strip())
            st.rerun()
        if st.button("Delete for good", key=f"delete evaluation {row.id}", width="stretch"):
            evaluations().delete(row.id)
            st.query_params.pop(_ADDRESS, None)
            st.rerun()


def left_out(report: Report) -> None:
    """What was to be evaluated and was not, with the reasons."""
    titles = {each.name: each.title for each in report.methods}
    facts: tuple[MethodFacts | SplitFacts, ...] = (*report.methods, *report.splits)
    lines = [
        f"{escape_markdown(each.title)}: {escape_markdown(each.missing)}"
        for each in facts
        if each.missing
    ]
    lines += [
        f"{escape_markdown(titles.get(each.method, each.method))}, {escape_markdown(each.split)}: {escape_markdown(each.message)}"
        for each in report.failures
    ]
    if lines:
        st.markdown("#### Left out")
        st.markdown("\n".join(f"- {line}" for line in lines))


def provenance(row: EvaluationRow, report: Report) -> None:
    """All that somebody needs who asks how we know."""
    data = report.data
    with st.expander("How this was made"):
        rows = {
            "data": f"{data.source}: {data.sequences:,} sequences, {data.distinct:,} distinct,"
            f" {len(data.families)} families",
            "SHA-256 of the data": data.digest,
            "random seed": str(report.seed),
            "date": f"{report.date:%Y-%m-%d %H:%M} UTC, {report.seconds / 60:.1f} minutes",
            "asked for by": row.by,
            "machine": _listed(report.machine),
            "versions": _listed(report.versions),
        }
        rows |= {f"split: {each.title}": each.about for each in report.splits}
        rows |= {f"method: {each.title}": _listed(each.settings) for each in report.methods}
        table = pd.DataFrame([(key, value) for key, value in rows.items() if value])
        table.columns = ["what", "value"]
        st.dataframe(table, hide_index=True, height="content", alt="How this evaluation was made")
        stem = file_name(row.name) or "evaluation"
        offer_files(
            "The whole report, JSON",
            lambda: report.to_json().encode(),
            f"{stem}.json",
            "application/json",
        )


def _listed(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
