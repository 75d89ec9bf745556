"""The result of one query: its family, the confidence, and the evidence."""

from collections.abc import Mapping
from contextlib import nullcontext

import pyarrow as pa
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.classify.charts import describe_evidence, evidence_map
from components.classify.submission import RunResult
from components.shared.alignment import show_alignment
from components.shared.columns import family_column
from components.shared.figure import show_chart
from components.shared.formatting import (
    escape_markdown,
    pluralize,
)
from components.shared.markup import family_bars, legend, verdict
from components.shared.palette import UNKNOWN, family_colour, family_mark
from components.shared.services import draw_fragment, open_library
from components.shared.session import Slot, remember
from core.alignment.explanation import Explanation, GeneSource, explain
from core.alignment.pairwise import Alignment, format_evalue
from core.calls import Call, Status, confidence_percent
from core.classification.prediction import Hit
from core.errors import LibraryError
from core.sequences.families import family_name

_LONG_QUERY = 10_000
"""Bases from which a gene is a small part of the query, so that its place matters."""
_SCROLL_FROM = 6
"""Hits from which the table scrolls, so that the alignment stays in view."""
_TABLE_HEIGHT = 250
_MAX_PROFILES = 4
"""Profiles that are named."""

_SCHEMA = pa.schema(
    {
        "gene": pa.string(),
        "family": pa.list_(pa.string()),
        "organism": pa.string(),
        "identity": pa.float64(),
        "coverage": pa.float64(),
        "E-value": pa.float64(),
        "similarity": pa.float64(),
        "length (bp)": pa.int64(),
    }
)
"""Columns of the table of hits."""


def show_verdict(result: RunResult, index: int) -> DeltaGenerator:
    """Show the family of the query at an index of the run, and the confidence.

    This needs no alignments, which take longer.

    Returns
    -------
    DeltaGenerator
        The place of the reasons, for :func:`show_evidence`.
    """
    call = result.calls[index]
    if call.status is Status.INVALID:
        st.error(escape_markdown(call.reason))
        return st.empty()
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    with left:
        _show_family(result, call)
        why = st.empty()
        if call.profiles:
            st.write(_profile_text(call, result.run.families))
        st.caption(_facts(result, call))
    if call.closest:
        why.write(_reasons(call, call.closest, None))
    if call.families:
        right.html(family_bars(call.families, result.run.families))
    return why


def show_evidence(result: RunResult, index: int, why: DeltaGenerator) -> None:
    """Show the hits of the query at an index of the run, and what they have in common with it."""
    call = result.calls[index]
    if not call.closest:
        return
    # A spinner has a thread of its own, and short queries are aligned in milliseconds.
    with st.spinner("Aligning the hits …") if call.length >= _LONG_QUERY else nullcontext():
        explanation = remember(
            Slot.EXPLANATION, (result.run.id, index), lambda: _explain(result, index)
        )
    why.write(_reasons(call, call.closest, explanation))
    draw_fragment(_show_tabs, None, result, index, explanation)


def _show_tabs(result: RunResult, index: int, explanation: Explanation | None) -> None:
    """Show the hits, or the graphic summary: only the tab in view is drawn."""
    call = result.calls[index]
    hits, summary = st.tabs(
        ["Hits and alignment", "Graphic summary"],
        key=f"evidence of {result.run.id} {index}",
        on_change="rerun",
    )
    if hits.open:
        with hits:
            selected = _hit_table(result, call, explanation, index)
            if explanation is not None:
                _show_alignment(call, explanation, selected)
    if summary.open:
        with summary:
            _show_graphic_summary(call, explanation, result.run.families)


def _show_family(result: RunResult, call: Call) -> None:
    called = call.status is Status.CALLED
    mark = family_mark(call.family_id) if called and call.family_id is not None else UNKNOWN
    threshold = result.run.settings.threshold
    text = f"Confidence {confidence_percent(call.confidence)}"
    name = call.family if called else "Unknown"
    label = f"{text}, threshold {threshold:.0%}"
    st.html(verdict(name, mark, call.confidence, threshold, text, label))
    if not called:
        guess = ""
        if call.best_guess:  # What the library has most of is none.
            percent = confidence_percent(call.confidence)
            guess = f" Best guess: {escape_markdown(call.best_guess)} ({percent})."
        st.write(escape_markdown(call.reason) + guess)


def _facts(result: RunResult, call: Call) -> str:
    run = result.run
    facts = [escape_markdown(call.query), f"{call.length:,} bp"]
    called = call.status is Status.CALLED  # Of an unknown query, these would be guesses.
    if called and call.strand:
        strand = "forward" if call.strand == "+" else "reverse"
        facts.append(f"{strand} strand, frame {call.frame}")
    if called and call.length >= _LONG_QUERY and call.end:
        facts.append(f"evidence in bases {call.start:,} to {call.end:,}")
    if called and call.organism:
        organism = f"closest organism {escape_markdown(call.organism)}"
        if len(run.organisms) > 1:
            organism += f" (confidence {confidence_percent(call.organism_confidence)})"
        facts.append(organism)
    if call.unreadable >= 0.0005:  # Less is shown as 0.0%.
        facts.append(f"{call.unreadable:.1%} ambiguous bases")
    facts.append(f"searched {pluralize(run.searched_genes, 'gene')}")
    if run.queries == 1:
        facts.append(f"{run.seconds * 1000:,.0f} ms")
    return " · ".join(facts)


