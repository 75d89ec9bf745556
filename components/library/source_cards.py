"""Choice of a source to add from, as cards."""

from enum import StrEnum

import streamlit as st


class Source(StrEnum):
    """Where new organisms come from."""

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
_CARDS = """<style>
.st-key-source [role="radiogroup"] {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); gap: 0.5rem;
}
.st-key-source [role="radiogroup"] > div {
  position: relative; padding: 0.6rem 0.75rem; border-radius: 0.4rem;
  border: 1px solid color-mix(in srgb, currentColor 25%, transparent);
}
/* A click on the caption chooses too. */
.st-key-source label[data-testid="stRadioOption"] { position: static; }
.st-key-source label[data-testid="stRadioOption"]::after {
  content: ""; position: absolute; inset: 0; z-index: 1; cursor: pointer;
}
.st-key-source [role="radiogroup"] > div:hover { border-color: currentColor; }
.st-key-source [role="radiogroup"] > div[data-selected] {
  border-color: #128088; box-shadow: inset 0 0 0 1px #128088;
}
.st-key-source [role="radiogroup"] > div:has(input:focus-visible) {
  outline: 2px solid #128088; outline-offset: 2px;
}
</style>"""


def choose_source(default: Source) -> Source:
    """Draw the cards and return the source that is chosen, also while other pages are shown."""
    st.html(_CARDS)
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
