"""From references to a job that loads them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from components.job_list import watch
from components.state import jobs, libraries, person
from core.loading import LoadReport, Progress, load
from core.sequences.records import Record
from core.stores.labels import Identity
from core.stores.vector_index import VectorIndex


@dataclass(frozen=True, slots=True)
class Target:
    """The library to load into.

    Attributes
    ----------
    encoder, index
        Only of one that is about to be made.
    identity
        Only of one that is there.
    replace
        Whether organisms that are there are replaced.
    """

    name: str
    encoder: str | None = None
    index: VectorIndex | None = None
    identity: Identity | None = None
    replace: bool = False


References = Mapping[str, Sequence[Record]]
"""Records by organism."""


def submit(
    target: Target,
    fetched: Callable[..., References],
    digest: str,
    families: Mapping[int, str],
    source: str,
) -> None:
    """Fetch references and load them, in the background.

    A library that is called otherwise by then gets them all the same; one that is gone does not
    come back. `digest` stands for what is fetched: of the same, one load is under way at a time.
    """
    opened, by = libraries(), person()

    def work(progress: Progress) -> LoadReport:
        references = fetched(progress=progress)
        return load(
            opened,
            references,
            library=opened.name_of(target.identity) if target.identity else target.name,
            encoder=target.encoder,
            index=target.index,
            families=families,
            source=source,
            by=by,
            replace=target.replace,
            into=target.identity,
            progress=progress,
        )

    digest = f"{source} {digest} {target.replace}"
    watch(jobs().submit("load", target.name, source, digest, work, by))
    st.rerun()


def submit_records(
    target: Target, references: References, families: Mapping[int, str], source: str
) -> None:
    """Load references that are at hand, in the background."""
    digest = hashlib.sha256()
    for organism, records in references.items():
        digest.update(organism.encode())
        for record in records:
            digest.update(f"{record.residues} {record.family}\n".encode())
    title = f"{source} → {', '.join(references)}"

    def at_hand(progress: Progress) -> References:  # noqa: ARG001  (nothing to wait for)
        return references

    submit(target, at_hand, digest.hexdigest(), families, title)
