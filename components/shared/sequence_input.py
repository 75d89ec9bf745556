"""What a person gives to be asked: a text or a file, read once, and what cannot be used of it."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.library.upload import largest_upload
from components.shared.formatting import escape_markdown, pluralize
from components.shared.session import remember
from core.sequences.limits import Limits
from core.sequences.queries import read_queries, read_text_queries
from core.sequences.records import Record

LONGEST_TEXT = 5_000_000
"""Letters that a text area takes."""
_MOST_PROBLEMS = 3
_TYPING = Path(__file__).with_name("typing.html").read_text(encoding="utf-8")


def enable_live_input() -> None:
    """Have a text of sequences read as it is typed, and shown so that its letters stand in line."""
    st.html(_TYPING, unsafe_allow_javascript=True)


def file_input(key: str) -> UploadedFile | None:
    """A place to drop a file of queries."""
    return st.file_uploader(
        "or a file: FASTA, FASTQ, a table or Excel; plain, gzipped or zipped",
        max_upload_size=largest_upload(),
        key=key,
    )


def read_input(slot: str, file: UploadedFile | None, text: str, limits: Limits) -> Sequence[Record]:
    """The queries of the file, else of the text; read once, though the page is drawn often.

    Raises
    ------
    InputError
        If nothing of it can be read.
    """
    if file is None:
        return remember(slot, text, lambda: read_text_queries(text, "The text", limits))
    with st.spinner("Reading the file …"):
        return remember(
            slot, (file.file_id,), lambda: read_queries(file.getvalue(), file.name, limits)
        )


def named_problems(problems: Sequence[str]) -> str:
    """The first of what is wrong, and how many more there are, as Markdown."""
    lines = [escape_markdown(problem) for problem in problems[:_MOST_PROBLEMS]]
    if len(problems) > _MOST_PROBLEMS:
        lines.append(f"… and {pluralize(len(problems) - _MOST_PROBLEMS, 'record')} more.")
    return "  \n".join(lines)
