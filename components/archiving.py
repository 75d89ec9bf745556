"""A library as a file: taken away from the Library page, and brought back."""

import hashlib
from pathlib import Path

import streamlit as st

from components.job_list import watch
from components.own_file import largest_upload
from components.state import jobs, libraries, person
from components.text import plain
from core.archives import export_library, import_library
from core.library import Library
from core.loading import LoadReport, Progress
from core.names import collection_name
from core.sequences.limits import Limits
from core.settings import MB, read_settings


def export_panel(library: Library) -> None:
    """Write the library into a file, in the background; then it can be downloaded."""
    path = _exported(library)
    if st.button("Export", help="All of it in one file: to keep, or to import elsewhere."):
        opened, meant = libraries(), library.identity

        def work(progress: Progress) -> dict[str, object]:
            path.parent.mkdir(parents=True, exist_ok=True)
            count = export_library(opened, opened.name_of(meant), path, progress=progress)
            return {"said": f"{count:,} genes are in the file. Download it in the settings."}

        title = f"Export of {library.name}"
        watch(jobs().submit("export", library.name, title, title, work, person()))
        st.rerun()
    if not path.exists():
        return
    size = path.stat().st_size
    if size > largest_upload() * MB:
        st.caption(
            f"Exported: {size / MB:,.0f} MB, too large to download. It is {plain(str(path))}."
        )
        return
    st.download_button(
        f"Download the exported file ({size / MB:,.1f} MB)",
        path.read_bytes,
        file_name=f"{collection_name(library.name)}.zip",
        mime="application/zip",
        on_click="ignore",
    )


def import_panel() -> None:
    """Make a library of an exported file, in the background."""
    file = st.file_uploader(
        "A library that was exported", key="archive", type="zip", max_upload_size=largest_upload()
    )
    name = st.text_input("Name of the new library; as it was called, if empty").strip()
    if not st.button("Import", type="primary", disabled=file is None) or file is None:
        return
    opened, by, limits = libraries(), person(), Limits.of(read_settings())
    source = file.name
    digest = hashlib.sha256(file.getvalue()).hexdigest()

    def work(progress: Progress) -> LoadReport:
        return import_library(
            opened, file, name or None, limits=limits, called=source, by=by, progress=progress
        )

    watch(jobs().submit("import", name or source, f"Import of {source}", digest, work, by))
    st.rerun()


def _exported(library: Library) -> Path:
    """Where the library is exported to; its last export is kept there."""
    number, made = library.identity
    folder = read_settings().home / "exports"
    return folder / f"{number}-{made:%Y%m%d%H%M%S}.zip"
