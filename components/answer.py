"""One query's answer: its family, how sure that is, and everything that says so."""

import html

import pandas as pd
import streamlit as st

from components.answering import Answered
from components.figures import evidence_map, family_bars
from components.palette import NEUTRAL, family_colour
from components.state import libraries
from components.text import chip, counted, plain
from core.alignment.aligned import Alignment, as_text
from core.alignment.explaining import Explanation, explain
from core.classifier import Call, Status
from core.errors import LibraryError
from core.library import Library
from core.tables import sure


def show_answer(answered: Answered, place: int) -> None:
    """The answer to the query at that place."""
    call = answered.calls[place]
    if call.status is Status.INVALID:
        st.error(plain(call.reason))
        return
    verdict, families = st.columns([3, 2], gap="large")
    with verdict:
        _verdict(answered, call)
    if not call.hits:
        return
    with verdict:
        st.write(_why(answered, call))
    with families:
        st.altair_chart(
            family_bars(call.families, answered.run.families, "confidence"),
            alt="How likely each family is",
        )
    st.subheader(counted(len(call.hits), "nearest gene"))
    explanation = _explained(answered, place)
    chosen = _hits(answered, call, explanation, place)
    if explanation is None:
        return
    if explanation.segments:
        st.subheader("Where on the query")
        st.altair_chart(
            evidence_map(explanation.segments, answered.run.families, call.length),
            alt="Which stretches of the query match which of the nearest genes",
        )
    _alignment(explanation, call, chosen)


def _verdict(answered: Answered, call: Call) -> None:
    called = call.status is Status.CALLED
    colour = family_colour(call.family_id) if called and call.family_id is not None else NEUTRAL
    st.html(f"<h2>{chip(call.family if called else 'Unknown', colour)}</h2>")
    st.html(_meter(call.confidence, answered.run.settings.threshold, colour))
    if not called:
        st.write(f"{plain(call.reason)} The best guess is {plain(call.family)}.")
    st.caption(_facts(answered, call))


def _meter(confidence: float, threshold: float, colour: str) -> str:
    """HTML: a bar as long as the confidence, with a mark where calls begin."""
    label = f"Confidence: {sure(confidence)}; a family is named from {threshold:.0%} on."
    ground = "background:repeating-linear-gradient(135deg,{0} 0 6px,transparent 6px 9px)"
    fill = f"background:{colour}" if confidence >= threshold else ground.format(colour)
    return (
        f'<div style="display:flex;align-items:center;gap:1rem" role="img"'
        f' aria-label="{html.escape(label)}" title="{html.escape(label)}">'
        '<div style="position:relative;flex:1;height:.75rem;border-radius:.4rem;'
        'background:color-mix(in srgb, currentColor 12%, transparent)">'
        f'<div style="width:{confidence:.1%};height:100%;border-radius:.4rem;{fill}"></div>'
        f'<div style="position:absolute;left:{threshold:.1%};top:-.2rem;bottom:-.2rem;'
        'border-left:2px solid currentColor"></div></div>'
        f'<div style="min-width:9em">{html.escape(sure(confidence))}</div></div>'
    )


def _facts(answered: Answered, call: Call) -> str:
    run = answered.run
    facts = [plain(call.query), counted(call.length, "base")]
    called = call.status is Status.CALLED  # Of an unknown one these would be guesses.
    if called and call.strand:
        strand = "forward" if call.strand == "+" else "reverse"
        facts.append(f"{strand} strand, frame {call.frame}")
    if called and call.organism:
        choice = f" ({sure(call.organism_confidence)})" if len(run.organisms) > 1 else ""
        facts.append(f"closest organism {plain(call.organism)}{choice}")
    if call.unreadable:
        facts.append(f"{call.unreadable:.1%} of its letters cannot be read")
    facts.append(f"among {counted(sum(run.organisms.values()), 'gene')}")
    if run.queries == 1:
        facts.append(f"{run.seconds * 1000:,.0f} ms")
    return " · ".join(facts)


