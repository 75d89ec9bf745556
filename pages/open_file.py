"""Results from files: a run of any GeneKin, or BLAST results, to look at."""

import streamlit as st

from components.open_file.blast import show_blast_results
from components.open_file.input import take_file
from components.open_file.run import show_run
from components.shared.errors import plain_errors
from components.shared.navigation import require_app_entry
from core.runs.file_reader import OpenedRun


def page() -> None:
    """Show the uploader, and what its file has."""
    st.title("Open file")
    st.write("Look at a result that was downloaded as run file, or at BLAST results.")
    with plain_errors():
        opened = take_file()
        if isinstance(opened, OpenedRun):
            show_run(opened)
        elif opened is not None:
            show_blast_results(opened)


require_app_entry("pages/open_file.py")
page()
