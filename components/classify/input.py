"""Input of the Classify page: sequences as text or a file, examples, and search settings."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.classify.submission import MAX_IMMEDIATE, Submission
from components.shared.errors import error_text
from components.shared.formatting import isolate_bidi, pluralize
from components.shared.kept_file import clear_file, given_file
from components.shared.markup import status_line
from components.shared.navigation import choose_library
from components.shared.sequence_input import (
    MAX_TEXT_LENGTH,
    enable_live_input,
    file_input,
    list_problems,
    max_upload_mb,
    read_input,
    show_notes,
)
from components.shared.services import expect_job, library_names
from components.shared.session import QUERY_TEXT_KEY, Slot, keep_widget, session
from core import defaults
from core.errors import GeneKinError
from core.library.library import Library
from core.runs import RunSettings
from core.sequences.limits import Limits
from core.sequences.records import MAX_NAME, Record
from core.sequences.references.examples import EXAMPLES
from core.settings import read_settings
from core.web.program_calls import Sequences

_FILE = "query file"
_NEIGHBOURS = "neighbours"
_MAX_HITS = 50


@dataclass(frozen=True, slots=True)
class _Input:
    """The records read from a text or a file.

    Attributes
    ----------
    summary
        One line about them.
    problems
        Errors as Markdown; empty if there are none.
    """

    records: Sequence[Record]
    summary: str
    problems: str = ""

    @property
    def valid(self) -> bool:
        """True if at least one record can be classified."""
        return any(record.problem is None for record in self.records)


def query_input(library: Library | None, *, enabled: bool = True, in_view: bool = True) -> None:
    """Draw the input; :func:`take_submission` returns what was entered when it is submitted.

    Parameters
    ----------
    library
        None if it is still being loaded: then there are no settings to choose.
    enabled
        Whether anything can be submitted.
    in_view
        Whether it is: then Ctrl+Enter submits, and examples are offered.
    """
    st.text_area(
        "DNA sequences (raw, FASTA or FASTQ)",
        key=QUERY_TEXT_KEY,
        height=170,
        max_chars=MAX_TEXT_LENGTH,
        placeholder=">my gene\nATGGCC…",
        help="One raw sequence or any number of records. IUPAC nucleotide codes; U is read as T.",
    )
    if in_view:
        _examples()
    entered = _read(file_input(_FILE))
    if len(entered.records) > MAX_IMMEDIATE:
        expect_job()
    line, options, button = st.columns([6, 2, 3], vertical_alignment="center")
    line.html(status_line(entered.summary))
    _keep_options(library)
    with options:
        _options(library)
    button.button(
        "Classify",
        type="primary",
        width="stretch",
        shortcut="Ctrl+Enter" if in_view else None,
        disabled=not (enabled and entered.valid),
        key="classify",
        on_click=_press,
    )
    show_notes(entered.records)
    if entered.problems:
        st.warning(entered.problems)
    enable_live_input()


def take_submission(library: Library | None) -> Submission | None:
    """Return what was entered when the button was pressed, once; None if it was not.

    Call it before anything is drawn, so that the page is drawn once, with the result.

    Parameters
    ----------
    library
        None if it is still being loaded.
    """
    if not session.submitted:
        return None
    del session.submitted
    file = given_file(_FILE)
    entered = _read(file)
    if not entered.valid:  # It was changed in the instant of pressing.
        return None
    name = keep_widget(_name_key(), "")
    settings = chosen_settings(library) if library else None
    return Submission(entered.records, settings, name, file.name if file else "")


def _press() -> None:
    session.submitted = True


def entered_records() -> Sequence[Record]:
    """Return the records of the text or the file, before or after they are drawn."""
    return _read(given_file(_FILE)).records


def entered_sequences() -> Sequences:
    """Return the file or the text, as a program sends it."""
    if file := given_file(_FILE):
        return Sequences.of_file(file.name)
    return Sequences.of_text(session.query_text or "")


def fill_in(text: str) -> None:
    """Put a text into the text area in the next run, in place of a file."""
    session.next_query_text = text


def apply_fill_in() -> None:
    """Put the text of :func:`fill_in` into the text area, before that is drawn."""
    if text := session.next_query_text:
        del session.next_query_text
        session.query_text = text
        if given_file(_FILE):
            clear_file(_FILE)


def _examples() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Examples", width="content")
        for number, (label, make) in enumerate(EXAMPLES.items()):
            st.button(
                label,
                key=f"example {number}",
                on_click=lambda make=make: fill_in(make()),
            )


def _read(file: UploadedFile | None) -> _Input:
    limits = Limits.of(read_settings())
    text = session.query_text or ""
    if file is None and not text.strip():
        return _Input(
            [],
            f"Max {limits.max_record_bases:,} bp per sequence, {max_upload_mb():,} MB per file."
            " Data stay on this server.",
        )
    source = f"{isolate_bidi(file.name)}: " if file else ""
    try:
        records = read_input(Slot.QUERIES, file, text, limits)
    except GeneKinError as error:
        return _Input([], f"{source}No valid sequences found", error_text(error))
    invalid = sum(record.problem is not None for record in records)
    bases = sum(len(record.residues) for record in records if record.problem is None)
    parts = [f"{source}{pluralize(len(records), 'record')}"]
    if invalid < len(records):
        parts += [f"{bases:,} bp", "DNA"]
    if invalid:
        parts.append(f"{invalid:,} invalid")
    if file and text.strip():
        parts.append("The file takes precedence over the text")
    return _Input(records, " · ".join(parts), list_problems(records))


def _keep_options(library: Library | None) -> None:
    """Keep what was chosen while the options are closed, and not drawn."""
    keep_widget(_name_key(), "")
    if library:
        names = library.organism_names()
        chosen = keep_widget(_organisms_key(library), list[str]())
        chosen[:] = [name for name in chosen if name in names]  # One may have been removed.
        keep_widget(_NEIGHBOURS, defaults.NEIGHBOURS)
        keep_widget(_threshold_key(library), library.threshold)


def _options(library: Library | None) -> None:
    """Draw the button behind which the options are; they are drawn when it is open."""
    options = st.popover("Options", width="stretch", key="options", on_change="rerun")
    if not options.open:
        return
    with options:
        if library:
            _settings(library)
        st.text_input(
            "Run name", max_chars=MAX_NAME, placeholder="name of the first query", key=_name_key()
        )


def _settings(library: Library) -> None:
    """Draw the settings of a search."""
    names = library_names()
    if len(names) > 1:
        name = st.selectbox("Library", names, index=names.index(library.name))
        if name != library.name:
            choose_library(name)
            st.rerun()
    st.multiselect(
        "Search in",
        library.organism_names(),
        placeholder="all organisms",
        key=_organisms_key(library),
    )
    st.slider("Maximum hits", 1, _MAX_HITS, key=_NEIGHBOURS)
    st.slider(
        "Confidence threshold",
        0.0,
        1.0,
        format="percent",
        help="Queries below it are reported as unknown.",
        key=_threshold_key(library),
    )


def chosen_settings(library: Library) -> RunSettings:
    """Return the settings of a search that were chosen."""
    organisms = tuple(keep_widget(_organisms_key(library), list[str]()))
    neighbours = keep_widget(_NEIGHBOURS, defaults.NEIGHBOURS)
    threshold = keep_widget(_threshold_key(library), library.threshold)
    return RunSettings(organisms or None, neighbours, threshold)


def _organisms_key(library: Library) -> str:
    return f"search in {library.name}"


def _threshold_key(library: Library) -> str:
    return f"call from {library.name} {library.threshold}"


def _name_key() -> str:
    return f"run name {session.run}"  # A name is for one run.
