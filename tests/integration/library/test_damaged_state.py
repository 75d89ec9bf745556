"""Damaged blobs and JSON in the database: named with their library; the others go on."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, literal_column, select, update

from core.classify import classify
from core.cli.status import describe
from core.errors import LibraryError
from core.library.archive import export_library
from core.library.load import load
from core.library.manager import Libraries
from core.library.refit import refit
from core.library.repair import repair
from core.library.summary import summarize_all
from core.sequences.records import Record
from core.settings import Settings
from core.stores.sql.schema import caller_arrays, encoder_arrays, libraries
from core.stores.stores import Stores
from tests.support.evolution import FAMILIES, member, members
from tests.support.synthetic import FAMILY_NAMES, dna, genes

QUERY = Record("query", member(0, "human 0", 0.05), 1, 1)
GENE = Record("gene", dna("human 1"), 1, 1)
ENCODER = "The encoder of the library {!r} is damaged in the database."
MODEL = "The model of the library {!r} is damaged in the database."
BLOBS = [
    ("lab", encoder_arrays, "keys", ENCODER),
    ("lab", encoder_arrays, "counts", ENCODER),
    ("lab", encoder_arrays, "documents", ENCODER),
    ("counted", encoder_arrays, "features", ENCODER),
    *(
        ("lab", caller_arrays, name, MODEL)
        for name in ("families", "weights", "priors", "noise", "threshold", "word_rarity")
    ),
]


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> Iterator[Stores]:
    """Two libraries to damage, and one that must not care."""
    with Stores(Settings(home=tmp_path_factory.mktemp("damaged"))) as stores:
        opened = Libraries(stores)
        load(opened, {"human": members("human", 3, 6)}, library="lab", families=FAMILIES)
        for name, seed in (("counted", "other"), ("whole", "human")):
            references = {"human": genes(seed)}
            load(opened, references, library=name, encoder="count", families=FAMILY_NAMES)
        yield stores


def blob(stores: Stores, library: str, table: Table, name: str):
    """Return the query condition of an array's first part, and its bytes."""
    row = Libraries(stores).library_row(library)
    first = (table.c.library_id == row.id) & (table.c.name == name) & (table.c.part == 0)
    with stores.database.connect("reading") as connection:
        return first, connection.scalar(select(table.c.data).where(first))


def write(stores: Stores, table: Table, condition, **values: object) -> None:
    with stores.database.begin("damaging") as connection:
        connection.execute(update(table).where(condition).values(**values))


def require_the_others(stores: Stores, library: str, problem: str) -> None:
    """Check that other libraries answer, and that ``status`` says what is wrong with this one."""
    opened = Libraries(stores)
    assert classify(opened.open("whole"), [GENE])[0].hits[0].score == pytest.approx(1)
    found = {summary.name: summary for summary in summarize_all(opened)}
    assert set(found) == {"lab", "counted", "whole"}
    assert found["whole"].problem == ""
    assert found[library].problem.startswith(problem)
    text = describe(opened, "text")
    assert f"  cannot be searched: {problem}" in text
    assert {item["name"] for item in json.loads(describe(opened, "json"))["libraries"]} == {
        "lab",
        "counted",
        "whole",
    }


@pytest.mark.parametrize(("library", "table", "name", "message"), BLOBS)
def test_a_damaged_array_is_named_with_its_library(stores, library, table, name, message):
    condition, original = blob(stores, library, table, name)
    damaged = (
        st.sampled_from([b"", b"\0", b"not an array", original + b"\0"])
        | st.integers(0, len(original) - 1).map(lambda end: original[:end])
        | st.tuples(st.integers(0, len(original) - 1), st.integers(1, 255)).map(
            lambda change: (
                original[: change[0]]
                + bytes([original[change[0]] ^ change[1]])
                + original[change[0] + 1 :]
            )
        )
        | st.binary(max_size=200)
    )

    @settings(max_examples=25)
    @given(damaged)
    def check(data: bytes) -> None:
        write(stores, table, condition, data=data)
        with pytest.raises(LibraryError) as raised:
            Libraries(stores).open(library)
        assert raised.value.message == message.format(library)
        assert raised.value.hint.startswith("Restore the database from a backup, or ")

    try:
        check()
        write(stores, table, condition, data=b"\0")
        require_the_others(stores, library, message.format(library))
    finally:
        write(stores, table, condition, data=original)
    assert Libraries(stores).open(library).count_genes()


