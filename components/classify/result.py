"""The result of one query: its family, the confidence, and the evidence."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components.classify.charts import describe_evidence, evidence_map
from components.classify.submission import RunResult
from components.shared.alignment import show_alignment
from components.shared.figure import show_chart
from components.shared.formatting import (
    escape_markdown,
    family_name,
    pluralize,
)
from components.shared.markup import family_bars, legend, verdict
from components.shared.palette import UNKNOWN, family_mark
from components.shared.services import open_library
from components.shared.session import Slot, remember
from core.alignment.explanation import Explanation, explain
from core.alignment.pairwise import Alignment
from core.calls import Call, Status, confidence_percent
from core.classification.prediction import Hit
from core.errors import LibraryError


def show_query(result: RunResult, index: int) -> None:
    """Show the result of the query at an index of the run."""
    call = result.calls[index]
    if call.status is Status.INVALID:
        st.error(escape_markdown(call.reason))
        return
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    with left:
        _show_verdict(result, call)
    if call.families:
        right.html(family_bars(call.families, result.run.families))
    if not call.closest:
        return
    explanation = remember(  # After the verdict, which need not wait for it.
        Slot.EXPLANATION, (result.run.id, index), lambda: _explain(result, index)
    )
    left.write(_summarize_hits(call, call.closest, explanation))
    st.subheader(f"Top {pluralize(len(call.hits), 'hit')}", anchor=False)
    selected = _hit_table(result, call, explanation, index)
    if explanation is not None:
        _show_graphic_summary(call, explanation, result.run.families)
        _show_alignment(call, explanation, selected)


def _show_verdict(result: RunResult, call: Call) -> None:
    called = call.status is Status.CALLED
    mark = family_mark(call.family_id) if called and call.family_id is not None else UNKNOWN
    threshold = result.run.settings.threshold
    text = f"Confidence {confidence_percent(call.confidence)}"
    name = call.family if called else "Unknown"
    label = f"{text}, threshold {threshold:.0%}"
    st.html(verdict(name, mark, call.confidence, threshold, text, label))
    if not called:
        st.write(
            f"{escape_markdown(call.reason)} Low-confidence prediction:"
            f" {escape_markdown(call.family)}."
        )
    st.caption(_facts(result, call))


def _facts(result: RunResult, call: Call) -> str:
    run = result.run
    facts = [escape_markdown(call.query), f"{call.length:,} bp"]
    called = call.status is Status.CALLED  # Of an unknown query, these would be guesses.
    if called and call.strand:
        strand = "forward" if call.strand == "+" else "reverse"
        facts.append(f"{strand} strand, frame {call.frame}")
    if called and call.organism:
        organism = f"closest organism {escape_markdown(call.organism)}"
        if len(run.organisms) > 1:
            organism += f" (confidence {confidence_percent(call.organism_confidence)})"
        facts.append(organism)
    if call.unreadable:
        facts.append(f"{call.unreadable:.1%} ambiguous bases")
    facts.append(f"searched {pluralize(run.searched_genes, 'gene')}")
    if run.queries == 1:
        facts.append(f"{run.seconds * 1000:,.0f} ms")
    return " · ".join(facts)


def _summarize_hits(call: Call, best: Hit, explanation: Explanation | None) -> str:
    """Say in Markdown which hit is the best, and how many are in the called family."""
    sentence = (
        f"Best hit: {escape_markdown(best.name)} ({escape_markdown(best.organism)}), cosine"
        f" similarity {best.score:.2f}."
    )
    if call.status is not Status.CALLED or len(call.hits) == 1:
        return sentence
    agreeing = sum(hit.family == call.family_id for hit in call.hits)
    if agreeing == len(call.hits):
        return f"All {agreeing} top hits are in this family. {sentence}"
    verb = "is" if agreeing == 1 else "are"
    others = "; the others are not significant" * _others_insignificant(call, explanation)
    return f"{agreeing} of {len(call.hits)} top hits {verb} in this family{others}. {sentence}"


def _others_insignificant(call: Call, explanation: Explanation | None) -> bool:
    """Tell whether all hits are aligned, and those of other families not significantly."""
    if explanation is None or len(call.hits) > len(explanation.alignments):
        return False
    return not any(
        alignment.significant
        for alignment in explanation.alignments
        if alignment.hit.family != call.family_id
    )


def _explain(result: RunResult, index: int) -> Explanation | None:
    """Return the alignments with the top hits; None if the library is gone."""
    try:
        library = open_library(result.run.library)
    except LibraryError:
        return None
    return explain(
        library,
        result.queries[index].residues,
        result.calls[index],
        searched=result.run.searched_genes,
    )


def _hit_table(
    result: RunResult, call: Call, explanation: Explanation | None, index: int
) -> Alignment | None:
    """Show the hits in a table; return the alignment of the selected one."""
    by_hit = {part.hit.id: part for part in explanation.alignments} if explanation else {}
    alignments = [by_hit.get(hit.id) for hit in call.hits]
    table = pd.DataFrame(
        {
            "gene": hit.name,
            "mark": family_mark(hit.family).dot(),
            "family": family_name(result.run.families, hit.family),
            "organism": hit.organism,
            "similarity": hit.score,
            "identity": round(alignment.identity, 2) if alignment else None,
            "coverage": round(alignment.query_coverage, 2) if alignment else None,
            "length (bp)": hit.length,
        }
        for hit, alignment in zip(call.hits, alignments, strict=True)
    )
    selected = st.dataframe(
        table,
        hide_index=True,
        column_config=_COLUMNS,
        on_select="rerun",
        selection_mode="single-row-required",
        key=f"hits {result.run.id} {index}",
        placeholder="–",
        alt="Top hits, best first",
    )
    (row,) = selected["selection"]["rows"]
    return alignments[row]


def _show_graphic_summary(call: Call, explanation: Explanation, names: Mapping[int, str]) -> None:
    st.subheader("Graphic summary", anchor=False)
    if not explanation.segments:
        st.caption("No matching segments.")
        return
    families = sorted({segment.hit.family for segment in explanation.segments})
    st.html(legend({family: family_name(names, family) for family in families}))
    show_chart(
        evidence_map(explanation.segments, names, call.length),
        describe_evidence(explanation.segments, names),
    )
    st.caption("Arrows: strand. Pale: not significant.")


def _show_alignment(call: Call, explanation: Explanation, selected: Alignment | None) -> None:
    st.subheader("Alignment", anchor=False)
    if explanation.missing:
        genes = pluralize(len(explanation.missing), "hit")
        st.caption(f"No longer in the library: {genes}.")
    if selected is None:
        st.caption("No alignment with this gene. Select another hit in the table.")
        return
    st.caption("Select a hit in the table to see its alignment.")
    nucleotides = bool(selected.frame) and st.toggle("Show nucleotides", key="dna")
    show_alignment(call.query, selected, nucleotides=nucleotides)


_COLUMNS = {
    "mark": st.column_config.ImageColumn("", width=30),
    "similarity": st.column_config.ProgressColumn(
        format="%.3f",
        min_value=0.0,
        max_value=1.0,
        help="Cosine similarity. 1: same k-mers; 0: none shared.",
    ),
    "identity": st.column_config.NumberColumn(
        format="percent", help="Share of the alignment's columns with the same letter."
    ),
    "coverage": st.column_config.NumberColumn(
        format="percent", help="Share of the query's bases in the alignment."
    ),
    "length (bp)": st.column_config.NumberColumn(format="localized"),
}
