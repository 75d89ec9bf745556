"""BLAST results from a file: the queries, and the hits of the selected one."""

from collections.abc import Iterable, Iterator
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from components.classify.charts import draw_segments
from components.shared.columns import family_column
from components.shared.errors import plain_errors
from components.shared.figure import show_chart
from components.shared.formatting import escape_markdown, pluralize
from components.shared.markup import legend
from components.shared.navigation import chosen_library
from components.shared.palette import NEUTRAL, family_colour
from components.shared.session import Slot, remember
from core.alignment.scoring import MAX_EVALUE
from core.blast_results import BlastAlignment, BlastHit, BlastQuery, BlastResults
from core.blast_results.families import SubjectLabels, label_subjects
from core.blast_results.table import export_hits, export_name
from core.library.library import Library
from core.sequences.families import family_name

_MAX_DRAWN = 25
"""Hits in the graphic summary."""
_PALE = 0.45
"""Opacity of an alignment that is not significant."""
_SCROLL_FROM = 8
_HEIGHT = 320
_STRANDS = {"+": "forward", "-": "reverse"}


def show_blast_results(results: BlastResults) -> None:
    """Show the hits of each query, with families where they are known."""
    library, labels = None, SubjectLabels()
    with plain_errors():  # The hits can be looked at while a store is down.
        library = chosen_library()
        labels = _labels(results, library)
    st.info(
        "BLAST results from a file: read-only, and not stored in this GeneKin.",
        icon=":material/draft:",
    )
    _show_header(results, labels)
    index = _select_query(results, labels) if len(results.queries) > 1 else 0
    _show_query(results.queries[index], labels, f"{results.digest} {index}")
    if labels.families:
        genes = f"genes of the library {escape_markdown(library.name)}" if library else "genes"
        st.caption(f"Families: of {genes} with the same name, else of the headers in the file.")


def _labels(results: BlastResults, library: Library | None) -> SubjectLabels:
    contents = library.contents() if library else ""
    key = results.digest, contents
    return remember(Slot.SUBJECT_FAMILIES, key, lambda: label_subjects(results, library))


def _show_header(results: BlastResults, labels: SubjectLabels) -> None:
    row = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )
    row.caption(_describe(results), width="content")
    with row.container(horizontal=True, gap="small", width="content"):
        for file_format in ("tsv", "csv"):
            st.download_button(
                f"Hits ({file_format.upper()})",
                partial(_data, results, labels, file_format),
                file_name=export_name(results, file_format),
                icon=":material/download:",
                on_click="ignore",
                key=f"hits {file_format} {results.digest}",
            )


def _describe(results: BlastResults) -> str:
    hits = sum(len(query.hits) for query in results.queries)
    facts = [
        results.file,
        results.program,
        f"database {results.database}" * bool(results.database),
        pluralize(len(results.queries), "query", "queries"),
        pluralize(hits, "hit"),
    ]
    return " · ".join(escape_markdown(fact) for fact in facts if fact)


def _data(results: BlastResults, labels: SubjectLabels, file_format: str) -> bytes:
    return export_hits(results, labels, file_format).data


def _select_query(results: BlastResults, labels: SubjectLabels) -> int:
    """Draw the table of queries; return the index of the selected one."""
    best_hits = (query.hits[0] for query in results.queries if query.hits)
    selected = st.dataframe(
        pd.DataFrame([_query_row(query, labels) for query in results.queries]),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row-required",
        column_config=_COLUMNS | {"family": _family_column(best_hits, labels)},
        key=f"queries of {results.digest}",
        height=_HEIGHT if len(results.queries) > _SCROLL_FROM else "auto",
        placeholder="–",
        alt="Queries with their best hits",
    )
    (row,) = selected["selection"]["rows"]
    return int(row)


def _query_row(query: BlastQuery, labels: SubjectLabels) -> dict[str, object]:
    row: dict[str, object] = {"query": query.name, "hits": len(query.hits)}
    if not query.hits:
        return row
    best = _hit_row(query.hits[0], labels)
    shown = ("family", "organism", "identity", "E-value", "bit score")
    return row | {"best hit": best["hit"]} | {name: best[name] for name in shown if name in best}


