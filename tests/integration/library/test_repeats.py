"""Queries that are simple repeats, which parts of many genes look like."""

import pytest

from core import classify as module
from core.calls import Status
from core.classify import classify
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.evolution import FAMILIES, members

REPEAT = "CAG" * 40
REASON = "It is a simple repeat: parts of unrelated genes look like it."


def with_repeat(record):
    """A gene of the first family with a repeat in it, as many transcription factors have."""
    if record.family:
        return record
    middle = len(record.residues) // 6 * 3
    residues = record.residues[:middle] + REPEAT + record.residues[middle:]
    return Record(record.name, residues, record.position, record.line, record.family)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("home"))) as stores:
        yield Libraries(stores)


@pytest.fixture(scope="module", params=["translated", "count"])
def library(request, libraries):
    references = {"human": list(map(with_repeat, members("human", count=12)))}
    load(libraries, references, library=request.param, encoder=request.param, families=FAMILIES)
    return libraries.open(request.param)


@pytest.mark.parametrize("bases", [60, 120, 600])
def test_are_unknown_whatever_they_look_like(library, monkeypatch, bases):
    query = Record("repeat", "CAG" * (bases // 3), 1, 1)
    (call,) = classify(library, [query])
    assert (call.status, call.reason) == (Status.UNKNOWN, REASON)
    assert call.hits
    assert (call.families, call.best_guess) == ({}, "")
    assert call.confidence == pytest.approx(1 / len(FAMILIES))
    monkeypatch.setattr(module, "MAX_REPEAT_SHARE", 2)
    (without,) = classify(library, [query])
    assert (without.status, without.family_id) == (Status.CALLED, 0)
    assert without.hits == call.hits


def test_a_repeat_of_the_library_is_called(library, libraries):
    name = f"repeats {library.encoder.name}"
    records = [
        Record(f"{unit} {copies}", unit * copies, 1, 1, family)
        for family, unit in enumerate(("CAG", "GAA", "GATA"))
        for copies in (60, 70)
    ]
    load(libraries, {"human": records}, library=name, encoder=library.encoder.name)
    (call,) = classify(libraries.open(name), [records[0]])
    assert (call.status, call.family_id) == (Status.CALLED, 0)


def test_a_gene_with_a_repeat_is_called(library):
    gene = with_repeat(members("dog", count=1)[0])
    (call,) = classify(library, [gene])
    assert (call.status, call.family_id) == (Status.CALLED, 0)
