"""Any sequence of changes to libraries leaves what a dictionary says that they contain.

Some of the changes are made by a process that is killed at one of its writes. Then the libraries
are those before the change or those after it, and the next changes go on from there.
"""

import shutil
import tempfile
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.errors import InputError
from core.library.archive import export_library, import_library
from core.library.load import load
from core.library.manager import Libraries
from core.library.refit import refit
from core.library.repair import repair
from core.library.summary import summarize_all
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.contents import contents, require_agreement
from tests.support.steps import THOROUGH
from tests.support.synthetic import dna
from tests.support.torture import Change, kill

pytestmark = pytest.mark.timeout(1800)

ORGANISMS = st.sampled_from(["human", "dog", "Mus_musculus"])
NUMBERS = st.sets(st.integers(0, 11), min_size=1, max_size=6)
"""Genes to load; each has one sequence and one family, whatever library it is in."""
STEPS = st.integers(1, 60) | st.none()
"""Write at which the process that makes a change is killed, if at all.

A load makes 40 to 60, and a third of that on servers, which write the files themselves.
"""
DATA = st.data()
MAX_LIBRARIES = 3


def record(number: int, position: int) -> Record:
    return Record(f"gene {number}", dna(f"gene {number}"), position, position, number % 3)


@dataclass
class Oracle:
    """The genes that each organism of a library has, by their numbers, and its threshold."""

    organisms: dict[str, set[int]] = field(default_factory=dict)
    threshold: float | None = None

    def described(self) -> object:
        """Return what :func:`described` returns of the library."""
        genes = {
            organism: {dna(f"gene {n}"): (f"gene {n}", n % 3) for n in numbers}
            for organism, numbers in self.organisms.items()
        }
        return genes, self.threshold


def described(libraries: Libraries, name: str) -> tuple[dict[str, object], float | None]:
    """Return the sequences of each organism, and the threshold that was set."""
    row = libraries.library_row(name)
    labels = libraries.stores.labels
    genes: dict[str, object] = {
        organism.name: {
            found.residues: (found.name, found.family) for found in labels.sequences(organism.id)
        }
        for organism in labels.organisms(row.id)
    }
    return genes, row.threshold


Expected = dict[str, Oracle]

any_library = precondition(lambda machine: machine.expected)
room = precondition(lambda machine: len(machine.expected) < MAX_LIBRARIES)


