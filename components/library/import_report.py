"""What was found in a file, before anything of it is loaded."""

from itertools import islice

import streamlit as st

from components.shared.charts import family_stack, family_text
from components.shared.formatting import escape_markdown, legend
from core.library.library import Library
from core.sequences.report import Issue, Report, Severity, rejected_table

_MOST = 10
"""Organisms that are named."""


def show_report(report: Report, library: Library | None) -> None:
    """How many records are good, what is wrong with the others, and what families there are."""
    good, bad, bases = st.columns(3)
    good.metric("good", f"{report.good_count:,}")
    bad.metric("rejected", f"{len(report.rejected):,}")
    bases.metric("ambiguous", f"{report.ambiguous:.1%}", help="share of the bases")
    if report.issues:
        st.markdown("\n".join(map(_issue, report.issues)))
    if any(issue.code == "no family" for issue in report.issues):
        st.caption("Under *How it is read* you can say where families stand, or one for all.")
    if report.good:
        first = islice(report.good.items(), _MOST)
        sizes = ", ".join(f"{escape_markdown(name)} {len(good):,}" for name, good in first)
        more = ", …" if len(report.good) > _MOST else ""
        st.caption(f"Good records by organism: {sizes}{more}")
    if report.balance:
        known = (library.families if library else {}) | dict(report.families)
        names = {number: known.get(number, f"class {number}") for number in report.balance}
        st.html(legend(names))
        st.altair_chart(family_stack(report.balance, names), alt=family_text(report.balance, names))
    if report.rejected:
        st.download_button(
            "Download the rejected records, with reasons",
            rejected_table(report),
            file_name=f"rejected_{report.source}.tsv",
            mime="text/tab-separated-values",
        )


def _issue(issue: Issue) -> str:
    """A point of a list: the kind of problem, one record that has it, and where others stand."""
    colour = "red" if issue.severity is Severity.ERROR else "orange"
    text = f"- :{colour}-badge[{issue.severity.value}] {escape_markdown(issue.message)}"
    text += f" {escape_markdown(issue.examples[0])}"
    if issue.count > 1:
        more = ", …" if issue.count > len(issue.lines) else "."
        text += f" Lines {', '.join(f'{line:,}' for line in issue.lines)}{more}"
    return text
