"""What is killed at any moment leaves the old state or the new one, and nothing between.

Twenty moments, spread over what each kind of change takes when nothing kills it.
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
from core.stores import Stores
from tests.support.contents import NOTHING, contents, require_agreement
from tests.support.killing import Change, State, Watcher, alike, look, run, seen_in


class Victim:
    """A library, what it should have, and how long its changes take when nothing kills them."""

    def __init__(self, settings: Settings, library: str) -> None:
        self.settings = settings
        self.library = library
        self.state: State = {}
        self.seconds: dict[str, float] = {}
        self.ended_by_itself: list[bool] = []
        self.view = ""
        self._moments = random.Random(library)

    def measure(self, change: Change) -> None:
        """Make a change to the end."""
        done, seconds = run(self.settings, self.library, change)
        assert done
        self.seconds[self._kind(change)] = seconds
        self.state = change.after(self.state)

    def kill(self, change: Change, watched: Path | None = None) -> None:
        """Begin a change, and kill it at a moment of its time."""
        kind = self._kind(change)
        moment = self._moments.uniform(0, self.seconds[kind])
        done, seconds = run(self.settings, self.library, change, seconds=moment, watched=watched)
        self.ended_by_itself.append(done)
        if done:
            self.seconds[kind] = min(seconds, self.seconds[kind])

    def check(self, libraries: Libraries, change: Change, seen: list[str]) -> None:
        """Mend what is left, and see that it is what was before, or what the change makes."""
        seen.append(look(libraries, self.library))
        with Watcher(libraries, self.library, seen.append):
            if libraries.stores.labels.library(self.library):
                repair(libraries, self.library)
        seen.append(look(libraries, self.library))
        found = contents(libraries, self.library)

        require_agreement(found)
        there = {
            organism: [(row.name, row.residues) for row in rows]
            for organism, rows in found.sequences.items()
        }
        if there == _as_found(change.after(self.state)):
            self.state = change.after(self.state)
        assert there == _as_found(self.state)
        assert self.state or found == NOTHING
        before, after = self.view, seen[-1]
        strange = [each for each in seen if not alike(each, before) and not alike(each, after)]
        assert strange == []
        self.view = after

    def _kind(self, change: Change) -> str:
        return change.kind if self.state else "first"


def _as_found(state: State) -> dict[str, list[tuple[str, str]]]:
    return {
        organism: [(record.name, record.residues) for record in records]
        for organism, records in state.items()
    }


def measured(settings: Settings, library: str, kinds: list[str]) -> Victim:
    """A library that was made, and then changed once in each way."""
    victim = Victim(settings, library)
    for number, kind in enumerate(["append", *kinds]):
        victim.measure(Change(kind, number))
    return victim


def unborn(settings: Settings, library: str, like: Victim) -> Victim:
    """A library that is to be killed while it is made."""
    victim = Victim(settings, library)
    victim.seconds = dict(like.seconds)
    return victim


def require_moments(victims: list[Victim], count: int) -> None:
    """Check that so many changes were begun, and that most of them were killed in mid work."""
    ended = [each for victim in victims for each in victim.ended_by_itself]
    assert len(ended) == count
    assert ended.count(False) > count / 2


def test_where_one_process_has_the_stores(tmp_path):
    """The searches are those of the process that is killed: it writes down what they see."""
    settings, watched = Settings(home=tmp_path / "home"), tmp_path / "seen"
    grown = measured(settings, "grown", ["append", "replace", "refit"])
    born = [unborn(settings, f"new {number}", grown) for number in range(4)]
    work = [(grown, kind) for kind in ("append", "replace", "append", "refit") * 4]
    work += [(victim, "append") for victim in born]

    with Stores(settings) as stores:
        grown.view = look(Libraries(stores), "grown")
    for number, (victim, kind) in enumerate(work, start=10):
        change = Change(kind, number)
        victim.kill(change, watched)
        with Stores(settings) as stores:
            victim.check(Libraries(stores), change, list(seen_in(watched)))

    require_moments([grown, *born], 20)


@pytest.mark.milvus_server
@pytest.mark.mariadb
def test_where_many_processes_share_them(milvus_server, mariadb):
    """The searches are another process's; four libraries at once, since a server mostly waits."""
    url = mariadb.url(f"genekin_{uuid4().hex}")
    settings = Settings(milvus_uri=milvus_server.uri, database_url=SecretStr(url))

    with Stores(settings) as stores, ThreadPoolExecutor(4) as pool:

        def five_kills(name: str) -> list[Victim]:
            grown = measured(settings, name, ["append"])
            grown.seconds["replace"] = grown.seconds["append"]  # It writes as much.
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
