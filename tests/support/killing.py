"""Changes of a library in a separate process that is killed, and the searches meanwhile.

The process is forked from one that has everything imported, so that it starts at once.
"""

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Self

import core.stores.milvus.vectors  # noqa: F401  (before the processes are forked)
from core.encoders import CountEncoder
from core.errors import LibraryError
from core.library.load import load
from core.library.manager import Libraries
from core.library.refit import refit
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.synthetic import dna, genes

CountEncoder.fit(["ACGT" * 9]).encode(["ACGT" * 9])  # Compile once for all processes.

QUERY = dna("asked", 20_000)
"""A little similar to every gene, so that each has a score of its own."""
LIMIT = 40
"""Fewer hits than there are genes: a hit that should be hidden displaces another one."""
PAUSE = 0.03
"""Seconds between two searches, since the process under test shares the machine."""

State = dict[str, list[Record]]
"""The sequences of each organism, in their order."""


@dataclass(frozen=True)
class Change:
    """A change of a library that happens completely or not at all.

    Attributes
    ----------
    kind
        ``append`` to human, with a new organism; ``replace`` human; or ``refit``.
    """

    kind: str
    number: int

    @property
    def references(self) -> State:
        """The records that it loads."""
        human = {"human": named("human", self.number, 20)}
        if self.kind == "replace":
            return human
        return {**human, f"new_{self.number}": named("new", self.number, 10)}

    def after(self, state: State) -> State:
        """Return the state after the change."""
        if self.kind == "refit":
            return state
        old = {} if self.kind == "replace" else state
        added = {name: [*old.get(name, []), *new] for name, new in self.references.items()}
        # A replaced organism comes after the others.
        kept = {name: state[name] for name in state if name not in added or name in old}
        return {**kept, **added}

    def apply(self, libraries: Libraries, library: str) -> None:
        """Make the change."""
        if self.kind == "refit":
            refit(libraries, library)
        else:
            replacing = self.kind == "replace"
            load(libraries, self.references, library=library, encoder="count", replace=replacing)


def named(organism: str, number: int, count: int) -> list[Record]:
    """Return genes whose names are unique to a change."""
    return [
        replace(record, name=f"{organism} {number}.{record.position}")
        for record in genes(f"{organism} {number}", count)
    ]


def look(libraries: Libraries, library: str) -> str:
    """Search, and return the scores of the best hits in one line."""
    try:
        (hits,) = libraries.open(library).search([QUERY], limit=LIMIT)
    except LibraryError:  # Not created yet, or empty.
        return ""
    return " ".join(f"{hit.score:.7f}" for hit in hits)


def alike(one: str, other: str) -> bool:
    """Return True if two searches saw the same, as exactly as servers compute."""
    scores = [line.split() for line in (one, other)]
    return len(scores[0]) == len(scores[1]) and all(
        abs(float(first) - float(second)) < 1e-5 for first, second in zip(*scores, strict=True)
    )


class Watcher:
    """Searches a library repeatedly, in a thread, and reports every result."""

    def __init__(self, libraries: Libraries, library: str, report: Callable[[str], object]) -> None:
        self._libraries, self._library, self._report = libraries, library, report
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(PAUSE):
            try:
                self._report(look(self._libraries, self._library))
            except Exception as error:  # noqa: BLE001  (a thread's outermost layer: the test reads it)
                self._report(f"{type(error).__name__}: {error}")


def work(
    settings: Settings, library: str, change: Change, log: Path | None, parent: Connection
) -> None:
    """Run in the process: send when the change begins and ends, and log what searches see."""
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        if log is None:
            _apply(libraries, library, change, parent)
            return
        # Unbuffered, so that it survives the kill.
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with Watcher(libraries, library, lambda seen: os.write(file, f"{seen}\n".encode())):
            _apply(libraries, library, change, parent)
        os.close(file)


def _apply(libraries: Libraries, library: str, change: Change, parent: Connection) -> None:
    parent.send("begun")
    change.apply(libraries, library)
    parent.send("done")


def run(
    settings: Settings,
    library: str,
    change: Change,
    *,
    seconds: float | None = None,
    log: Path | None = None,
) -> tuple[bool, float]:
    """Run a change, and kill it after some seconds, or let it end.

    Returns
    -------
    tuple of bool and float
        True if it reported its end; and the seconds that it took or lived.
    """
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=work, args=(settings, library, change, log, theirs))
    start_process(process)
    theirs.close()
    try:
        assert ours.poll(120), "the change does not start"
        assert ours.recv() == "begun"
        started = time.monotonic()
        done = ours.poll(120 if seconds is None else seconds)
        took = time.monotonic() - started
        assert done or seconds is not None, "the change does not end"
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
    return done, took


def start_process(process: BaseProcess) -> None:
    """Start a process with the main module of the test run.

    A new process imports the main module. Tests of pages leave their page in its place.
    """
    page, sys.modules["__main__"] = sys.modules["__main__"], _MAIN
    try:
        process.start()
    finally:
        sys.modules["__main__"] = page


_MAIN = sys.modules["__main__"]
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


def seen_in(file: Path) -> Sequence[str]:
    """Return what searches saw until the process died, without an incomplete last line."""
    return file.read_text().split("\n")[:-1] if file.exists() else []
