"""Settings of a library: threshold, encoder, repair, export and import, name, deletion."""

import hashlib
from functools import partial

import streamlit as st

from components.library.profiles import profiles_panel
from components.shared.deletion import delete_button
from components.shared.formatting import escape_markdown, pluralize
from components.shared.jobs import submit_job
from components.shared.kept_file import kept_file_uploader
from components.shared.loads import PendingLoad, watch_load
from components.shared.navigation import choose_library
from components.shared.sequence_input import max_upload_mb
from components.shared.services import libraries, may
from components.shared.sign_in_mode import is_open
from core.access import Action, LibraryAccess
from core.jobs.kinds.library import ARCHIVE, ImportArguments, LibraryArguments
from core.jobs.queue import JobRequest
from core.library.library import Library
from core.library.naming import collection_name
from core.library.stored_exports import StoredExports
from core.settings import MB
from core.stores.sql import Identity

_ACCESS_LABELS = {
    LibraryAccess.PRIVATE: "Private",
    LibraryAccess.LAB: "Lab",
    LibraryAccess.PUBLIC: "Public",
}
_ARCHIVE = "archive"
"""Key of the file to import."""


def settings_panel(library: Library) -> None:
    """Draw all settings of a library."""
    st.caption(
        f"Encoder {library.encoder.name} · index {library.index.kind} · fingerprint"
        f" {library.fingerprint}"
    )
    _threshold_settings(library)
    st.write(_fit_text(library))
    with st.container(horizontal=True):
        _encoder_settings(library)
        _repair_settings(library.name, library.identity)
        _export_settings(library)
    profiles_panel(library)
    _name_settings(library)
    _access_settings(library)
    if may(Action.DELETE_LIBRARY):
        _deletion_settings(library)


def broken_library_panel(name: str) -> None:
    """Draw what can be done about a library that cannot be opened."""
    _repair_settings(name, libraries().library_row(name).identity)


def import_panel() -> None:
    """Import an exported library as a new one, in the background."""
    file = kept_file_uploader(
        "Exported library (.zip)", _ARCHIVE, max_mb=max_upload_mb(), file_type="zip"
    )
    name = st.text_input(
        "Library name", placeholder="as exported", key="name of the import"
    ).strip()
    access = LibraryAccess.LAB if is_open() else access_input(LibraryAccess.LAB, "import access")
    if not st.button("Import", type="primary", disabled=file is None) or file is None:
        return
    source, content = file.name, file.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    arguments = ImportArguments(library=name or None, source=source, access=access)
    title = f"Import of {source}"
    files = {ARCHIVE: [content]}
    job = submit_job(JobRequest("import", name or source, title, digest, arguments, files))
    if job is not None:
        watch_load(job, PendingLoad(name or source, (_ARCHIVE,)))
        st.rerun()


def _threshold_settings(library: Library) -> None:
    threshold = st.slider(
        "Confidence threshold",
        0.0,
        1.0,
        library.threshold,
        format="percent",
        help="Queries with a lower confidence are reported as unknown.",
        key=f"threshold {library.name}",
    )
    if st.button("Save threshold", disabled=threshold == library.threshold):
        libraries().set_threshold(library.name, threshold)
        st.rerun()


def _fit_text(library: Library) -> str:
    added = library.added_since_fit()
    if not added:
        return "The encoder was fitted on all genes."
    total = library.count_genes()
    were = "was" if added == 1 else "were"
    return f"{added:,} of {pluralize(total, 'gene')} {were} added after the encoder was fitted."


def _encoder_settings(library: Library) -> None:
    help_ = "Fit the encoder and the classifier again, on all genes of the library."
    if st.button("Refit encoder", disabled=not library.added_since_fit(), help=help_):
        _submit("refit", f"Refit of {library.name}", library.name, library.identity)


def _repair_settings(name: str, identity: Identity) -> None:
    help_ = "Compare every gene with its vector, and rebuild vectors that are missing."
    if st.button("Verify and repair", help=help_):
        _submit("repair", f"Verification of {name}", name, identity)


def _export_settings(library: Library) -> None:
    if st.button("Export", help="Write the library into one file, to keep or to import elsewhere."):
        _submit("export", f"Export of {library.name}", library.name, library.identity)
    exports = StoredExports(libraries())
    size = exports.size(library.identity)
    if size is None:
        return
    st.download_button(
        f"Download export ({size / MB:,.1f} MB)",
        partial(exports.read, library.name, library.identity),
        file_name=f"{collection_name(library.name)}.zip",
        mime="application/zip",
        on_click="ignore",
    )


def _name_settings(library: Library) -> None:
    name = st.text_input("Library name", library.name)
    if st.button("Rename", disabled=name == library.name):
        libraries().rename(library.name, name)
        choose_library(name)
        st.rerun()


def _access_settings(library: Library) -> None:
    """Choose who may use the library, where users sign in: for its owner and administrators."""
    row = libraries().library_row(library.name)
    if is_open() or not libraries().may_set_access(row):
        return
    access = access_input(LibraryAccess(row.access), f"access {library.name}")
    owner = f"It belongs to {row.owner}." if row.owner else "It belongs to nobody."
    st.caption(escape_markdown(owner))
    if st.button("Save access", disabled=access == row.access):
        libraries().set_access(library.name, access)
        st.rerun()


def access_input(default: LibraryAccess, key: str) -> LibraryAccess:
    """Ask who may use a library."""
    return st.segmented_control(
        "Who can use it",
        list(LibraryAccess),
        default=default,
        required=True,
        format_func=_ACCESS_LABELS.__getitem__,
        help="Private: you and administrators. Lab: everyone with a role. Public: visitors who are"
        " not signed in too, where the server allows them.",
        key=key,
    )


def _deletion_settings(library: Library) -> None:
    genes = pluralize(library.count_genes(), "gene")
    delete_button(
        "Delete library",
        "delete library",
        library.name,
        f"All {genes} of {library.name} and its trained classifier will be deleted. Loading them"
        " again can take minutes.",
        lambda: libraries().delete(library.name),
    )


def _submit(kind: str, title: str, name: str, identity: Identity) -> None:
    """Run work on a library in the background, even if the library is renamed meanwhile."""
    request = JobRequest(kind, name, title, kind, LibraryArguments(identity=identity))
    if submit_job(request) is not None:
        st.rerun()
