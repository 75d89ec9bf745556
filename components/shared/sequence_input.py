"""Sequences that a user enters: text or a file, and what is invalid in them."""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.shared.formatting import escape_markdown, pluralize
from components.shared.kept_file import kept_file_uploader
from components.shared.markup import LIVE_INPUT
from components.shared.session import Slot, remember
from core.sequences.limits import Limits
from core.sequences.queries import (
    Queries,
    invalid_records,
    read_queries,
    read_text_queries,
    unreadable_files,
)
from core.sequences.records import Record
from core.settings import read_settings

MAX_TEXT_LENGTH = 5_000_000
"""Maximum length of a text area's text."""
_MAX_PROBLEMS = 3


def enable_live_input() -> None:
    """Read text areas for sequences while one types, in a monospaced font."""
    st.html(LIVE_INPUT, unsafe_allow_javascript=True)


def max_upload_mb() -> int:
    """Return the maximum size of an upload, in MB: of the setting, and of Streamlit's server."""
    return min(read_settings().max_file_mb, int(st.get_option("server.maxUploadSize")))


def file_input(key: str) -> UploadedFile | None:
    """Draw a file uploader for queries."""
    return kept_file_uploader(
        "Upload a file (FASTA, FASTQ, CSV/TSV, Excel; .gz, .zip)", key, max_mb=max_upload_mb()
    )


def read_input(
    slot: Slot, file: UploadedFile | None, text: str, limits: Limits
) -> Sequence[Record]:
    """Return the queries of the file, or of the text if there is none; each is read once.

    Raises
    ------
    InputError
        If nothing in it can be read.
    """
    if file is None:
        return remember(slot, text, lambda: read_text_queries(text, "The text", limits))
    with st.spinner("Reading the file …"):
        return remember(
            slot, (file.file_id,), lambda: read_queries(file.getvalue(), file.name, limits)
        )


def list_problems(records: Sequence[Record]) -> str:
    """Return the problems of invalid records as Markdown, a line each.

    All files that cannot be read are named; of the other records the first, and how many more.
    """
    problems = invalid_records(records)
    named = [*unreadable_files(records), *problems[:_MAX_PROBLEMS]]
    lines = [escape_markdown(problem) for problem in named]
    if len(problems) > _MAX_PROBLEMS:
        lines.append(f"… and {pluralize(len(problems) - _MAX_PROBLEMS, 'more record')}.")
    return "  \n".join(lines)


def show_notes(records: Sequence[Record]) -> None:
    """Draw the notes on how queries were read, if there are any."""
    if isinstance(records, Queries):
        for note in records.notes:
            st.caption(escape_markdown(note))