def test_an_array_that_became_text_is_damaged_too(stores):
    condition, original = blob(stores, "lab", encoder_arrays, "keys")
    try:
        write(stores, encoder_arrays, condition, data=literal_column("'text'"))
        require_the_others(stores, "lab", ENCODER.format("lab"))
    finally:
        write(stores, encoder_arrays, condition, data=original)


def test_an_encoder_that_no_version_has_is_named_with_its_library(stores):
    condition = libraries.c.name == "lab"
    try:
        write(stores, libraries, condition, encoder="gone")
        problem = "The library 'lab' has the encoder 'gone', which this version does not support."
        require_the_others(stores, "lab", problem)
    finally:
        write(stores, libraries, condition, encoder="translated")


INDEXES = [
    "",
    "{",
    "null",
    "5",
    '"FLAT"',
    "[" * 20_000,
    "{}",
    '{"kind": "FLAT"}',
    '{"kind": "ANNOY", "build": {}, "search": {}}',
    '{"kind": "FLAT", "build": {"nlist": 4}, "search": {}}',
    '{"kind": "HNSW", "build": {"M": -1}, "search": {}}',
    '{"kind": "SPARSE_INVERTED_INDEX", "build": {}, "search": {}}',
    '{"kind": "FLAT", "build": {}, "search": {}, "more": NaN}',
]


@pytest.mark.parametrize("text", INDEXES, ids=lambda text: text[:30])
def test_a_damaged_index_is_named_with_its_library(stores, text):
    condition, original = (
        libraries.c.name == "counted",
        Libraries(stores).library_row("counted").index,
    )
    message = "The index of the library 'counted' is damaged in the database ("
    try:
        with stores.database.begin("damaging") as connection:
            connection.exec_driver_sql(
                "UPDATE libraries SET \"index\" = ? WHERE name = 'counted'", (text,)
            )
        with pytest.raises(LibraryError) as raised:
            Libraries(stores).open("counted")
        assert raised.value.message.startswith(message)
        assert raised.value.hint == (
            "Restore the database from a backup, or delete the library and load it again."
        )
        require_the_others(stores, "counted", message)
    finally:
        write(stores, libraries, condition, index=original)
    assert Libraries(stores).open("counted").count_genes() == 9


class TestWork:
    """Work that a damaged library allows, and explanations where it does not."""

    @pytest.fixture
    def damaged(self, tmp_path) -> Iterator[Libraries]:
        """A library whose encoder and model are damaged, in a process that has not read them."""
        with Stores(Settings(home=tmp_path / "home")) as stores:
            load(
                Libraries(stores),
                {"human": members("human", 3, 6), "dog": members("dog", 3, 4)},
                library="lab",
            )
            with stores.database.begin("damaging") as connection:
                for table in (encoder_arrays, caller_arrays):
                    connection.execute(update(table).values(data=b"\0"))
            yield Libraries(stores)

    def test_that_needs_the_encoder_says_that_it_is_damaged(self, damaged, tmp_path):
        more = {"cat": members("cat", 3, 2)}
        for work in (
            lambda: damaged.open("lab"),
            lambda: load(damaged, more, library="lab"),
            lambda: damaged.calibrate("lab"),
            lambda: export_library(damaged, "lab", tmp_path / "lab.zip"),
        ):
            with pytest.raises(LibraryError) as raised:
                work()
            assert str(raised.value) == (
                "The encoder of the library 'lab' is damaged in the database. Restore the database"
                " from a backup, or fit it again: python -m core refit --library 'lab'."
            )
        assert not list(tmp_path.glob("*.zip*"))
        assert [row.name for row in summarize_all(damaged)[0].organisms] == ["human", "dog"]

    def test_a_refit_mends_it(self, damaged):
        refit(damaged, "lab")
        assert classify(damaged.open("lab"), [QUERY])[0].family_id == 0

    def test_a_calibration_mends_the_model(self, damaged):
        refit(damaged, "lab")
        with damaged.stores.database.begin("damaging") as connection:
            connection.execute(update(caller_arrays).values(data=b"\0"))
        again = Libraries(damaged.stores)
        with pytest.raises(LibraryError) as raised:
            again.open("lab")
        assert str(raised.value) == (
            "The model of the library 'lab' is damaged in the database. Restore the database from a"
            " backup, or train it again: python -m core calibrate --library 'lab'."
        )
        assert again.calibrate("lab").threshold > 0
        assert classify(again.open("lab"), [QUERY])[0].family_id == 0

    def test_that_does_not_need_it_goes_on(self, damaged):
        assert repair(damaged, "lab").sequences == 30
        assert damaged.remove_organism("lab", "dog") == 12
        damaged.rename("lab", "other")
        assert damaged.delete("other") == 18
        assert damaged.names() == []
