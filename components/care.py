"""Looking after a library: its threshold, its name, its encoder, its health, its end."""

from collections.abc import Callable

import streamlit as st

from components.archiving import export_panel
from components.job_list import watch
from components.state import choose_library, jobs, libraries, person
from components.text import counted
from core.libraries import Libraries
from core.library import Library
from core.loading import Progress
from core.mending import MendReport, mend
from core.refitting import refit
from core.stores.labels import Identity


def care_panel(library: Library) -> None:
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


def broken(name: str) -> None:
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
        f"{added:,} of {counted(total, 'gene')} came after the encoder was fitted."
        if added
        else "The encoder was fitted on all genes that are here."
    )
    help_ = "Counts anew, in all genes that are here, what is common and what tells them apart."
    if st.button("Refit the encoder", disabled=not added, help=help_):

        def work(opened: Libraries, name: str, progress: Progress) -> dict[str, object]:
            done = refit(opened, name, progress=progress)
            return {"said": f"Fitted on {counted(done.sequences, 'gene')}. {done.seconds:.1f} s."}

        _submit("refit", f"Refit of {library.name}", library.name, library.identity, work)


def _health(name: str, identity: Identity) -> None:
    if st.button(
        "Check and mend", help="Compares every gene with its vector; what was lost is made anew."
    ):

        def work(opened: Libraries, name: str, progress: Progress) -> dict[str, object]:
            return {"said": _mended(mend(opened, name, progress=progress))}

        _submit("mend", f"Check of {name}", name, identity, work)


def _mended(report: MendReport) -> str:
    done = report.interrupted
    interrupted = done.loads_undone + done.removals_finished + done.collections_dropped
    if not (interrupted or report.vectors_written or report.vectors_deleted):
        return f"{counted(report.sequences, 'gene')} compared: nothing was wrong."
    return (
        f"{counted(report.sequences, 'gene')} compared. Lost vectors made anew:"
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

    watch(jobs().submit(kind, name, title, kind, follow, person()))
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