def _why(answered: Answered, call: Call) -> str:
    """How the nearest genes agree, in a sentence."""
    names = answered.run.families
    agreeing = sum(hit.family == call.family_id for hit in call.hits)
    best = call.hits[0]
    closest = (
        f"The closest gene is {plain(best.name)} of {plain(best.organism)}, inner product"
        f" {best.score:.2f}."
    )
    if len(call.hits) == 1:
        return closest
    if agreeing == len(call.hits):
        agreement = f"All {agreeing} nearest genes are of {plain(names[best.family])}."
    else:
        verb = "is" if agreeing == 1 else "are"
        agreement = (
            f"Of the {len(call.hits)} nearest genes {agreeing} {verb} of {plain(call.family)}."
        )
    return f"{agreement} {closest}"


def _explained(answered: Answered, place: int) -> Explanation | None:
    """The alignments with the best hits; None where the library is gone. Kept while it is shown."""
    known, explanation = st.session_state.get("explained", (None, None))
    key = (answered.run.id, place)
    if known != key:
        explanation = _explain(answered, place)
        st.session_state["explained"] = (key, explanation)
    return explanation  # type: ignore[no-any-return]


def _explain(answered: Answered, place: int) -> Explanation | None:
    try:
        library: Library = libraries().open(answered.run.library)
    except LibraryError:
        return None
    return explain(library, answered.queries[place].residues, answered.calls[place])


def _hits(
    answered: Answered, call: Call, explanation: Explanation | None, place: int
) -> Alignment | None:
    """The table of nearest genes; returns the alignment of the chosen one, or the first."""
    alignments = {each.of.id: each for each in explanation.alignments} if explanation else {}
    frame = pd.DataFrame(
        {
            "gene": hit.name,
            "family": answered.run.families.get(hit.family, f"class {hit.family}"),
            "organism": hit.organism,
            "similarity": hit.score,
            "identity": alignments[hit.id].identity if hit.id in alignments else None,
            "coverage": alignments[hit.id].query_coverage if hit.id in alignments else None,
            "bases": hit.length,
        }
        for hit in call.hits
    )
    selected = st.dataframe(
        frame,
        hide_index=True,
        column_config=_COLUMNS,
        on_select="rerun",
        selection_mode="single-row",
        key=f"hits {answered.run.id} {place}",
        alt="The nearest genes, the closest first",
    )
    rows = selected["selection"]["rows"]
    hit = call.hits[rows[0] if rows and rows[0] < len(call.hits) else 0]
    return alignments.get(hit.id)


def _alignment(explanation: Explanation, call: Call, chosen: Alignment | None) -> None:
    st.subheader("Alignment")
    if explanation.missing:
        gone = counted(len(explanation.missing), "gene")
        st.caption(f"{gone} of these are not in the library any more.")
    if chosen is None:
        st.caption("Nothing of this gene aligns with the query.")
        return
    weak = "" if chosen.beyond_chance else " Chance alone may bring as much."
    what = "residues" if chosen.frame else "bases"
    st.caption(
        f"{plain(call.query)}, bases {chosen.query_start:,} to {chosen.query_end:,}, with"
        f" {plain(chosen.of.name)}, {what} {chosen.hit_start:,} to {chosen.hit_end:,}:"
        f" {chosen.identity:.0%} identical, {chosen.query_coverage:.0%} of the query.{weak}"
        " Select another gene in the table to align it."
    )
    dna = bool(chosen.frame) and st.toggle("Show the DNA under it", key="dna")
    st.code(as_text(chosen, dna=dna), language=None)


_COLUMNS = {
    "similarity": st.column_config.ProgressColumn(
        format="%.3f",
        min_value=0.0,
        max_value=1.0,
        help="Inner product of the two vectors. 1: the same words; 0: none shared.",
    ),
    "identity": st.column_config.NumberColumn(
        format="percent", help="Of the columns of the alignment, those with the same letter."
    ),
    "coverage": st.column_config.NumberColumn(
        format="percent", help="Of the query's bases, those that are aligned."
    ),
    "bases": st.column_config.NumberColumn(format="localized"),
}
