"""Loads as background jobs: the target library, and the records to load into it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from components.shared.jobs import submit_job
from components.shared.loads import PendingLoad, watch_load
from components.shared.services import current_user, libraries
from core.access import LibraryAccess
from core.jobs.first_load import LOAD_KIND
from core.library.load import LoadReport, load
from core.progress import Progress
from core.sequences.records import Record
from core.stores.milvus.index import VectorIndex
from core.stores.sql import Identity

References = Mapping[str, Sequence[Record]]
"""Records by organism."""


@dataclass(frozen=True, slots=True)
class Target:
    """The library to load into.

    Attributes
    ----------
    encoder, index
        Only of a new library, as is `access`.
    identity
        Only of an existing library.
    replace
        Whether existing organisms are replaced.
    files
        Keys of the user's files that are loaded, which go when the load is done.
    """

    name: str
    encoder: str | None = None
    index: VectorIndex | None = None
    identity: Identity | None = None
    replace: bool = False
    files: tuple[str, ...] = ()
    access: LibraryAccess = LibraryAccess.LAB


def submit(
    target: Target,
    fetch: Callable[..., References],
    digest: str,
    families: Mapping[int, str],
    source: str,
) -> None:
    """Fetch references and load them, in the background.

    A library that was renamed meanwhile is found by its identity; a deleted one is not created
    again. `digest` identifies what is fetched: the same load runs only once at a time.
    """
    opened, by = libraries(), current_user()

    def work(progress: Progress) -> LoadReport:
        references = fetch(progress=progress)
        return load(
            opened,
            references,
            library=opened.current_name(target.identity) if target.identity else target.name,
            encoder=target.encoder,
            index=target.index,
            families=families,
            source=source,
            by=by,
            replace=target.replace,
            identity=target.identity,
            access=target.access,
            progress=progress,
        )

    digest = f"{source} {digest} {target.replace}"
    job = submit_job(LOAD_KIND, target.name, source, digest, work)
    if job is not None:
        watch_load(job, PendingLoad("" if target.identity else target.name, target.files))
        st.rerun()


def submit_records(
    target: Target, references: References, families: Mapping[int, str], source: str
) -> None:
    """Load records that are in memory, in the background."""
    digest = hashlib.sha256()
    for organism, records in references.items():
        digest.update(organism.encode())
        for record in records:
            digest.update(f"{record.residues} {record.family}\n".encode())
    title = f"{source} → {', '.join(references)}"

    def fetch(progress: Progress) -> References:  # noqa: ARG001  (no need to wait)
        return references

    submit(target, fetch, digest.hexdigest(), families, title)
