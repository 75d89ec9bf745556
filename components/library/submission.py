"""Loads as background jobs: the target library, and the records to load into it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from components.shared.jobs import submit_job
from components.shared.loads import PendingLoad, watch_load
from core.access import LibraryAccess
from core.jobs.first_load import LOAD_KIND
from core.jobs.kinds.base import RECORDS
from core.jobs.kinds.library import LoadArguments
from core.jobs.queue import JobRequest
from core.sequences.record_lines import pack_records
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

    def arguments(self, families: Mapping[int, str], source: str) -> LoadArguments:
        """Return the arguments of a load into this library."""
        return LoadArguments(
            library=self.name,
            identity=self.identity,
            encoder=self.encoder,
            index=self.index,
            families=tuple(families.items()),
            source=source,
            replace=self.replace,
            access=self.access,
        )


def submit(
    target: Target,
    arguments: LoadArguments,
    digest: str = "",
    files: Mapping[str, Iterable[bytes]] | None = None,
) -> None:
    """Load references in the background.

    A library that was renamed meanwhile is found by its identity; a deleted one is not created
    again. `digest` identifies the records: the same load runs only once at a time.
    """
    source = arguments.source
    job = submit_job(
        JobRequest(
            LOAD_KIND,
            target.name,
            source,
            f"{source} {digest} {target.replace}",
            arguments,
            files or {},
        )
    )
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
    arguments = target.arguments(families, f"{source} → {', '.join(references)}")
    submit(target, arguments, digest.hexdigest(), {RECORDS: pack_records(references)})
