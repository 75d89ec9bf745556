"""Operations on a home, in processes that a fault ends, and what the home is worth afterwards."""

import multiprocessing
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from core.backup import restore_backup, write_backup
from core.errors import GeneKinError
from core.library.archive import export_library, import_library
from core.library.load import load
from core.library.manager import Libraries
from core.library.refit import refit
from core.library.repair import repair
from core.library.summary import summarize_all
from core.sequences.limits import Limits
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.contents import contents, require_agreement
from tests.support.evolution import members
from tests.support.killing import look, start_process
from tests.support.steps import KILL, Steps, watched
from tests.support.synthetic import genes

ARCHIVE = "lab.zip"
"""In the folder of the home."""
SAMPLE = genes("sample", 4)

Operation = Callable[[Libraries, Path], object]
"""Changes the libraries of a home, which has this folder."""
Change = Callable[[Libraries], object]
"""Changes libraries; can be pickled."""


def _load_new(libraries: Libraries, _: Path) -> None:
    references = {"human": genes("new human", 5), "dog": genes("new dog", 3)}
    load(libraries, references, library="new", encoder="count")


def _load_more(libraries: Libraries, _: Path) -> None:
    load(libraries, {"human": genes("more human", 3), "cat": genes("cat", 3)}, library="lab")


def _replace(libraries: Libraries, _: Path) -> None:
    load(libraries, {"human": genes("other human", 4)}, library="lab", replace=True)


def _import(libraries: Libraries, folder: Path) -> None:
    limits = Limits.of_disk(Settings(home=folder))
    import_library(libraries, folder / ARCHIVE, "imported", limits=limits)


OPERATIONS: Mapping[str, Operation] = {
    "load a new library": _load_new,
    "load into a library": _load_more,
    "replace": _replace,
    "remove": lambda libraries, _: libraries.remove_organism("lab", "dog"),
    "delete": lambda libraries, _: libraries.delete("lab"),
    "rename": lambda libraries, _: libraries.rename("lab", "renamed"),
    "refit": lambda libraries, _: refit(libraries, "lab"),
    "import": _import,
}
CALIBRATE = "calibrate"
"""For a library whose encoder has a model."""
RESTORE = "restore"
"""For an empty home with :data:`BACKUP`."""
BACKUP = "all.backup"
"""In the folder of the home."""


def make_home(folder: Path) -> Settings:
    """Make a home with two libraries, of which one was added to, and an archive of that."""
    settings = home_settings(folder)
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        references = {"human": genes("human", 6), "dog": genes("dog", 4)}
        load(libraries, references, library="lab", encoder="count")
        load(libraries, {"dog": genes("later dog", 3)}, library="lab")
        load(libraries, {"cat": genes("cat", 5)}, library="other", encoder="count")
        export_library(libraries, "lab", folder / ARCHIVE)
    return settings


def make_home_with_model(folder: Path) -> Settings:
    """Make a home with a library whose encoder has a model, and another threshold."""
    settings = home_settings(folder)
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        load(libraries, {"human": members("human", count=4)}, library="lab", encoder="translated")
        load(libraries, {"dog": members("dog", count=3)}, library="lab")
        libraries.set_threshold("lab", 0.5)
    return settings


def make_empty_home(folder: Path, source: Settings) -> Settings:
    """Make an empty home with a backup of another one."""
    settings = home_settings(folder)
    with Stores(settings), Stores(source) as stores:
        write_backup(stores.database, folder / BACKUP)
    return settings


def home_settings(folder: Path) -> Settings:
    return Settings(home=folder, disk_reserve_mb=0)


@contextmanager
def copied(template: Path, folder: Path) -> Iterator[Settings]:
    """Copy a home, until the end of the block."""
    shutil.copytree(template, folder)
    try:
        yield home_settings(folder)
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class View:
    """Contents and answers of a library.

    Attributes
    ----------
    sequences
        Name, family and residues of the sequences of each organism.
    settings
        Fingerprint of its model, and its threshold.
    scores
        Those of the best hits of a search.
    """

    sequences: Mapping[str, list[tuple[str, int, str]]]
    families: Mapping[int, str]
    settings: tuple[str, float | None]
    scores: list[float]


def view(libraries: Libraries) -> dict[str, View]:
    """Return all libraries as users see them, those without organisms left out."""
    views = {}
    for name in libraries.names():
        row = libraries.library_row(name)
        organisms = libraries.stores.labels.organisms(row.id)
        if not organisms:
            continue
        read = libraries.stores.labels.sequences
        rows = {organism.name: read(organism.id) for organism in organisms}
        views[name] = View(
            {
                organism: [(row.name, row.family, row.residues) for row in found]
                for organism, found in rows.items()
            },
            libraries.stores.labels.families(row.id),
            (row.caller, row.threshold),
            [round(float(score), 4) for score in look(libraries, name).split()],
        )
    return views


