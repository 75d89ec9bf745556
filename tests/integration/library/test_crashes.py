"""A change that is killed at any moment leaves the old state or the new one, nothing in between.

Twenty moments, spread over the time that each kind of change takes.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core.library.manager import Libraries
from core.library.repair import repair
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.contents import NOTHING, contents, require_agreement
from tests.support.killing import Change, State, Watcher, alike, look, run, seen_in


class Victim:
    """A library, its expected state, and the seconds that its changes take undisturbed."""

    def __init__(self, settings: Settings, library: str) -> None:
        self.settings = settings
        self.library = library
        self.state: State = {}
        self.seconds: dict[str, float] = {}
        self.ended_undisturbed: list[bool] = []
        self.view = ""
        self._moments = random.Random(library)

    def measure(self, change: Change) -> None:
        """Run a change to its end, and measure it."""
        done, seconds = run(self.settings, self.library, change)
        assert done
        self.seconds[self._kind(change)] = seconds
        self.state = change.after(self.state)

    def kill(self, change: Change, log: Path | None = None) -> None:
        """Start a change, and kill it at a random moment."""
        kind = self._kind(change)
        moment = self._moments.uniform(0, self.seconds[kind])
        done, seconds = run(self.settings, self.library, change, seconds=moment, log=log)
        self.ended_undisturbed.append(done)
        if done:
            self.seconds[kind] = min(seconds, self.seconds[kind])

    def check(self, libraries: Libraries, change: Change, seen: list[str]) -> None:
        """Repair what is left, and check that it is the state before or after the change."""
        seen.append(look(libraries, self.library))
        with Watcher(libraries, self.library, seen.append):
            if libraries.stores.labels.library(self.library):
                repair(libraries, self.library)
        seen.append(look(libraries, self.library))
        found = contents(libraries, self.library)

        require_agreement(found)
        state = {
            organism: [(row.name, row.residues) for row in rows]
            for organism, rows in found.sequences.items()
        }
        if state == _names_and_residues(change.after(self.state)):
            self.state = change.after(self.state)
        assert state == _names_and_residues(self.state)
        assert self.state or found == NOTHING
        before, after = self.view, seen[-1]
        mixed = [line for line in seen if not alike(line, before) and not alike(line, after)]
        assert mixed == []
        self.view = after

    def _kind(self, change: Change) -> str:
        return change.kind if self.state else "first"


def _names_and_residues(state: State) -> dict[str, list[tuple[str, str]]]:
    return {
        organism: [(record.name, record.residues) for record in records]
        for organism, records in state.items()
    }


def measured(settings: Settings, library: str, kinds: list[str]) -> Victim:
    """Create a library, and run each kind of change once."""
    victim = Victim(settings, library)
    for number, kind in enumerate(["append", *kinds]):
        victim.measure(Change(kind, number))
    return victim


def unborn(settings: Settings, library: str, like: Victim) -> Victim:
    """Return a library that will be killed while it is created."""
    victim = Victim(settings, library)
    victim.seconds = dict(like.seconds)
    return victim


def require_moments(victims: list[Victim], count: int) -> None:
    """Check the number of changes, and that most of them were killed before their end."""
    ended = [done for victim in victims for done in victim.ended_undisturbed]
    assert len(ended) == count
    assert ended.count(False) > count / 2


def test_where_one_process_has_the_stores(tmp_path):
    """The killed process itself searches, and logs what it sees."""
    settings, log = Settings(home=tmp_path / "home"), tmp_path / "seen"
    grown = measured(settings, "grown", ["append", "replace", "refit"])
    born = [unborn(settings, f"new {number}", grown) for number in range(4)]
    work = [(grown, kind) for kind in ("append", "replace", "append", "refit") * 4]
    work += [(victim, "append") for victim in born]

    with Stores(settings) as stores:
        grown.view = look(Libraries(stores), "grown")
    for number, (victim, kind) in enumerate(work, start=10):
        change = Change(kind, number)
        victim.kill(change, log)
        with Stores(settings) as stores:
            victim.check(Libraries(stores), change, list(seen_in(log)))

    require_moments([grown, *born], 20)


@pytest.mark.milvus_server
@pytest.mark.mariadb
def test_where_many_processes_share_them(milvus_server, mariadb):
    """Another process searches; four libraries at once, since a server mostly waits."""
    url = mariadb.url(f"genekin_{uuid4().hex}")
    settings = Settings(milvus_uri=milvus_server.uri, database_url=SecretStr(url))

    with Stores(settings) as stores, ThreadPoolExecutor(4) as pool:

        def five_kills(name: str) -> list[Victim]:
            grown = measured(settings, name, ["append"])
            grown.seconds["replace"] = grown.seconds["append"]  # It writes as many.
            born = unborn(settings, f"{name} born", grown)
            grown.view = look(Libraries(stores), name)
            work = [(grown, kind) for kind in ("append", "replace", "append", "append")]
            for number, (victim, kind) in enumerate([*work, (born, "append")], start=10):
                change, libraries = Change(kind, number), Libraries(stores)
                seen: list[str] = []
                with Watcher(libraries, victim.library, seen.append):
                    victim.kill(change)
                victim.check(libraries, change, seen)
            return [grown, born]

        tag = uuid4().hex[:8]
        victims = [
            victim
            for found in pool.map(five_kills, [f"{tag} {number}" for number in range(4)])
            for victim in found
        ]
        for victim in victims:
            if victim.state:
                Libraries(stores).delete(victim.library)

    require_moments(victims, 20)
