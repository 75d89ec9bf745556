"""One query's answer: its family, how sure that is, and everything that says so."""

import html

import pandas as pd
import streamlit as st

from components.classify.charts import describe_evidence, evidence_map
from components.classify.input import Answer
from components.shared.bars import family_bars
from components.shared.formatting import chip, escape_markdown, legend, pluralize
from components.shared.palette import UNKNOWN, family_mark
from components.shared.services import libraries
from components.shared.session import remember
from core.alignment.explanation import Explanation, explain
from core.alignment.pairwise import Alignment, as_text
from core.classification.votes import Hit
from core.classify import Call, Status
from core.errors import LibraryError
from core.runs.call_table import confidence_phrase


def show_answer(answered: Answer, place: int) -> None:
    """The answer to the query at that place."""
    call = answered.calls[place]
    if call.status is Status.INVALID:
        st.error(escape_markdown(call.reason))
        return
    verdict, families = st.columns([3, 2], gap="large", vertical_alignment="center")
    with verdict:
        _verdict(answered, call)
    if call.families:
        families.html(family_bars(call.families, answered.run.families))
    if not call.closest:
        return
    explanation = remember(  # The verdict need not wait for it.
        "explained", (answered.run.id, place), lambda: _explain(answered, place)
    )
    verdict.write(_why(call, call.closest, explanation))
    st.subheader(pluralize(len(call.hits), "nearest gene"), anchor=False)
    chosen = _hits(answered, call, explanation, place)
    if explanation is not None:
        _where(answered, call, explanation)
        _alignment(call, explanation, chosen)


def _verdict(answered: Answer, call: Call) -> None:
    called = call.status is Status.CALLED
    mark = family_mark(call.family_id) if called and call.family_id is not None else UNKNOWN
    st.html(
        f'<h2 style="padding:0">{chip(call.family if called else "Unknown", mark.ground)}</h2>'
        f"{_meter(call, answered.run.settings.threshold, mark.ground)}"
    )
    if not called:
        st.write(
            f"{escape_markdown(call.reason)} The best guess is {escape_markdown(call.family)}."
        )
    st.caption(_facts(answered, call))


def _meter(call: Call, threshold: float, ground: str) -> str:
    """HTML: a bar as long as the confidence, with a mark where calls begin."""
    said = confidence_phrase(call.confidence)
    if call.status is not Status.CALLED:
        said = f"best guess {said}"
    label = html.escape(f"{said}; a family is named from {threshold:.0%} on.")
    return (
        f'<div style="display:flex;align-items:center;gap:1rem" role="img" aria-label="{label}"'
        f' title="{label}"><div style="position:relative;flex:1;height:.75rem;border-radius:.4rem;'
        'background:color-mix(in srgb, currentColor 12%, transparent)">'
        f'<div style="width:{call.confidence:.1%};height:100%;border-radius:.4rem;'
        f'background:{ground}"></div><div style="position:absolute;left:{threshold:.1%};'
        'top:-.2rem;bottom:-.2rem;border-left:2px solid currentColor"></div></div>'
        f"<div>{html.escape(said)}</div></div>"
    )


def _facts(answered: Answer, call: Call) -> str:
    run = answered.run
    facts = [escape_markdown(call.query), pluralize(call.length, "base")]
    called = call.status is Status.CALLED  # Of an unknown one these would be guesses.
    if called and call.strand:
        strand = "forward" if call.strand == "+" else "reverse"
        facts.append(f"{strand} strand, frame {call.frame}")
    if called and call.organism:
        choice = (
            f" ({confidence_phrase(call.organism_confidence)})" if len(run.organisms) > 1 else ""
        )
        facts.append(f"closest organism {escape_markdown(call.organism)}{choice}")
    if call.unreadable:
        facts.append(f"{call.unreadable:.1%} of its letters cannot be read")
    facts.append(f"among {pluralize(sum(run.organisms.values()), 'gene')}")
    if run.queries == 1:
        facts.append(f"{run.seconds * 1000:,.0f} ms")
    return " · ".join(facts)


def _why(call: Call, closest: Hit, explanation: Explanation | None) -> str:
    """How the nearest genes agree, in sentences."""
    named = (
        f"The closest gene is {escape_markdown(closest.name)} of {escape_markdown(closest.organism)}, similarity"
        f" {closest.score:.2f}."
    )
    if call.status is not Status.CALLED or len(call.hits) == 1:
        return named
    agreeing = sum(hit.family == call.family_id for hit in call.hits)
    if agreeing == len(call.hits):
        return f"All {agreeing} nearest genes are in this family. {named}"
    agreement = (
        f"{agreeing} of the {len(call.hits)} nearest genes"
        f" {'is' if agreeing == 1 else 'are'} in this family."
    )
    return f"{agreement}{_chance(call, explanation)} {named}"


