"""Changes of a library in a process of its own, to be killed at any moment; and what a search sees.

The process is forked from one that has everything imported, so that it begins at once.
"""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

from core.encoders import CountEncoder
from core.errors import LibraryError
from core.library.load import load
from core.library.manager import Libraries
from core.library.refit import refit
from core.sequences.records import Record
from core.settings import Settings
from core.stores import Stores
from tests.support.synthetic import dna, genes

CountEncoder.fit(["ACGT" * 9]).encode(["ACGT" * 9])  # Compiled here, once for all processes.

QUERY = dna("asked", 20_000)
"""Like every gene a little, so that each has a score of its own."""
LIMIT = 40
"""Fewer hits than there are: what should not be found would take the place of what should."""
PAUSE = 0.03
"""Seconds between two searches, which a process under test shares the machine with."""

State = dict[str, list[Record]]
"""The sequences of each organism, in their order."""


@dataclass(frozen=True)
class Change:
    """Something that is done to a library, all of it or none.

    Attributes
    ----------
    kind
        ``append`` to human, with a new organism; ``replace`` human; or ``refit``.
    """

    kind: str
    number: int

    @property
    def references(self) -> State:
        human = {"human": named("human", self.number, 20)}
        if self.kind == "replace":
            return human
        return {**human, f"new_{self.number}": named("new", self.number, 10)}

    def after(self, state: State) -> State:
        """What there is after it."""
        if self.kind == "refit":
            return state
        old = {} if self.kind == "replace" else state
        added = {name: [*old.get(name, []), *new] for name, new in self.references.items()}
        # One that was replaced comes after those that were there.
        kept = {name: state[name] for name in state if name not in added or name in old}
        return {**kept, **added}

    def do(self, libraries: Libraries, library: str) -> None:
        if self.kind == "refit":
            refit(libraries, library)
        else:
            replacing = self.kind == "replace"
            load(libraries, self.references, library=library, encoder="count", replace=replacing)


def named(organism: str, number: int, count: int) -> list[Record]:
    """Genes whose names no other change gives."""
    return [
        replace(each, name=f"{organism} {number}.{each.position}")
        for each in genes(f"{organism} {number}", count)
    ]


def look(libraries: Libraries, library: str) -> str:
    """What a search sees: the scores of the best hits, in a line."""
    try:
        (hits,) = libraries.open(library).search([QUERY], limit=LIMIT)
    except LibraryError:  # It is not there yet, or has nothing in it.
        return ""
    return " ".join(f"{hit.score:.7f}" for hit in hits)


def alike(one: str, other: str) -> bool:
    """Whether two searches saw the same, as exact as servers compute."""
    scores = [line.split() for line in (one, other)]
    return len(scores[0]) == len(scores[1]) and all(
        abs(float(first) - float(second)) < 1e-5 for first, second in zip(*scores, strict=True)
    )


class Watcher:
    """Searches a library again and again, in a thread, and tells what is seen."""

    def __init__(self, libraries: Libraries, library: str, tell: Callable[[str], object]) -> None:
        self._libraries, self._library, self._tell = libraries, library, tell
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
                self._tell(look(self._libraries, self._library))
            except Exception as error:  # noqa: BLE001  (a thread's outermost layer: the test reads it)
                self._tell(f"{type(error).__name__}: {error}")


def work(
    settings: Settings, library: str, change: Change, watched: Path | None, parent: Connection
) -> None:
    """The process: say when it begins, and when it has done it; write down what a search sees."""
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        if watched is None:
            _do(libraries, library, change, parent)
            return
        # What is written without a buffer is there after a kill.
        file = os.open(watched, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with Watcher(libraries, library, lambda seen: os.write(file, f"{seen}\n".encode())):
            _do(libraries, library, change, parent)
        os.close(file)


def _do(libraries: Libraries, library: str, change: Change, parent: Connection) -> None:
    parent.send("begun")
    change.do(libraries, library)
    parent.send("done")


def run(
    settings: Settings,
    library: str,
    change: Change,
    *,
    seconds: float | None = None,
    watched: Path | None = None,
) -> tuple[bool, float]:
    """Begin a change and kill it after so many seconds, or let it end; whether it said it was done.

    Returns also how long it took, or was let to live.
    """
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=work, args=(settings, library, change, watched, theirs))
    process.start()
    theirs.close()
    try:
        assert ours.poll(120), "it does not begin"
        assert ours.recv() == "begun"
        started = time.monotonic()
        done = ours.poll(120 if seconds is None else seconds)
        took = time.monotonic() - started
        assert done or seconds is not None, "it does not end"
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
    return done, took


_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


def seen_in(file: Path) -> Sequence[str]:
    """What was seen until the process died; of a line that was cut short, nothing."""
    return file.read_text().split("\n")[:-1] if file.exists() else []
