"""A library as a file: taken away from the Library page, and brought back.

Looking after a library: its threshold, its name, its encoder, its health, its end.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from components.library.upload import largest_upload
from components.shared.formatting import escape_markdown, pluralize
from components.shared.jobs import watch
from components.shared.services import choose_library, current_user, jobs, libraries
from core.library.archive import export_library, import_library
from core.library.library import Library
from core.library.load import LoadReport
from core.library.manager import Libraries
from core.library.naming import collection_name
from core.library.refit import refit
from core.library.repair import RepairReport, repair
from core.progress import Progress
from core.sequences.limits import Limits
from core.settings import MB, read_settings
from core.stores.sql import Identity


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
        watch(jobs().submit("export", library.name, title, title, work, current_user()))
        st.rerun()
    if not path.exists():
        return
    size = path.stat().st_size
    if size > largest_upload() * MB:
        st.caption(
            f"Exported: {size / MB:,.0f} MB, too large to download. It is {escape_markdown(str(path))}."
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
    opened, by, limits = libraries(), current_user(), Limits.of(read_settings())
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


def settings_panel(library: Library) -> None:
    """All that can be done with a library as a whole."""
    st.caption(
        f"Encoder {library.encoder.name} · index {library.index.kind} · fingerprint"
        f" {library.fingerprint}"
    )
    _threshold(library)
    _encoder(library)
    _health(library.name, library.identity)
    export_panel(library)
    _name(library)
    _end(library)


def broken_library_panel(name: str) -> None:
    """What can be done with a library that cannot be searched."""
    _health(name, libraries().row(name).identity)


def _threshold(library: Library) -> None:
    threshold = st.slider(
        "Name a family from this confidence on",
        0.0,
        1.0,
        library.threshold,
        format="percent",
        key=f"threshold {library.name}",
    )
    if st.button("Keep this threshold", disabled=threshold == library.threshold):
        libraries().set_threshold(library.name, threshold)
        st.rerun()


def _encoder(library: Library) -> None:
    added = library.added_since_fit()
    total = sum(organism.count for organism in library.organisms())
    st.write(
        f"{added:,} of {pluralize(total, 'gene')} came after the encoder was fitted."
        if added
        else "The encoder was fitted on all genes that are here."
    )
    help_ = "Counts anew, in all genes that are here, what is common and what tells them apart."
    if st.button("Refit the encoder", disabled=not added, help=help_):

        def work(opened: Libraries, name: str, progress: Progress) -> dict[str, object]:
            done = refit(opened, name, progress=progress)
            return {"said": f"Fitted on {pluralize(done.sequences, 'gene')}. {done.seconds:.1f} s."}

        _submit("refit", f"Refit of {library.name}", library.name, library.identity, work)


def _health(name: str, identity: Identity) -> None:
    if st.button(
        "Check and mend", help="Compares every gene with its vector; what was lost is made anew."
    ):

        def work(opened: Libraries, name: str, progress: Progress) -> dict[str, object]:
            return {"said": _mended(repair(opened, name, progress=progress))}

        _submit("mend", f"Check of {name}", name, identity, work)


def _mended(report: RepairReport) -> str:
    done = report.interrupted
    interrupted = done.loads_undone + done.removals_finished + done.collections_dropped
    if not (interrupted or report.vectors_written or report.vectors_deleted):
        return f"{pluralize(report.sequences, 'gene')} compared: nothing was wrong."
    return (
        f"{pluralize(report.sequences, 'gene')} compared. Lost vectors made anew:"
        f" {report.vectors_written:,}; strange ones deleted: {report.vectors_deleted:,};"
        f" interrupted work undone or finished: {interrupted:,}."
    )


def _submit(
    kind: str,
    title: str,
    name: str,
    identity: Identity,
    work: Callable[[Libraries, str, Progress], dict[str, object]],
) -> None:
    """Have something done to a library, whatever it is called by then, in the background."""
    opened = libraries()

    def follow(progress: Progress) -> dict[str, object]:
        return work(opened, opened.name_of(identity), progress)

    watch(jobs().submit(kind, name, title, kind, follow, current_user()))
    st.rerun()


def _name(library: Library) -> None:
    name = st.text_input("Name of the library", library.name)
    if st.button("Rename", disabled=name == library.name):
        libraries().rename(library.name, name)
        choose_library(name)
        st.rerun()


def _end(library: Library) -> None:
    typed = st.text_input("To remove the library with all its genes, type its name")
    if st.button("Remove the library", disabled=typed != library.name):
        libraries().delete(library.name)
        st.rerun()
