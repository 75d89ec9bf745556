"""From references to a job that loads them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from components.job_list import watch
from components.state import jobs, libraries
from core.loading import LoadReport, Progress, load
from core.sequences.records import Record
from core.stores.vectors import VectorIndex


@dataclass(frozen=True, slots=True)
class Target:
    """The library to load into; encoder and index only of one that is about to be made."""

    name: str
    encoder: str | None = None
    index: VectorIndex | None = None


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

    `digest` stands for what is fetched: of the same, one load is under way at a time.
    """
    opened = libraries()

    def work(progress: Progress) -> LoadReport:
        return load(
            opened,
            fetched(progress=progress),
            library=target.name,
            encoder=target.encoder,
            index=target.index,
            families=families,
            source=source,
            progress=progress,
        )

    job = jobs().submit("load", target.name, source, f"{source} {digest}", work)
    watch(job)
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