def _chance(call: Call, explanation: Explanation | None) -> str:
    """What there is to say of nearest genes of other families, where all of them are aligned."""
    if explanation is None or len(call.hits) > len(explanation.alignments):
        return ""
    others = [each for each in explanation.alignments if each.of.family != call.family_id]
    if any(each.beyond_chance for each in others):
        return ""
    return (
        " The other one shares no more with it than chance brings."
        if len(others) == 1
        else f" The other {len(others)} share no more with it than chance brings."
    )


def _explain(answered: Answer, place: int) -> Explanation | None:
    """The alignments with the best hits; None where the library is gone."""
    try:
        library = libraries().open(answered.run.library)
    except LibraryError:
        return None
    return explain(library, answered.queries[place].residues, answered.calls[place])


def _hits(
    answered: Answer, call: Call, explanation: Explanation | None, place: int
) -> Alignment | None:
    """The table of nearest genes; returns the alignment of the chosen one."""
    alignments = {each.of.id: each for each in explanation.alignments} if explanation else {}
    aligned = [alignments.get(hit.id) for hit in call.hits]
    frame = pd.DataFrame(
        {
            "gene": hit.name,
            "mark": family_mark(hit.family).dot(),
            "family": answered.run.families.get(hit.family, f"class {hit.family}"),
            "organism": hit.organism,
            "similarity": hit.score,
            "identity": round(each.identity, 2) if each else None,
            "coverage": round(each.query_coverage, 2) if each else None,
            "bases": hit.length,
        }
        for hit, each in zip(call.hits, aligned, strict=True)
    )
    selected = st.dataframe(
        frame,
        hide_index=True,
        column_config=_COLUMNS,
        on_select="rerun",
        selection_mode="single-row-required",
        key=f"hits {answered.run.id} {place}",
        placeholder="–",
        alt="The nearest genes, the closest first",
    )
    (chosen,) = selected["selection"]["rows"]
    return aligned[chosen]


def _where(answered: Answer, call: Call, explanation: Explanation) -> None:
    """The stretches of the query that its nearest genes have, too."""
    st.subheader("Where on the query", anchor=False)
    if not explanation.segments:
        st.caption("None of these genes shares a stretch with the query.")
        return
    names = answered.run.families
    families = {each.of.family for each in explanation.segments}
    st.html(legend({number: names.get(number, f"class {number}") for number in sorted(families)}))
    st.altair_chart(
        evidence_map(explanation.segments, names, call.length),
        alt=describe_evidence(explanation.segments, names),
    )
    st.caption("An arrow points along the strand that is read. Pale: chance alone may bring it.")


def _alignment(call: Call, explanation: Explanation, chosen: Alignment | None) -> None:
    st.subheader("Alignment", anchor=False)
    if explanation.missing:
        gone = pluralize(len(explanation.missing), "gene")
        st.caption(f"{gone} of these are not in the library any more.")
    if chosen is None:
        st.caption("Nothing of this gene is aligned with the query.")
        return
    weak = "" if chosen.beyond_chance else " Chance alone may bring as much."
    what = "residues" if chosen.frame else "bases"
    st.caption(
        f"{escape_markdown(call.query)}, bases {chosen.query_start:,} to {chosen.query_end:,}, with"
        f" {escape_markdown(chosen.of.name)}, {what} {chosen.hit_start:,} to {chosen.hit_end:,}:"
        f" {chosen.identity:.0%} identical, {chosen.query_coverage:.0%} of the query.{weak}"
        " Select another gene in the table to align it."
    )
    dna = bool(chosen.frame) and st.toggle("Show the DNA as well", key="dna")
    st.code(as_text(chosen, dna=dna), language=None)


_COLUMNS = {
    "mark": st.column_config.ImageColumn("", width=30),
    "similarity": st.column_config.ProgressColumn(
        format="%.3f",
        min_value=0.0,
        max_value=1.0,
        help="How much of their composition the two share. 1: all of it; 0: nothing.",
    ),
    "identity": st.column_config.NumberColumn(
        format="percent", help="Of the columns of the alignment, those with the same letter."
    ),
    "coverage": st.column_config.NumberColumn(
        format="percent", help="Of the query's bases, those that are aligned."
    ),
    "bases": st.column_config.NumberColumn(format="localized"),
}