class LibraryMachine(RuleBasedStateMachine):
    """Libraries of a deployment beside a dictionary of what they should contain."""

    deployment: Settings
    deployed: Libraries

    def __init__(self) -> None:
        super().__init__()
        self.expected: Expected = {}
        self.prefix = f"machine {uuid4().hex[:8]}"
        self.numbers = count(100)
        self.folder = Path(tempfile.mkdtemp())

    @initialize(organism=ORGANISMS, numbers=NUMBERS)
    def begin(self, organism, numbers):
        self.create(organism, numbers, None)

    @room
    @rule(organism=ORGANISMS, numbers=NUMBERS, step=STEPS)
    def create(self, organism, numbers, step):
        self._load(self._unused_name(), organism, numbers, step)

    @any_library
    @rule(data=DATA, organism=ORGANISMS, numbers=NUMBERS, replace=st.booleans(), step=STEPS)
    def load(self, data, organism, numbers, replace, step):
        self._load(self._any(data), organism, numbers, step, replace=replace)

    @any_library
    @rule(data=DATA, organism=ORGANISMS)
    def load_what_contradicts(self, data, organism):
        """Nothing of it is loaded, since one record is wrong."""
        wrong = Record("wrong", dna("gene 0"), 2, 2, 2)
        with pytest.raises(InputError):
            load(self.deployed, {organism: [record(0, 1), wrong]}, library=self._any(data))

    @any_library
    @rule(data=DATA, step=STEPS)
    def remove(self, data, step):
        name, after = self._any(data), deepcopy(self.expected)
        organisms = after[name].organisms
        organism = data.draw(st.sampled_from(sorted(organisms)))
        del organisms[organism]
        if not organisms:
            del after[name]  # The last organism takes its library with it.
        self._do(partial(Libraries.remove_organism, name=name, organism=organism), after, step)

    @any_library
    @rule(data=DATA, step=STEPS)
    def rename(self, data, step):
        name, new_name, after = self._any(data), self._unused_name(), deepcopy(self.expected)
        after[new_name] = after.pop(name)
        self._do(partial(Libraries.rename, name=name, new_name=new_name), after, step)

    @any_library
    @rule(data=DATA, step=STEPS)
    def refit(self, data, step):
        self._do(partial(refit, name=self._any(data)), self.expected, step)

    @any_library
    @rule(data=DATA)
    def reconcile(self, data):
        report = repair(self.deployed, self._any(data))
        assert (report.vectors_written, report.vectors_deleted) == (0, 0)

    @any_library
    @rule(data=DATA, threshold=st.sampled_from([0.5, 0.75]))
    def set_threshold(self, data, threshold):
        name = self._any(data)
        self.deployed.set_threshold(name, threshold)
        self.expected[name].threshold = threshold

    @room
    @any_library
    @rule(data=DATA, step=STEPS)
    def export_and_import(self, data, step):
        name, copy, after = self._any(data), self._unused_name(), deepcopy(self.expected)
        archive = self.folder / f"{copy}.zip"
        export_library(self.deployed, name, archive)
        after[copy] = deepcopy(after[name])
        change = partial(import_library, file=archive, name=copy, limits=Limits())
        self._do(change, after, step)

    @any_library
    @rule(data=DATA, step=STEPS)
    def delete(self, data, step):
        name, after = self._any(data), deepcopy(self.expected)
        del after[name]
        self._do(partial(Libraries.delete, name=name), after, step)

    @any_library
    @rule(data=DATA)
    def look_at(self, data):
        """Compare all that both stores have of a library, and what its searches find."""
        self._check(self._any(data))

    @invariant()
    def libraries_are_the_expected_ones(self):
        assert self._seen() == self._described(self.expected)

    def teardown(self):
        for name in self._names():
            repair(self.deployed, name)
            assert (name in self._names()) == (name in self.expected)
        for name in self.expected:
            self._check(name)
            assert {library.unfinished for library in summarize_all(self.deployed)} == {""}
            self.deployed.delete(name)
        shutil.rmtree(self.folder)

    # Changing

    def _load(
        self,
        name: str,
        organism: str,
        numbers: set[int],
        step: int | None,
        *,
        replace: bool = False,
    ) -> None:
        records = [record(number, place) for place, number in enumerate(sorted(numbers), start=1)]
        after = deepcopy(self.expected)
        organisms = after.setdefault(name, Oracle()).organisms
        organisms[organism] = numbers | (set() if replace else organisms.get(organism, set()))
        change = partial(
            load,
            references={organism: records},
            library=name,
            encoder=None if name in self.expected else "count",
            replace=replace,
        )
        self._do(change, after, step)

    def _do(self, change: Change, after: Expected, step: int | None) -> None:
        """Make a change; if a step is given, in a process that is killed there."""
        if step is None:
            change(self.deployed)
            self.expected = after
            return
        embedded = self.deployment.embedded_vectors  # They belong to one process at a time.
        if embedded:
            self.deployed.stores.close()
        outcome = kill(self.deployment, change, step if embedded else 1 + step // 3)
        if embedded:
            type(self).deployed = Libraries(Stores(self.deployment))
        assert not outcome.error
        seen = self._seen()
        states = [self.expected, after]
        if outcome.seen is not None:
            states = [after]  # It ended before that step.
        described_states = [self._described(state) for state in states]
        assert seen in described_states
        self.expected = states[described_states.index(seen)]

    # Looking

    def _any(self, data: st.DataObject) -> str:
        name: str = data.draw(st.sampled_from(sorted(self.expected)))
        return name

    def _unused_name(self) -> str:
        return f"{self.prefix} {next(self.numbers)}"

    def _names(self) -> list[str]:
        return [name for name in self.deployed.names() if name.startswith(self.prefix)]

    def _described(self, expected: Expected) -> dict[str, object]:
        return {name: oracle.described() for name, oracle in expected.items()}

    def _seen(self) -> dict[str, object]:
        """Return the libraries as users see them: what has no organisms is not there."""
        found = {name: described(self.deployed, name) for name in self._names()}
        return {name: library for name, library in found.items() if library[0]}

    def _check(self, name: str) -> None:
        repair(self.deployed, name)  # What a kill left may still be there.
        again = Libraries(self.deployed.stores)  # As in a process that starts.
        require_agreement(contents(again, name))
        library, oracle = again.open(name), self.expected[name]
        numbers = sorted(set().union(*oracle.organisms.values()))[:3]
        found = library.search([dna(f"gene {number}") for number in numbers], limit=9)
        for number, hits in zip(numbers, found, strict=True):
            best = {hit.organism for hit in hits if hit.name == f"gene {number}"}
            owners = {name for name, genes in oracle.organisms.items() if number in genes}
            assert best == owners
            assert hits[0].score == pytest.approx(1, abs=1e-5)


def test_libraries_contain_what_their_changes_say(deployment):
    class Machine(LibraryMachine):
        pass

    Machine.deployment = deployment
    Machine.deployed = Libraries(Stores(deployment))
    on_servers = not deployment.embedded_vectors
    # The first example is the simplest one: first loads, killed at their first write.
    examples, steps = (3, 8) if on_servers else (5, 12)
    try:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=5 * examples if THOROUGH else examples,
                stateful_step_count=2 * steps if THOROUGH else steps,
                phases=[Phase.generate],  # A failing case is short; shrinking it takes minutes.
            ),
        )
    finally:
        Machine.deployed.stores.close()
