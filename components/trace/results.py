"""What came of queries that were traced: the batch as a whole, and each query of it."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components.shared.figure import offer_table, show_figure
from components.shared.formatting import escape_markdown, pluralize
from components.trace.charts import shares
from core.runs.call_table import confidence_phrase
from core.tracing import Origin, Traced, origins
from core.tracing.trace_table import COLUMNS, row

_CLEAR = 0.95


def show_traced(traced: Sequence[Traced], families: Mapping[int, str]) -> None:
    """A sentence, the shares of a batch, a table of the queries, and the one that is chosen."""
    found = origins(traced)
    st.markdown(f"### {headline(traced, found)}")
    if notes := _notes(traced):
        st.caption(notes)
    count = sum(bool(each.organisms) for each in traced)
    if count > 1:
        show_figure(shares(found, count))
    _one(traced, _chosen(traced), families)


def headline(traced: Sequence[Traced], found: Sequence[Origin]) -> str:
    """What a reader should take away; Markdown."""
    if not found:
        return "Nothing in it could be traced."
    if len(traced) == 1:
        return f"Closest to {escape_markdown(traced[0].organism)}, {confidence_phrase(traced[0].confidence)}."
    first = found[0].share
    percent = f"{first.mean:.0%}, between {first.low:.0%} and {first.high:.0%}"
    return (
        f"Of {pluralize(first.n, 'query', 'queries')} that could be traced, {percent}, are of"
        f" {escape_markdown(found[0].organism)}."
    )


def _notes(traced: Sequence[Traced]) -> str:
    """How close and how clear the answers of a batch are, and what has none."""
    if len(traced) == 1:
        return ""
    answered = [each for each in traced if each.organisms]
    parts = []
    if answered:
        clear = sum(each.confidence >= _CLEAR for each in answered)
        alike = pd.Series([each.identity for each in answered]).median()
        parts.append(f"{clear:,} of {len(answered):,} are at least {_CLEAR * 100:.0f}% sure.")
        parts.append(f"Of their bases {alike:.1%} (median) are as in the closest relative.")
    if left := len(traced) - len(answered):
        parts.append(f"{left:,} have no answer; the table says why.")
    return " ".join(parts)


def _chosen(traced: Sequence[Traced]) -> Traced:
    """The table of all queries; the one that is chosen in it, or the first."""
    if len(traced) == 1:
        return traced[0]
    st.subheader(pluralize(len(traced), "query", "queries"))
    table = pd.DataFrame([row(each) for each in traced], columns=COLUMNS)
    selected = st.dataframe(
        _rounded(table.dropna(axis="columns", how="all")),
        hide_index=True,
        column_config=_COLUMNS,
        on_select="rerun",
        selection_mode="single-row",
        height=320 if len(traced) > 8 else "auto",
        key=f"traced {len(traced)}",
        alt="All queries with the organism of their closest relative",
    )
    with st.popover("Download", icon=":material/download:", key="download traced"):
        offer_table(table, "traced")
    rows = selected["selection"]["rows"]
    return traced[rows[0] if rows and rows[0] < len(traced) else 0]


def _one(traced: Sequence[Traced], chosen: Traced, families: Mapping[int, str]) -> None:
    """Every organism's chance to have the closest relative of a query."""
    if len(traced) > 1:
        st.subheader(escape_markdown(chosen.query))
    if not chosen.organisms:
        st.caption(escape_markdown(chosen.problem))
        return
    st.caption(
        f"{escape_markdown(chosen.query)} · {pluralize(chosen.length, 'base')}, of which"
        f" {chosen.identity:.1%} are as in the closest relative"
    )
    hits = {name: chosen.closest[name] for name in chosen.organisms}
    table = pd.DataFrame(
        {
            "organism": name,
            "confidence": chosen.organisms[name],
            "closest gene": hit.name,
            "family": families.get(hit.family, f"class {hit.family}"),
            "bases": hit.length,
        }
        for name, hit in hits.items()
    )
    st.dataframe(
        _rounded(table),
        hide_index=True,
        column_config=_COLUMNS,
        alt="How likely each organism has the closest relative, and which that is",
    )


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """For people: shares as whole percentages, and nothing is ever quite certain."""
    shares = [name for name in ("confidence", "identity") if name in table]
    rounded = table.assign(**{name: table[name].astype(float).round(2) for name in shares})
    if "confidence" in rounded:
        rounded["confidence"] = rounded["confidence"].clip(upper=0.99)
    return rounded


_COLUMNS = {
    "confidence": st.column_config.ProgressColumn(
        format="percent",
        min_value=0.0,
        max_value=1.0,
        help="How sure it is that no other organism has a closer one.",
    ),
    "identity": st.column_config.NumberColumn(
        format="percent", help="Of its bases, those that are as in the closest relative."
    ),
    "gene": st.column_config.TextColumn("closest gene"),
    "next": st.column_config.TextColumn("next organism"),
    "bases": st.column_config.NumberColumn(format="localized"),
    "length": st.column_config.NumberColumn(format="localized"),
}
