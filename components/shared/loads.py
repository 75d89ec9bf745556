"""Loads of this session that go on in the background, and what follows when they have ended."""

from dataclasses import dataclass

from components.shared.kept_file import clear_file
from components.shared.services import jobs, library_names
from components.shared.session import session
from core.stores.sql.job_row import DONE


@dataclass(frozen=True, slots=True)
class PendingLoad:
    """A load that this session has submitted.

    Attributes
    ----------
    creates
        Name of the library that it creates; empty for an existing one.
    files
        Keys of the files that it loads.
    """

    creates: str = ""
    files: tuple[str, ...] = ()


def watch_load(job: int, load: PendingLoad) -> None:
    """Follow a load until it has ended."""
    session.loads = {**session.loads, job: load}


def is_being_created(name: str) -> bool:
    """Return whether a load of this session creates a library of that name."""
    return any(load.creates == name for load in session.loads.values())


def finish_loads() -> None:
    """Choose the libraries that were created, and remove the files that were loaded.

    Call it before the choice of a library is drawn. The files of a load that failed stay.
    """
    for number, load in dict(session.loads).items():
        job = jobs().get(number)
        if job and job.active:
            continue
        session.loads = {other: kept for other, kept in session.loads.items() if other != number}
        if job is None or job.state != DONE:
            continue
        for file in load.files:
            clear_file(file)
        if load.creates and (name := (job.result or {}).get("library")) in library_names():
            session.library = name
