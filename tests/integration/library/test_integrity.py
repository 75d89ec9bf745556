"""Integrity: vectors that were lost or damaged are noticed, named, and restored from the rows."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from pyarrow import parquet
from sqlalchemy import update

from core.classify import classify
from core.errors import LibraryError
from core.library.load import load
from core.library.manager import Libraries
from core.library.naming import collection_name
from core.library.repair import repair
from core.library.summary import summarize, summarize_all
from core.settings import Settings
from core.stores.locks import write_lock
from core.stores.sql.schema import libraries as library_table
from core.stores.stores import Stores
from tests.support.contents import contents, require_agreement
from tests.support.evolution import FAMILIES, members
from tests.support.synthetic import FAMILY_NAMES, genes

HUMAN, DOG = genes("human"), genes("dog", 4)


@contextmanager
def opened(home: Path) -> Iterator[Libraries]:
    with Stores(Settings(home=home)) as stores:
        yield Libraries(stores)


def fill(libraries: Libraries, name: str) -> None:
    references = {"human": HUMAN, "dog": DOG}
    load(libraries, references, library=name, encoder="count", families=FAMILY_NAMES)


def answers(libraries: Libraries, name: str) -> list[list[tuple[str, float]]]:
    found = libraries.open(name).search([record.residues for record in HUMAN], limit=6)
    return [[(hit.name, round(hit.score, 4)) for hit in hits] for hits in found]


@pytest.fixture(scope="module")
def model_home(tmp_path_factory):
    """A home with two libraries; what its searches answer, and what it contains."""
    home = tmp_path_factory.mktemp("model")
    with opened(home) as libraries:
        fill(libraries, "one")
        fill(libraries, "other")
        expected = answers(libraries, "one"), contents(libraries, "one")
    return home, expected


@pytest.fixture
def home(model_home, tmp_path) -> Path:
    return Path(shutil.copytree(model_home[0], tmp_path / "home"))


@pytest.fixture
def expected(model_home):
    return model_home[1]


def folder_of(home: Path, library: str) -> Path:
    return home / "vectors.db" / "collections" / collection_name(library)


def files_of(home: Path, pattern: str) -> list[Path]:
    files = sorted(folder_of(home, "one").glob(pattern))
    assert files, f"no {pattern}"
    return files


def remove_partition(home):
    shutil.rmtree(folder_of(home, "one") / "partitions" / "human")


def remove_data(home):
    for file in files_of(home, "partitions/human/data/*.parquet"):
        file.unlink()


def remove_manifest(home):
    for file in files_of(home, "manifest.json*"):
        file.unlink()


def remove_collection(home):
    shutil.rmtree(folder_of(home, "one"))


def remove_schema(home):
    (folder_of(home, "one") / "schema.json").unlink()


def truncate_data(home):
    for file in files_of(home, "partitions/human/data/*.parquet"):
        file.write_bytes(file.read_bytes()[:-20])


def empty_data(home):
    for file in files_of(home, "partitions/*/data/*.parquet"):
        file.write_bytes(b"")


def garble_values(home):
    """Change a value in files that can still be read."""
    for file in files_of(home, "partitions/human/data/*.parquet"):
        content, table = file.read_bytes(), parquet.read_table(file)
        for place in range(len(content) // 3, len(content)):
            file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            with suppress(OSError, ValueError):  # It cannot be read.
                garbled = parquet.read_table(file)
                if garbled.shape == table.shape and garbled != table:
                    break
        else:
            pytest.fail("no value can be changed")


def garble_schema(home):
    (folder_of(home, "one") / "schema.json").write_text('{"collection_name": ')


def garble_manifest(home):
    for file in files_of(home, "manifest.json*"):
        file.write_bytes(b"\x00\xff garbled")


LOSSES = [remove_partition, remove_data, remove_manifest, remove_collection, remove_schema]
DAMAGES = [truncate_data, empty_data, garble_values, garble_schema, garble_manifest]


class TestLostVectors:
    @pytest.mark.parametrize("harm", [*LOSSES, *DAMAGES])
    def test_are_noticed_named_and_restored(self, home, expected, harm):
        harm(home)
        with opened(home) as libraries:
            damaged, whole = summarize_all(libraries)
            assert "reconcile --library 'one'" in damaged.problem
            assert damaged.count == 13
            assert whole.problem == ""
            assert answers(libraries, "other") == expected[0]
            with pytest.raises(LibraryError, match=r"missing|damaged"):
                classify(libraries.open("one"), HUMAN)

            repair(libraries, "one")
            assert answers(libraries, "one") == expected[0]
            require_agreement(contents(libraries, "one"))
        with opened(home) as libraries:  # It lasts.
            assert answers(libraries, "one") == expected[0]
            assert contents(libraries, "one") == expected[1]
            assert {summary.problem for summary in summarize_all(libraries)} == {""}

    @pytest.mark.parametrize("harm", [*LOSSES, *DAMAGES])
    def test_do_not_keep_their_library_from_being_deleted(self, home, expected, harm):
        harm(home)
        with opened(home) as libraries:
            assert libraries.delete("one") == 13
            fill(libraries, "one")
            assert answers(libraries, "one") == expected[0]

    def test_of_the_default_encoder_are_restored_too(self, tmp_path):
        reference = {"human": members("human", 3, 8)}
        with opened(tmp_path) as libraries:
            load(libraries, reference, library="one", families=FAMILIES)
            before = classify(libraries.open("one"), reference["human"])
        truncate_data(tmp_path)
        with opened(tmp_path) as libraries:
            repair(libraries, "one")
            assert classify(libraries.open("one"), reference["human"]) == before

    def test_are_counted_on_a_server_too(self, deployed, name):
        fill(deployed, name)
        vectors, collection = deployed.stores.vectors, collection_name(name)
        vectors.delete(collection, contents(deployed, name).vectors["human"][:3])
        again = Libraries(deployed.stores)  # As in a process that starts.
        with pytest.raises(LibraryError) as raised:
            again.open(name)
        assert raised.value.message.startswith("3 of 9 vectors of human are missing")
        repair(again, name)
        assert answers(again, name)
        deployed.delete(name)

    def test_more_vectors_than_expected_are_no_loss(self, deployed, name):
        fill(deployed, name)
        vectors, collection = deployed.stores.vectors, collection_name(name)
        some = deployed.open(name).encoder.encode([HUMAN[0].residues])
        vectors.upsert(collection, "human", [5], 7, some)
        vectors.flush_and_index(collection)
        Libraries(deployed.stores).open(name)
        deployed.delete(name)


class TestLeftovers:
    """A process that is killed leaves the folder of a collection half made or half removed."""

    def test_of_a_collection_half_made_do_not_keep_its_name(self, tmp_path, expected):
        folder_of(tmp_path, "one").mkdir(parents=True)
        with opened(tmp_path) as libraries:
            assert not folder_of(tmp_path, "one").exists()
            folder_of(tmp_path, "one").mkdir()  # By a failure that this process survived.
            fill(libraries, "one")
            assert answers(libraries, "one") == expected[0]

    @pytest.mark.parametrize("kept", range(6))
    def test_of_a_collection_half_removed_do_not_keep_its_name(self, home, expected, kept):
        """Folders are removed file by file, in any order."""
        with opened(home) as libraries:
            row = libraries.library_row("one")
            for organism in libraries.stores.labels.organisms(row.id):
                libraries.stores.labels.mark_removing(organism.id)
        files = [path for path in sorted(folder_of(home, "one").rglob("*")) if path.is_file()]
        for number, file in enumerate(files):
            if number % 6 != kept:
                file.unlink()
        with opened(home) as libraries:
            fill(libraries, "one")
            assert answers(libraries, "one") == expected[0]
            assert answers(libraries, "other") == expected[0]


class TestUnfinishedLibrary:
    def test_is_named_with_what_to_do_beside_all_others(self, deployed, name):
        fill(deployed, name)
        labels = deployed.stores.labels
        row = labels.add_library(
            f"{name} new",
            collection=f"{collection_name(name)}_new",
            encoder="count",
            fingerprint="",
            state={},
            index={"kind": "FLAT", "build": {}, "search": {}},
        )
        labels.begin_load(row.id, "file", {"human": "human"})

        summaries = {summary.name: summary for summary in summarize_all(deployed)}
        assert summaries[name].problem == summaries[name].unfinished == ""
        new = summaries[f"{name} new"]
        assert f"reconcile --library '{name} new'" in new.unfinished
        assert new.added_since_fit == new.count == 0

        with write_lock(deployed.stores.database.engine, f"{name} new", 10):
            assert summarize(deployed, f"{name} new").unfinished == "A change is under way."
        repair(deployed, f"{name} new")
        assert f"{name} new" not in deployed.names()
        deployed.delete(name)

    def test_of_an_earlier_version_may_not_know_its_fitted_load(self, deployed, name):
        fill(deployed, name)
        with deployed.stores.database.begin("forgetting") as connection:
            of_library = library_table.c.name == name
            connection.execute(update(library_table).where(of_library).values(fitted_load=None))
        summary = summarize(deployed, name)
        assert (summary.problem, summary.added_since_fit, summary.count) == ("", 0, 13)
        deployed.delete(name)