def _hit_row(hit: BlastHit, labels: SubjectLabels) -> dict[str, object]:
    best, family, organism = hit.best, labels.family(hit), labels.organism(hit)
    row: dict[str, object] = {
        "hit": hit.name,
        "family": [family] if family else None,
        "organism": organism or None,
        "identity": best.identity,
        "E-value": best.evalue,
        "bit score": best.bits,
        "alignments": len(hit.alignments),
        "from": best.query_start,
        "to": best.query_end,
        "length": hit.length,
        "header": hit.title or None,
    }
    if not labels.families:
        del row["family"]
    if not labels.organisms:
        del row["organism"]
    return row


def _family_column(hits: Iterable[BlastHit], labels: SubjectLabels) -> ColumnConfig:
    numbers = {hit.name: labels.families.get(hit.name) for hit in hits}
    known = sorted({number for number in numbers.values() if number is not None})
    return family_column(
        {family_name(labels.names, number): family_colour(number) for number in known}
    )


def _show_query(query: BlastQuery, labels: SubjectLabels, key: str) -> None:
    length = f", {pluralize(query.length, 'letter')}" if query.length else ""
    st.subheader(f"{escape_markdown(query.name)}{length}", anchor=False)
    if not query.hits:
        st.caption("No hits.")
        return
    hits, summary = st.tabs(["Hits", "Graphic summary"], key=f"view {key}", on_change="rerun")
    if hits.open:
        with hits:
            _show_hits(query, labels, key)
    if summary.open:
        with summary:
            _show_graphic_summary(query, labels)


def _show_hits(query: BlastQuery, labels: SubjectLabels, key: str) -> None:
    st.dataframe(
        pd.DataFrame([_hit_row(hit, labels) for hit in query.hits]),
        hide_index=True,
        column_config=_COLUMNS | {"family": _family_column(query.hits, labels)},
        key=f"hits {key}",
        height=_HEIGHT if len(query.hits) > _SCROLL_FROM else "auto",
        placeholder="–",
        alt="Hits in the order of the file",
    )
    st.caption("Figures are those of the first alignment with each hit; the download has all.")


def _show_graphic_summary(query: BlastQuery, labels: SubjectLabels) -> None:
    drawn = query.hits[:_MAX_DRAWN]
    numbers = {labels.families.get(hit.name) for hit in drawn}
    families = {
        number: family_name(labels.names, number)
        for number in sorted(number for number in numbers if number is not None)
    }
    if families:
        st.html(legend(families))
    rows = [row for rank, hit in enumerate(drawn, 1) for row in _segments(rank, hit, labels)]
    best = query.hits[0]
    show_chart(
        draw_segments(rows, query.span, "position in the query"),
        f"Segments of the query that align with {pluralize(len(drawn), 'hit')}; the first:"
        f" {best.name}, {best.best.query_start:,} to {best.best.query_end:,},"
        f" {_STRANDS[best.best.strand]} strand",
    )
    more = f" The first {_MAX_DRAWN} hits." if len(query.hits) > _MAX_DRAWN else ""
    st.caption(f"Arrows: strand. Pale: not significant. Grey: family not known.{more}")


def _segments(rank: int, hit: BlastHit, labels: SubjectLabels) -> Iterator[dict[str, object]]:
    number = labels.families.get(hit.name)
    for part in hit.alignments:
        yield {
            "hit": f"{rank}. {hit.name}",
            "family": labels.family(hit) or "–",
            "colour": NEUTRAL if number is None else family_colour(number),
            "organism": labels.organism(hit) or "–",
            "from": part.query_start,
            "to": part.query_end,
            "strand": _STRANDS[part.strand],
            "tip": part.query_end if part.strand == "+" else part.query_start,
            "frame": "–",
            "bits": part.bits,
            "opacity": 1.0 if _is_significant(part) else _PALE,
        }


def _is_significant(part: BlastAlignment) -> bool:
    return part.evalue is None or part.evalue < MAX_EVALUE


_COLUMNS: dict[str, ColumnConfig] = {
    "identity": st.column_config.NumberColumn(
        format="percent", help="Share of the alignment's columns with the same letter."
    ),
    "E-value": st.column_config.NumberColumn(format="%.0e", help="As in the file."),
    "bit score": st.column_config.NumberColumn(format="%.1f"),
    "alignments": st.column_config.NumberColumn(format="localized"),
    "length": st.column_config.NumberColumn(format="localized"),
}
