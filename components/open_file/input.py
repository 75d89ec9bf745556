"""The file to open, read once for as long as it is shown."""

import streamlit as st

from components.classify.batch import forget_filters
from components.shared.kept_file import kept_file_uploader
from components.shared.sequence_input import max_upload_mb
from components.shared.session import Slot, forget, remember
from components.shared.turns import question_turn
from core.blast_results import BlastResults
from core.opened_file import read_results
from core.runs.file_reader import OpenedRun
from core.sequences.limits import Limits
from core.settings import read_settings

_FILE = "file to open"


def take_file() -> OpenedRun | BlastResults | None:
    """Draw the uploader; return what its file has, or None without a file.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    file = kept_file_uploader(
        "Run file of GeneKin, or BLAST results (format 5, 6, 7 or 16); also .gz",
        _FILE,
        max_mb=max_upload_mb(),
    )
    if file is None:
        forget(Slot.OPENED_FILE)
        return None

    def read() -> OpenedRun | BlastResults:
        forget_filters()
        with question_turn():
            return read_results(file.getvalue(), file.name, Limits.of(read_settings()))

    with st.spinner("Reading the file …"):
        return remember(Slot.OPENED_FILE, file.file_id, read)
