"""The t-SNE map of a library's sequences: hover for details, lasso to list."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components.shared.computation import Computation, compute, is_computed
from components.shared.figure import offer_figure, offer_table
from components.shared.formatting import escape_markdown, pluralize
from components.shared.services import stored_results
from components.shared.session import session
from components.similarity.map_charts import (
    FAMILY,
    ORGANISM,
    describe_map,
    map_figure,
    map_table,
    printed_map,
    text_symbols,
)
from core.jobs.kinds.similarity import MapArguments, map_key, similarity_queue
from core.jobs.queue import JobRequest
from core.library.library import Library
from core.similarity.tsne import MAX_SEQUENCES, MIN_SEQUENCES, SequenceMap, map_sequences

_QUICK = 300
"""Number of sequences up to which the map is computed right away."""


def show_map(library: Library) -> None:
    """Offer to compute the map; show it once it is there."""
    st.subheader("t-SNE map")
    total = library.count_genes()
    if total < MIN_SEQUENCES:
        st.caption(f"{pluralize(total, 'sequence')}: too few for a map.")
        return
    key = map_key(library)
    stored = stored_results()
    if not (session.map_requested or is_computed(key) or stored.has(*key)):
        sample = (
            "all sequences"
            if total <= MAX_SEQUENCES
            else f"a random sample of {MAX_SEQUENCES:,} sequences"
        )
        st.caption(f"Places similar sequences close to each other, for {sample}.")
        if not st.button("Compute"):
            return
        session.map_requested = True
    title = f"t-SNE map of {library.name}"

    def request() -> JobRequest:
        arguments = MapArguments(identity=library.identity)
        return JobRequest("map", similarity_queue(library), title, repr(key), arguments)

    sequence_map = compute(
        Computation(
            key,
            lambda: stored.map(*key, make=lambda: map_sequences(library)),
            request,
            lambda _: stored.find_map(*key),
        ),
        title,
        quick=total <= _QUICK or stored.has(*key),
    )
    if sequence_map is not None:
        _show(sequence_map, library.families)


def _show(sequence_map: SequenceMap, names: Mapping[int, str]) -> None:
    colour_by = st.segmented_control(
        "Colour by", [FAMILY, ORGANISM], default=FAMILY, required=True, key="map colours"
    )
    table = map_table(sequence_map, names)
    chosen = st.plotly_chart(
        map_figure(table, colour_by),
        on_select="rerun",
        selection_mode=("lasso", "box", "points"),
        key=f"map {colour_by}",
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["autoScale2d"],
            "toImageButtonOptions": {"format": "svg", "filename": "sequence_map"},
        },
    )
    st.caption(_caption(sequence_map, table))
    offer_figure(printed_map(sequence_map, table))
    indices = sorted(int(point["customdata"][0]) for point in chosen["selection"]["points"])
    if indices:
        selected = table.iloc[indices][["gene", "family", "organism", "length (bp)"]]
        st.dataframe(selected, hide_index=True, alt="Selected sequences")
        with st.popover("Download", icon=":material/download:", key="download of the map"):
            offer_table(selected, "selected_sequences")


def _caption(sequence_map: SequenceMap, table: pd.DataFrame) -> str:
    organisms = ", ".join(
        f"{symbol} {escape_markdown(organism)}" for organism, symbol in text_symbols(table).items()
    )
    return f"{describe_map(sequence_map)} Select points with the lasso to list them. {organisms}"