def _reasons(call: Call, best: Hit, explanation: Explanation | None) -> str:
    """Say in Markdown how many hits are in the called family, and how the best one aligns."""
    by_hit = {part.hit.id: part for part in explanation.alignments} if explanation else {}
    sentence = f"Best hit: {escape_markdown(best.name)} ({escape_markdown(best.organism)})"
    if alignment := by_hit.get(best.id):
        sentence += (
            f", {alignment.identity:.0%} identical over {alignment.query_coverage:.0%} of the"
            f" query, E-value {format_evalue(alignment.evalue)}"
        )
    if call.status is not Status.CALLED or len(call.hits) == 1:
        return f"{sentence}."
    agreeing = sum(hit.family == call.family_id for hit in call.hits)
    if agreeing == len(call.hits):
        return f"All {agreeing} top hits are in this family. {sentence}."
    verb = "is" if agreeing == 1 else "are"
    others = "; the others are not significant" * _others_insignificant(call, explanation)
    return f"{agreeing} of {len(call.hits)} top hits {verb} in this family{others}. {sentence}."


def _profile_text(call: Call, names: Mapping[int, str]) -> str:
    """Say in Markdown which profile matches best, where, and what it speaks for."""
    best = call.profiles[0]
    name = escape_markdown(best.name)
    if best.description:
        name += f" ({escape_markdown(best.description)})"
    sentence = (
        f"Best profile: {name}, {best.score:.0f} bits, E-value {format_evalue(best.e_value)}, bases"
        f" {best.start:,} to {best.end:,}"
    )
    if best.family is not None:
        sentence += f"; it speaks for {escape_markdown(family_name(names, best.family))}"
    if others := ", ".join(escape_markdown(hit.name) for hit in call.profiles[1:_MAX_PROFILES]):
        sentence += f". Next: {others}"
    return f"{sentence}."


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
    genes = _genes(result)
    if genes is None:
        return None
    return explain(
        genes,
        result.queries[index].residues,
        result.calls[index],
        searched=result.run.searched_genes,
    )


def _genes(result: RunResult) -> GeneSource | None:
    """Return where the residues of the hits are; None if they are lost."""
    if not result.is_stored:
        return result.genes
    try:
        return open_library(result.run.library)
    except LibraryError:
        return None


def _hit_table(
    result: RunResult, call: Call, explanation: Explanation | None, index: int
) -> Alignment | None:
    """Show the hits in a table; return the alignment of the selected one."""
    by_hit = {part.hit.id: part for part in explanation.alignments} if explanation else {}
    alignments = [by_hit.get(hit.id) for hit in call.hits]
    names = result.run.families
    table = pa.Table.from_pylist(  # A data frame takes longer, for every answer.
        [
            {
                "gene": hit.name,
                "family": [family_name(names, hit.family)],
                "organism": hit.organism,
                "identity": round(alignment.identity, 2) if alignment else None,
                "coverage": round(alignment.query_coverage, 2) if alignment else None,
                "E-value": alignment.evalue if alignment else None,
                "similarity": hit.score,
                "length (bp)": hit.length,
            }
            for hit, alignment in zip(call.hits, alignments, strict=True)
        ],
        schema=_SCHEMA,
    )
    families = {family_name(names, hit.family): family_colour(hit.family) for hit in call.hits}
    selected = st.dataframe(
        table,
        hide_index=True,
        column_config=_COLUMNS | {"family": family_column(families)},
        on_select="rerun",
        selection_mode="single-row-required",
        key=f"hits {result.run.id} {index}",
        height=_TABLE_HEIGHT if len(call.hits) > _SCROLL_FROM else "auto",
        placeholder="–",
        alt="Top hits, best first",
    )
    if any(alignments):
        st.caption(
            "Similarity compares the k-mers of whole genes: a fragment that aligns at 100%"
            " identity scores below 1."
        )
    (row,) = selected["selection"]["rows"]
    return alignments[row]


def _show_graphic_summary(
    call: Call, explanation: Explanation | None, names: Mapping[int, str]
) -> None:
    if explanation is None or not explanation.segments:
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
    "identity": st.column_config.NumberColumn(
        format="percent", help="Share of the alignment's columns with the same letter."
    ),
    "coverage": st.column_config.NumberColumn(
        format="percent", help="Share of the query's bases in the alignment."
    ),
    "E-value": st.column_config.NumberColumn(
        format="%.0e",
        help="Number of alignments of this score that chance would bring among all genes"
        " searched. Below 0.01 is significant. Karlin-Altschul statistics with BLAST's parameters.",
    ),
    "similarity": st.column_config.ProgressColumn(
        format="%.2f",
        min_value=0.0,
        max_value=1.0,
        help="Cosine similarity of the k-mers of query and gene, weighted by rarity. 1: all in"
        " common; 0: none. Parts that only one of them has, and k-mers that a single substitution"
        " changes, lower it; so a fragment scores below 1 even if it is 100% identical.",
    ),
    "length (bp)": st.column_config.NumberColumn(format="localized"),
}