@dataclass(frozen=True)
class Outcome:
    """Report of a process before its end; empty if it was killed.

    Attributes
    ----------
    error
        Type and message; empty if all went well.
    expected
        False if the error is none for users.
    seen
        The libraries in the end.
    first
        The libraries before any repair; None if an error told that something is wrong.
    """

    steps: tuple[str, ...] = ()
    error: str = ""
    expected: bool = True
    seen: Mapping[str, View] | None = None
    first: Mapping[str, View] | None = None


def attempt(settings: Settings, operation: str, fault: str = "", step: int = 0) -> Outcome:
    """Run an operation in a process of its own, with a fault at one of its steps."""
    return in_process(_attempt, settings, operation, fault, step)


def _attempt(settings: Settings, operation: str, fault: str, step: int) -> Outcome:
    def change(libraries: Libraries) -> object:
        if operation == CALIBRATE:
            return libraries.calibrate("lab")
        if operation == RESTORE:
            return restore_backup(libraries, settings.home / BACKUP)
        return OPERATIONS[operation](libraries, settings.home)

    return _change(settings, change, fault, step)


def kill(settings: Settings, change: Change, step: int) -> Outcome:
    """Change libraries in a process of its own that is killed at a step, if it takes as many."""
    return in_process(_change, settings, change, KILL, step)


def _change(settings: Settings, change: Change, fault: str, step: int) -> Outcome:
    steps, error, expected = Steps(settings.home, fault, step), "", True
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        try:
            with watched(steps):
                change(libraries)
        except Exception as failure:  # noqa: BLE001  (reported to the test)
            error = f"{type(failure).__name__}: {failure}"
            expected = isinstance(failure, GeneKinError)
        seen = view(libraries)
    return Outcome(tuple(steps.taken), error, expected, seen)


def in_process(function: Callable[..., Outcome], *arguments: object) -> Outcome:
    """Run a function in a process of its own; return its outcome, or an empty one if it died."""
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_send, args=(theirs, function, arguments))
    start_process(process)
    theirs.close()
    try:
        assert ours.poll(120), "the process does not end"
        outcome: Outcome = ours.recv()
    except EOFError:
        outcome = Outcome()
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
    return outcome


def _send(parent: Connection, function: Callable[..., Outcome], arguments: tuple[Any, ...]) -> None:
    parent.send(function(*arguments))


_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.killing", __name__])


def examine(settings: Settings, *, damaged: bool = False) -> Outcome:
    """Open a home in a process of its own, and try all that a user can do with it.

    Parameters
    ----------
    damaged
        Searches may see less until everything was repaired.

    Returns
    -------
    Outcome
        What is seen after everything was verified and repaired; or the first error.
    """
    return in_process(_examine, settings, damaged)


def _examine(settings: Settings, damaged: bool) -> Outcome:
    doing = "opening"
    try:
        with Stores(settings) as stores:
            libraries = Libraries(stores)
            status = _status(libraries)
            doing = "looking before the repair"
            before = _view_with_problems(libraries) if damaged else view(libraries)
            doing = "reconcile"
            for name in libraries.names():
                repair(libraries, name)
                if name in libraries.names():
                    require_agreement(contents(libraries, name))
            doing = "looking after the repair"
            seen = view(libraries)
            assert damaged or before == seen, "the repair changed what users see"
            doing = "using"
            _use(libraries)
            doing = "looking in the end"
            assert view(libraries) == seen, "other libraries were changed"
    except Exception as failure:  # noqa: BLE001  (reported to the test)
        error = f"{doing}: {type(failure).__name__}: {failure}"
        return Outcome(error=error, expected=isinstance(failure, GeneKinError))
    return Outcome(error=status, expected=not status, seen=seen, first=before)


def _view_with_problems(libraries: Libraries) -> dict[str, View] | None:
    """Return all libraries, unless one of them has a problem that users are told of."""
    try:
        if any(library.problem for library in summarize_all(libraries)):
            return None
        return view(libraries)
    except GeneKinError:
        return None


def _status(libraries: Libraries) -> str:
    """Show the libraries; return the error, which hides no other one."""
    try:
        summarize_all(libraries)
    except Exception as failure:  # noqa: BLE001  (reported to the test)
        return f"status: {type(failure).__name__}: {failure}"
    return ""


def _use(libraries: Libraries) -> None:
    """Load into every library and remove it again; load a library, and delete it."""
    new = next(name for name in ("new", "imported") if name not in libraries.names())
    for name in (*libraries.names(), new):
        encoder = "count" if name == new else None
        load(libraries, {"sample": SAMPLE}, library=name, encoder=encoder)
        (hits,) = libraries.open(name).search([SAMPLE[0].residues], limit=1, organisms=["sample"])
        assert [hit.organism for hit in hits] == ["sample"]
        if name == new:
            libraries.delete(name)
        else:
            libraries.remove_organism(name, "sample")
