"""What a person asks with: a text or a file, what was understood of it, and how to search."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.given import LONGEST_TEXT, ask_file, hear_typing, named_problems, read_given
from components.own_file import largest_upload
from components.state import choose_library, libraries
from components.text import counted, isolated, plain
from core.classifier import DEFAULT_NEIGHBOURS
from core.errors import GeneKinError
from core.library import Library
from core.runs import RunSettings
from core.sequences.examples import EXAMPLES
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import read_settings

TEXT = "text"
"""The key of the text area."""
_FILE = "query file"
_FILES = "query files"
"""How many texts have taken the place of a file: the widget for it is then a new one."""
_LINE = "margin:0;font-size:.93rem;opacity:.8;overflow-wrap:anywhere"


@dataclass(frozen=True, slots=True)
class Question:
    """Queries, and how to search for them."""

    records: Sequence[Record]
    settings: RunSettings


@dataclass(frozen=True, slots=True)
class _Understood:
    """What was read of a text or a file.

    Attributes
    ----------
    line
        What it is, in a line.
    problems
        What cannot be used of it, as Markdown; empty where nothing is wrong.
    """

    records: Sequence[Record]
    line: str
    problems: str


def ask(library: Library) -> Question | None:
    """The input of the page; a question when the person has pressed the button."""
    st.text_area(
        "DNA: bare, FASTA or FASTQ",
        key=TEXT,
        height=170,
        max_chars=LONGEST_TEXT,
        placeholder=">my gene\nATGGCC…",
        help="One bare sequence, or any number of records. A, C, G, T and IUPAC's other letters;"
        " U is read as T.",
    )
    _examples()
    file = ask_file(_file_key())
    understood = _understand(file)
    line, options, button = st.columns([6, 2, 3], vertical_alignment="center")
    line.html(f'<p role="status" style="{_LINE}">{html.escape(understood.line)}</p>')
    with options.popover("Options", width="stretch"):
        settings = _settings(library)
    pressed = button.button(
        "Classify",
        type="primary",
        width="stretch",
        shortcut="Ctrl+Enter",
        disabled=not any(record.problem is None for record in understood.records),
        key="classify",
    )
    if understood.problems:
        st.warning(understood.problems)
    hear_typing()
    return Question(understood.records, settings) if pressed else None


def show_text(text: str) -> None:
    """Put a text into the text area, from the next run on; a file gives way to it."""
    st.session_state["text to show"] = text


def put_text() -> None:
    """Put what :func:`show_text` was given into the text area; before that is drawn."""
    if text := st.session_state.pop("text to show", None):
        st.session_state[TEXT] = text
        if st.session_state.get(_file_key()) is not None:
            st.session_state[_FILES] = st.session_state.get(_FILES, 0) + 1


def _file_key() -> str:
    return f"{_FILE} {st.session_state.get(_FILES, 0)}"


def _examples() -> None:
    """What a newcomer can try, one click away."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Try", width="content")
        for number, (label, make) in enumerate(EXAMPLES.items()):
            st.button(
                label,
                key=f"example {number}",
                on_click=lambda make=make: show_text(make()),
            )


def _understand(file: UploadedFile | None) -> _Understood:
    limits = Limits.of(read_settings())
    text = st.session_state.get(TEXT) or ""
    if file is None and not text.strip():
        return _Understood(
            [],
            f"At most {limits.max_record_bases:,} bases a record, and {largest_upload():,} MB a"
            " file. Nothing leaves this server.",
            "",
        )
    source = f"{isolated(file.name)}: " if file else ""
    try:
        records = read_given("read queries", file, text, limits)
    except GeneKinError as error:
        problems = "  \n".join(plain(part) for part in (error.message, error.hint) if part)
        return _Understood([], f"{source}nothing that can be classified", problems)
    bad = [record.problem.message for record in records if record.problem]
    bases = sum(len(record.residues) for record in records if record.problem is None)
    parts = [f"{source}{counted(len(records), 'record')}"]
    if len(bad) < len(records):
        parts += [counted(bases, "base"), "DNA"]
    if bad:
        parts.append(f"{len(bad):,} cannot be used")
    if file and text.strip():
        parts.append("without the file, the text above is read")
    return _Understood(records, " · ".join(parts), named_problems(bad))


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
        format="percent",
        help="Below it, the answer is: unknown.",
        key=f"call from {library.name} {library.threshold}",
    )
    return RunSettings(tuple(organisms) or None, neighbours, threshold)
