"""What a person asks with: a text or a file, what was understood of it, and how to search."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.state import choose_library, libraries
from components.text import counted, plain
from core.classifier import DEFAULT_NEIGHBOURS
from core.errors import GeneKinError
from core.library import Library
from core.runs import RunSettings
from core.sequences.examples import EXAMPLES
from core.sequences.limits import Limits
from core.sequences.queries import read_queries, read_text_queries
from core.sequences.records import Record
from core.settings import MB, read_settings

TEXT = "text"
"""The key of the text area."""
_FILE = "query file"
_LABEL = "DNA: bare, FASTA or FASTQ"
_MOST_PROBLEMS = 3
_LONGEST_TEXT = 5_000_000

_LIVE = f"""<script>
const area = document.querySelector('textarea[aria-label="{_LABEL}"]');
if (area && !area.dataset.live) {{
  area.dataset.live = "yes";
  let pause;
  area.addEventListener("input", () => {{
    clearTimeout(pause);
    pause = setTimeout(
      () => area.dispatchEvent(new FocusEvent("focusout", {{ bubbles: true }})), 400);
  }});
}}
</script>"""
"""Streamlit reads a text area when it is left; this makes it think so in every pause of typing."""


@dataclass(frozen=True, slots=True)
class Question:
    """Queries, and how to search for them."""

    records: Sequence[Record]
    settings: RunSettings


def ask(library: Library) -> Question | None:
    """The input of the page; a question when the person has pressed the button."""
    st.text_area(
        _LABEL,
        key=TEXT,
        height=170,
        max_chars=_LONGEST_TEXT,
        placeholder=">my gene\nATGGCC…",
        help="One bare sequence, or any number of records of FASTA or FASTQ.",
    )
    drop, example = st.columns([5, 2], vertical_alignment="bottom")
    file = drop.file_uploader(
        "or a file: FASTA, FASTQ, a table or Excel; plain, gzipped or zipped", key=_FILE
    )
    with example:
        chosen = st.menu_button("Example", list(EXAMPLES), width="stretch", key="example")
    if chosen:
        st.session_state["text to show"] = EXAMPLES[chosen]()
        st.rerun()
    records = _understood(file)
    options, button = st.columns([5, 2], vertical_alignment="bottom")
    with options, st.expander("Options"):
        settings = _settings(library)
    pressed = button.button(
        "Classify",
        type="primary",
        width="stretch",
        shortcut="Ctrl+Enter",
        disabled=not any(record.problem is None for record in records),
    )
    st.html(_LIVE, unsafe_allow_javascript=True)
    return Question(records, settings) if pressed else None


def show_text(text: str) -> None:
    """Put a text into the text area, from the next run on."""
    st.session_state["text to show"] = text


def put_text() -> None:
    """Put what :func:`show_text` was given into the text area; before that is drawn."""
    if text := st.session_state.pop("text to show", None):
        st.session_state[TEXT] = text


def _understood(file: UploadedFile | None) -> list[Record]:
    """The queries, and a line that says what was understood of them."""
    limits = Limits.of(read_settings())
    try:
        records = _read(file, limits)
    except GeneKinError as error:
        st.warning("  \n".join(plain(part) for part in (error.message, error.hint) if part))
        return []
    if not records:
        st.caption(
            f"At most {limits.max_record_bases:,} bases a record, and"
            f" {limits.max_bytes // MB:,} MB a file. Nothing leaves this server."
        )
        return []
    good = [record for record in records if record.problem is None]
    bases = counted(sum(len(record.residues) for record in good), "base")
    source = plain(file.name) + ": " if file else ""
    beside = " The text above waits." if file and st.session_state.get(TEXT, "").strip() else ""
    st.caption(f"{source}{counted(len(records), 'record')} · {bases} · DNA.{beside}")
    _name_problems(records)
    return records


def _read(file: UploadedFile | None, limits: Limits) -> list[Record]:
    """The queries of the file, else of the text; read once, though the page is drawn often."""
    text = st.session_state.get(TEXT) or ""
    if file is None and not text.strip():
        return []
    source = file.file_id if file else text
    known, records = st.session_state.get("read queries", (None, []))
    if known != source:
        if file:
            records = read_queries(file.getvalue(), file.name, limits)
        else:
            records = read_text_queries(text, "The text", limits)
        st.session_state["read queries"] = (source, records)
    return list(records)


def _name_problems(records: Sequence[Record]) -> None:
    problems = [record.problem.message for record in records if record.problem]
    if not problems:
        return
    named = "\n".join(f"- {plain(problem)}" for problem in problems[:_MOST_PROBLEMS])
    if len(problems) > _MOST_PROBLEMS:
        named += f"\n- and {len(problems) - _MOST_PROBLEMS:,} more"
    st.warning(f"{counted(len(problems), 'record')} cannot be used:\n{named}")


def _settings(library: Library) -> RunSettings:
    names = libraries().names()
    if len(names) > 1:
        name = st.selectbox("Library", names, index=names.index(library.name))
        if name != library.name:
            choose_library(name)
            st.rerun()
    organisms = st.multiselect(
        "Search in",
        library.organism_names(),
        placeholder="all organisms",
        key=f"search in {library.name}",
    )
    neighbours = st.slider("Nearest genes to show", 1, 50, DEFAULT_NEIGHBOURS, key="neighbours")
    threshold = st.slider(
        "Name a family from this confidence on",
        0.0,
        1.0,
        library.threshold,
        help="Below it, the answer is: unknown.",
        key=f"call from {library.name} {library.threshold}",
    )
    return RunSettings(tuple(organisms) or None, neighbours, threshold)
