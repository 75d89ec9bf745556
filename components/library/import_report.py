"""Import report: valid and invalid records of a file, its issues and families."""

from itertools import islice

import streamlit as st

from components.library.charts import describe_families, family_chart
from components.shared.figure import show_chart
from components.shared.formatting import escape_markdown
from components.shared.markup import legend
from core.library.library import Library
from core.sequences.families import family_name
from core.sequences.issues import Issue, Severity
from core.sequences.report import Report, rejected_table

_MAX_ORGANISMS = 10


def show_report(report: Report, library: Library | None) -> None:
    """Draw the counts, the issues, the families, and a download of the invalid records."""
    with st.container(horizontal=True, gap="large"):  # Columns would stack on a phone.
        st.metric("Valid", f"{report.valid_count:,}", width="content")
        st.metric("Invalid", f"{len(report.rejected):,}", width="content")
        st.metric("Ambiguous bases", f"{report.ambiguous:.1%}", width="content")
    for note in report.notes:
        st.caption(escape_markdown(note))
    if report.issues:
        st.markdown("\n".join(map(_issue_line, report.issues)))
    if any(issue.code == "no family" for issue in report.issues):
        st.caption("Under *Import settings*, choose where the family is, or a default family.")
    if report.valid:
        first = islice(report.valid.items(), _MAX_ORGANISMS)
        sizes = ", ".join(f"{escape_markdown(name)} {len(group):,}" for name, group in first)
        more = ", …" if len(report.valid) > _MAX_ORGANISMS else ""
        st.caption(f"Valid records by organism: {sizes}{more}")
    if report.family_counts:
        known = (library.families if library else {}) | dict(report.families)
        names = {number: family_name(known, number) for number in report.family_counts}
        st.html(legend(names))
        show_chart(
            family_chart(report.family_counts, names),
            describe_families(report.family_counts, names),
        )
    if report.rejected:
        st.download_button(
            "Download invalid records with reasons",
            rejected_table(report),
            file_name=f"rejected_{report.source}.tsv",
            mime="text/tab-separated-values",
        )


def _issue_line(issue: Issue) -> str:
    """Return a list item: the kind of issue, one record as an example, lines of the others."""
    colour = "red" if issue.severity is Severity.ERROR else "orange"
    text = f"- :{colour}-badge[{issue.severity.value}] {escape_markdown(issue.message)}"
    text += f" {escape_markdown(issue.examples[0])}"
    if issue.count > 1:
        more = ", …" if issue.count > len(issue.lines) else "."
        text += f" Lines {', '.join(f'{line:,}' for line in issue.lines)}{more}"
    return text
