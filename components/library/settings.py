"""Settings of a library: threshold, encoder, repair, export and import, name, deletion."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from components.shared.deletion import delete_button
from components.shared.formatting import escape_markdown, pluralize
from components.shared.jobs import submit_job
from components.shared.kept_file import kept_file_uploader
from components.shared.loads import PendingLoad, watch_load
from components.shared.navigation import choose_library
from components.shared.sequence_input import max_upload_mb
from components.shared.services import current_user, libraries
from core.library.archive import export_library, import_library
from core.library.library import Library
from core.library.load import LoadReport
from core.library.manager import Libraries
from core.library.naming import collection_name
from core.library.refit import refit
from core.library.repair import DAMAGED_HINT, RepairReport, damaged_text, repair
from core.progress import Progress
from core.sequences.limits import Limits
from core.settings import MB, read_settings
from core.stores.sql import Identity

_ARCHIVE = "archive"
"""Key of the file to import."""
_Work = Callable[[Libraries, str, Progress], dict[str, object]]
"""Long work on a library, called with its current name; returns the job's result."""


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
    _name_settings(library)
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
    if not st.button("Import", type="primary", disabled=file is None) or file is None:
        return
    opened, user, limits = libraries(), current_user(), Limits.of(read_settings())
    source = file.name
    digest = hashlib.sha256(file.getvalue()).hexdigest()

    def work(progress: Progress) -> LoadReport:
        return import_library(
            opened,
            file,
            name or None,
            limits=limits,
            display_name=source,
            by=user,
            progress=progress,
        )

    job = submit_job("import", name or source, f"Import of {source}", digest, work)
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

        def work(opened: Libraries, name: str, progress: Progress) -> dict[str, object]:
            report = refit(opened, name, progress=progress)
            genes = pluralize(report.sequences, "gene")
            return {"said": f"Fitted on {genes}. {report.seconds:.1f} s."}

        _submit("refit", f"Refit of {library.name}", library.name, library.identity, work)


def _repair_settings(name: str, identity: Identity) -> None:
    help_ = "Compare every gene with its vector, and rebuild vectors that are missing."
    if st.button("Verify and repair", help=help_):

        def work(opened: Libraries, name: str, progress: Progress) -> dict[str, object]:
            return {"said": _repair_text(repair(opened, name, progress=progress))}

        _submit("mend", f"Verification of {name}", name, identity, work)


def _repair_text(report: RepairReport) -> str:
    if report.library_removed:
        return "The library had no sequences and was removed."
    if report.damaged:
        return f"{damaged_text(report)} {DAMAGED_HINT}"
    recovered = report.interrupted
    interrupted = (
        recovered.loads_undone + recovered.removals_finished + recovered.collections_dropped
    )
    verified = f"{pluralize(report.sequences, 'gene')} verified"
    if not (interrupted or report.vectors_written or report.vectors_deleted):
        return f"{verified}, no problems found."
    return (
        f"{verified}. Missing vectors rebuilt: {report.vectors_written:,}; stray vectors deleted:"
        f" {report.vectors_deleted:,}; interrupted operations resolved: {interrupted:,}."
    )


def _export_settings(library: Library) -> None:
    path = _export_path(library)
    if st.button("Export", help="Write the library into one file, to keep or to import elsewhere."):

        def work(opened: Libraries, name: str, progress: Progress) -> dict[str, object]:
            path.parent.mkdir(parents=True, exist_ok=True)
            count = export_library(opened, name, path, progress=progress)
            exported = pluralize(count, "gene")
            return {"said": f"{exported} exported. Download the file under Library settings."}

        title = f"Export of {library.name}"
        _submit("export", title, library.name, library.identity, work, digest=title)
    if not path.exists():
        return
    size = path.stat().st_size / MB
    if size > max_upload_mb():
        where = escape_markdown(str(path))
        st.caption(f"Exported to {where} on the server ({size:,.0f} MB, too large to download).")
        return
    st.download_button(
        f"Download export ({size:,.1f} MB)",
        path.read_bytes,
        file_name=f"{collection_name(library.name)}.zip",
        mime="application/zip",
        on_click="ignore",
    )


def _export_path(library: Library) -> Path:
    """Return the path of the library's export; the last one is kept there."""
    number, created = library.identity
    folder = read_settings().home / "exports"
    return folder / f"{number}-{created:%Y%m%d%H%M%S}.zip"


def _name_settings(library: Library) -> None:
    name = st.text_input("Library name", library.name)
    if st.button("Rename", disabled=name == library.name):
        libraries().rename(library.name, name)
        choose_library(name)
        st.rerun()


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


def _submit(  # noqa: PLR0917
    kind: str, title: str, name: str, identity: Identity, work: _Work, digest: str = ""
) -> None:
    """Run work on a library in the background, even if the library is renamed meanwhile."""
    opened = libraries()

    def work_on_current(progress: Progress) -> dict[str, object]:
        return work(opened, opened.current_name(identity), progress)

    if submit_job(kind, name, title, digest or kind, work_on_current) is not None:
        st.rerun()
