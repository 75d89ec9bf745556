"""Choice of a source to add from, as cards."""

from enum import StrEnum

import streamlit as st


class Source(StrEnum):
    """Origin of new organisms."""

    UPLOAD = "Upload a file"
    PUBLISHED = "Human–chimp–dog set"
    SIMULATE = "Simulate"
    IMPORT = "Import an archive"
    FOLDER = "Server folder"


_CAPTIONS = {
    Source.UPLOAD: "Your sequences with their families: FASTA, FASTQ, table or Excel.",
    Source.PUBLISHED: "6,121 genes of seven families; the human ones are included.",
    Source.SIMULATE: "An organism's genes with random substitutions.",
    Source.IMPORT: "A library that was exported from GeneKin.",
    Source.FOLDER: "Files on the server that are too large to upload.",
}
_KEY = "source"
"""Key of the choice, by which the style sheet makes cards of it."""


def choose_source(default: Source) -> Source:
    """Draw the cards and return the source that is chosen, also while other pages are shown."""
    sources = list(Source)
    source: Source = st.radio(
        "Source",
        sources,
        index=sources.index(default),
        format_func=str,
        captions=[_CAPTIONS[source] for source in sources],
        label_visibility="collapsed",
        width="stretch",
        key=_KEY,
        persist_state="session",
    )
    return source
