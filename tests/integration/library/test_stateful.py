"""Any sequence of changes to libraries leaves what a dictionary says that they contain."""

import io
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from core.errors import InputError
from core.library.archive import export_library, import_library
from core.library.load import load
from core.library.manager import Libraries
from core.library.refit import refit
from core.library.repair import repair
from core.sequences.limits import Limits
from core.sequences.records import Record
from tests.support.contents import contents, require_agreement
from tests.support.synthetic import dna

ORGANISMS = st.sampled_from(["human", "dog", "Mus_musculus"])
NUMBERS = st.sets(st.integers(0, 11), min_size=1, max_size=6)
"""Genes to load; each has one sequence and one family, whatever library it is in."""


def record(number: int, position: int) -> Record:
    return Record(f"gene {number}", dna(f"gene {number}"), position, position, number % 3)


@dataclass
class Oracle:
    """The genes that each organism of a library has, by their numbers, and its threshold."""

    organisms: dict[str, set[int]] = field(default_factory=dict)
    threshold: float | None = None


class LibraryMachine(RuleBasedStateMachine):
    """Libraries of a deployment beside a dictionary of what they should contain."""

    names = Bundle("names")
    deployed: Libraries

    def __init__(self) -> None:
        super().__init__()
        self.expected: dict[str, Oracle] = {}
        self.prefix = f"machine {uuid4().hex[:8]}"

    @initialize(target=names, organism=ORGANISMS, numbers=NUMBERS)
    def begin(self, organism, numbers):
        return self.create(organism, numbers)

    @rule(target=names, organism=ORGANISMS, numbers=NUMBERS)
    def create(self, organism, numbers):
        if len(self.expected) == 3:
            return multiple()
        name = f"{self.prefix} {uuid4().hex[:4]}"
        self._load(name, organism, numbers, replace=False)
        self.expected[name] = Oracle({organism: set(numbers)})
        return name

    @rule(name=names, organism=ORGANISMS, numbers=NUMBERS)
    def add(self, name, organism, numbers):
        self._load(name, organism, numbers, replace=False)
        self.expected[name].organisms.setdefault(organism, set()).update(numbers)

    @rule(name=names, organism=ORGANISMS, numbers=NUMBERS)
    def replace(self, name, organism, numbers):
        self._load(name, organism, numbers, replace=True)
        self.expected[name].organisms[organism] = set(numbers)

    @rule(name=names, organism=ORGANISMS)
    def load_what_contradicts(self, name, organism):
        """Nothing of it is loaded, since one record is wrong."""
        wrong = Record("wrong", dna("gene 0"), 2, 2, 2)
        with pytest.raises(InputError):
            load(self.deployed, {organism: [record(0, 1), wrong]}, library=name)

    @rule(target=names, name=consumes(names), data=st.data())
    def remove(self, name, data):
        organisms = self.expected[name].organisms
        organism = data.draw(st.sampled_from(sorted(organisms)))
        assert self.deployed.remove_organism(name, organism) == len(organisms.pop(organism))
        if organisms:
            return name
        del self.expected[name]  # The last organism takes its library with it.
        return multiple()

    @rule(target=names, name=consumes(names))
    def rename(self, name):
        new_name = f"{self.prefix} {uuid4().hex[:4]}"
        self.deployed.rename(name, new_name)
        self.expected[new_name] = self.expected.pop(name)
        return new_name

    @rule(name=names)
    def refit(self, name):
        refit(self.deployed, name)

    @rule(name=names)
    def reconcile(self, name):
        report = repair(self.deployed, name)
        assert (report.vectors_written, report.vectors_deleted) == (0, 0)

    @rule(name=names, threshold=st.sampled_from([0.5, 0.75]))
    def set_threshold(self, name, threshold):
        self.deployed.set_threshold(name, threshold)
        self.expected[name].threshold = threshold

    @rule(target=names, name=names)
    def export_and_import(self, name):
        if len(self.expected) == 3:
            return multiple()
        copy = f"{self.prefix} {uuid4().hex[:4]}"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "library.zip"
            export_library(self.deployed, name, path)
            archive = path.read_bytes()
        import_library(self.deployed, io.BytesIO(archive), copy, limits=Limits())
        original = self.expected[name]
        organisms = {organism: set(genes) for organism, genes in original.organisms.items()}
        self.expected[copy] = Oracle(organisms, original.threshold)
        return copy

    @rule(name=consumes(names))
    def delete(self, name):
        organisms = self.expected.pop(name).organisms
        assert self.deployed.delete(name) == sum(map(len, organisms.values()))

    @invariant()
    def libraries_have_the_expected_names(self):
        names = [name for name in self.deployed.names() if name.startswith(self.prefix)]
        assert sorted(names) == sorted(self.expected)

    @rule(name=names)
    def look_at(self, name):
        """Compare all that both stores have of a library, and what its searches find."""
        self._check(name)

    def teardown(self):
        for name in self.expected:
            self._check(name)
            self.deployed.delete(name)

    def _check(self, name):
        oracle = self.expected[name]
        again = Libraries(self.deployed.stores)  # As in a process that starts.
        found = contents(again, name)
        require_agreement(found)
        assert {
            organism: {row.residues: (row.name, row.family) for row in rows}
            for organism, rows in found.sequences.items()
        } == {
            organism: {dna(f"gene {n}"): (f"gene {n}", n % 3) for n in numbers}
            for organism, numbers in oracle.organisms.items()
        }
        library = again.open(name)
        if oracle.threshold is not None:
            assert library.threshold == oracle.threshold
        self._check_searches(library, oracle)

    def _load(self, name, organism, numbers, *, replace):
        records = [record(number, place) for place, number in enumerate(sorted(numbers), start=1)]
        load(
            self.deployed,
            {organism: records},
            library=name,
            encoder="count" if name not in self.expected else None,
            replace=replace,
        )

    def _check_searches(self, library, oracle):
        """Every organism with a gene finds it, as the best hit."""
        numbers = sorted(set().union(*oracle.organisms.values()))[:3]
        found = library.search([dna(f"gene {number}") for number in numbers], limit=9)
        for number, hits in zip(numbers, found, strict=True):
            best = {hit.organism for hit in hits if hit.name == f"gene {number}"}
            owners = {name for name, genes in oracle.organisms.items() if number in genes}
            assert best == owners
            assert hits[0].score == pytest.approx(1, abs=1e-5)


def test_libraries_contain_what_their_changes_say(deployed, deployment):
    class Machine(LibraryMachine):
        pass

    Machine.deployed = deployed
    on_servers = bool(deployment.milvus_uri)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=1 if on_servers else 5,
            stateful_step_count=8 if on_servers else 12,
            phases=[Phase.generate],  # A failing case is short enough; shrinking it takes minutes.
        ),
    )
