"""A backup, a total loss, a restoration: everything is there, and answers as before."""

import hashlib
import json
import random
import zipfile
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import compress
from pathlib import Path

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, create_engine, insert, select

from core.access import LOCAL_ACCESS, Role
from core.access.tokens import ApiTokens
from core.backup import restore_backup, write_backup
from core.backup.format import tables_to_save
from core.classify import classify
from core.errors import InputError, StoreError
from core.library.load import load
from core.library.manager import Libraries
from core.library.refit import refit
from core.library.repair import repair
from core.runs.repository import Runs
from core.runs.run import RunSettings
from core.sequences.records import Record
from core.stores.sql import migrations
from core.stores.sql.schema import (
    READY,
    REMOVING,
    evaluations,
    metadata,
    milestones,
    organisms,
    runs,
)
from core.stores.sql.schema import (
    libraries as library_table,
)
from tests.integration.backup.conftest import EMBEDDED, SERVER, Deploy
from tests.support.contents import contents, require_agreement
from tests.support.evolution import FAMILIES, ancestor, member, members
from tests.support.faults import failing
from tests.support.synthetic import FAMILY_NAMES, dna, genes

ODD = "<script>alert('x')</script> 基因 🧬 \\ % ' \" \u00e9"


def queries(count: int) -> list[Record]:
    """Relatives close and distant, fragments, noise, and what cannot be read."""
    made = []
    for number in range(count):
        kind, family = number % 6, number % 7
        residues = [
            member(family % 6, f"asked {number}", 0.05),
            member(family % 6, f"asked {number}", 0.4),
            ancestor(family % 6)[90 : 150 + number],
            dna(f"noise {number}", 200 + number),
            "N" * 60 if family else "ACGTA",
            member(family % 6, f"asked {number}", 0.2)[::-1],
        ][kind]
        made.append(Record(f"query {number}", residues, number + 1, number + 1))
    return made


QUERIES = queries(200)


def answers(libraries: Libraries, name: str) -> bytes:
    """All that the calls have, to the last digit."""
    calls = classify(libraries.open(name), QUERIES)
    return json.dumps([asdict(call) for call in calls], default=str).encode()


def fill(libraries: Libraries, lab: str, encoder: str) -> None:
    """Make a library with a history, runs, and an evaluation."""
    load(libraries, {"human": members("human", 6, 6)}, library=lab, encoder=encoder)
    load(libraries, {"dog": members("dog", 6, 5), "cat": genes("cat", 4)}, library=lab)
    load(libraries, {"human": members("later", 6, 2)}, library=lab, families=FAMILIES, by=ODD)
    libraries.remove_organism(lab, "cat")
    load(libraries, {"dog": members("other dog", 6, 4)}, library=lab, replace=True)
    refit(libraries, lab)
    libraries.set_threshold(lab, 0.625)
    library = libraries.open(lab)
    calls = classify(library, QUERIES[:5])
    settings = RunSettings(organisms=None, neighbours=10, threshold=0.625)
    Runs(libraries.stores.database, 90).store(
        library, QUERIES[:5], calls, settings, name=ODD, by="Ada"
    )
    with libraries.stores.database.begin("filling") as connection:
        row = {
            "name": ODD,
            "created_at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC).replace(tzinfo=None),
            "by": "",
            "source": ODD,
            "digest": "d" * 64,
            "seed": 2**62,
            "seconds": 3,
            "machine": {"cores": "2"},
            "versions": {"genekin": "0.1.0", "odd": ODD},
            "settings": {"list": [1, None, 0.1, True]},
            "report": bytes(range(256)) * 100,
        }
        connection.execute(insert(evaluations), [row])


def rows(libraries: Libraries) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables but the jobs."""
    found = {}
    with libraries.stores.database.scan("comparing") as connection:
        for table in tables_to_save(metadata):
            query = select(table).order_by(*table.primary_key.columns)
            found[table.name] = [tuple(row) for row in connection.execute(query)]
    return found


def lose(libraries: Libraries, lab: str) -> None:
    """Lose the vectors; the database that will be restored into is another one."""
    libraries.stores.vectors.drop(libraries.library_row(lab).collection)


def backed_up(libraries: Libraries, folder: Path) -> Path:
    path = folder / "all.backup"
    write_backup(libraries.stores.database, path)
    return path


@pytest.mark.parametrize("encoder", ["translated", "count"])
def test_after_a_total_loss_200_answers_are_the_same_to_the_byte(deploy, lab, tmp_path, encoder):
    libraries = deploy(EMBEDDED)
    fill(libraries, lab, encoder)
    expected, saved = answers(libraries, lab), rows(libraries)
    path = backed_up(libraries, tmp_path)
    lose(libraries, lab)

    restored = deploy(EMBEDDED)
    report = restore_backup(restored, path)

    assert answers(restored, lab) == expected
    assert rows(restored) == saved
    assert report.libraries == 1
    assert report.rows["runs"] == 1
    assert path.stat().st_mode & 0o777 == 0o600
    require_agreement(contents(restored, lab))
    run = Runs(restored.stores.database, 90).find("", 0, 1)[0]
    assert run.name == ODD


@pytest.mark.parametrize(("source", "target"), [("server", "server"), ("server", EMBEDDED)])
@pytest.mark.milvus_server
@pytest.mark.mariadb
def test_so_they_are_on_servers(deploy: Deploy, lab, tmp_path, source, target):
    libraries = deploy(source)
    fill(libraries, lab, "count")
    expected, saved = answers(libraries, lab), rows(libraries)
    path = backed_up(libraries, tmp_path)
    lose(libraries, lab)

    restored = deploy(target)
    restore_backup(restored, path)

    assert rows(restored) == saved
    if target == source:  # Milvus Lite adds the same numbers in another order.
        assert answers(restored, lab) == expected
    require_agreement(contents(restored, lab))
    restored.delete(lab)


@pytest.mark.parametrize("kind", [EMBEDDED, SERVER])
def test_it_is_one_state_while_others_write(deploy, lab, tmp_path, kind, monkeypatch):
    """A backup that is under way sees nothing of a load that becomes ready meanwhile."""
    from core.backup import writer

    libraries = deploy(kind)
    load(libraries, {"human": genes("human", 6)}, library=lab, encoder="count")
    before = rows(libraries)
    original = writer._Backup._count
    loaded: list[int] = []

    def count(self, table):
        if not loaded:
            loaded.append(original(self, library_table))
            load(libraries, {"dog": genes("dog", 6)}, library=lab)
            Runs(libraries.stores.database, 90)
        return original(self, table)

    monkeypatch.setattr(writer._Backup, "_count", count)
    path = backed_up(libraries, tmp_path)
    assert len(libraries.open(lab).organisms()) == 2
    lose(libraries, lab)

    restored = deploy(kind)
    restore_backup(restored, path)
    found = rows(restored)
    assert found == before
    restored.delete(lab)


def test_what_is_under_way_is_left_out_and_named(deploy, lab, tmp_path):
    libraries = deploy(EMBEDDED)
    load(libraries, {"human": genes("human", 6)}, library=lab, encoder="count")
    before = rows(libraries)
    row = libraries.library_row(lab)
    labels = libraries.stores.labels
    labels.begin_load(row.id, "unfinished.fasta", {"dog": "dog"})
    other = f"{lab} 2"
    with failing(libraries, "labels", "finish_load", StoreError("down")):
        load(libraries, {"cat": genes("cat", 3)}, library=other, encoder="count")
    labels.begin_load(row.id, "unfinished.fasta", {"cow": "cow"})
    path = tmp_path / "all.backup"

    report = write_backup(libraries.stores.database, path)

    assert report.unfinished == [lab]
    assert report.rows["libraries"] == 1
    restored = deploy(EMBEDDED)
    restore_backup(restored, path)
    assert rows(restored) == before


class TestRefusals:
    @pytest.fixture
    def path(self, deploy, lab, tmp_path):
        libraries = deploy(EMBEDDED)
        load(
            libraries,
            {"human": genes("human", 6)},
            library=lab,
            encoder="count",
            families=FAMILY_NAMES,
        )
        return backed_up(libraries, tmp_path)

    def refused(self, deploy, path) -> str:
        libraries = deploy(EMBEDDED)
        with pytest.raises(InputError) as raised:
            restore_backup(libraries, path)
        assert not any(found for name, found in rows(libraries).items() if name != "milestones")
        assert not libraries.stores.vectors._client.list_collections()
        return str(raised.value)

    def rewrite(self, path, change) -> None:
        """Change the members of a backup."""
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        change(members)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)

    def manifest(self, **changes):
        def change(members):
            values = json.loads(members["manifest.json"])
            members["manifest.json"] = json.dumps(values | changes).encode()

        return change

    def test_stores_that_are_in_use(self, deploy, path, lab):
        libraries = deploy(EMBEDDED)
        load(libraries, {"dog": genes("dog", 3)}, library="precious", encoder="count")
        before = rows(libraries)
        with pytest.raises(InputError, match="The stores are not empty") as raised:
            restore_backup(libraries, path)
        assert "--replace" in raised.value.hint
        assert rows(libraries) == before
        restore_backup(libraries, path, replace=True)
        assert libraries.names() == [lab]
        require_agreement(contents(libraries, lab))

    def test_a_collection_that_is_there_already(self, deploy, path, lab):
        libraries = deploy(EMBEDDED)
        restore_backup(libraries, path)
        with libraries.stores.database.begin("losing the labels") as connection:
            for table in reversed(tables_to_save(metadata)):
                connection.execute(table.delete())
        with pytest.raises(InputError, match="already has a collection"):
            restore_backup(libraries, path)
        restore_backup(libraries, path, replace=True)
        require_agreement(contents(libraries, lab))

    def test_a_newer_schema(self, deploy, path):
        self.rewrite(path, self.manifest(revision="9999"))
        assert "newer version of GeneKin (tables of revision 9999)" in self.refused(deploy, path)

    def test_a_newer_format(self, deploy, path):
        self.rewrite(path, self.manifest(format=2))
        assert "newer version of GeneKin (format 2)" in self.refused(deploy, path)

    @pytest.mark.parametrize("kind", ["text", "zip", "nothing"])
    def test_another_file(self, deploy, path, kind):
        if kind == "text":
            path.write_text(">gene\nACGT\n")
        elif kind == "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("a.txt", "a")
        else:
            path.unlink()
        message = self.refused(deploy, path)
        assert ("cannot be read" if kind == "nothing" else "not a backup of GeneKin") in message

    def test_a_part_of_a_file(self, deploy, path):
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        assert "not a backup of GeneKin, or incomplete" in self.refused(deploy, path)

    def test_any_byte_that_is_another(self, deploy, path):
        whole = path.read_bytes()
        generator = random.Random(1)
        messages = set()
        libraries = deploy(EMBEDDED)
        for position in generator.sample(range(len(whole)), 40):
            damaged = bytearray(whole)
            damaged[position] ^= 0x10
            path.write_bytes(damaged)
            try:
                restore_backup(libraries, path)
            except InputError as error:
                messages.add(str(error))
                assert not libraries.names()
            else:  # Names and times of members are in the zip twice; nothing was lost.
                with libraries.stores.database.scan("looking") as connection:
                    found = connection.execute(select(organisms.c.state)).scalars().all()
                assert found == [READY]
                restore_backup(libraries, path, replace=True)
                libraries.delete(libraries.names()[0])
                with libraries.stores.database.begin("emptying") as connection:
                    connection.execute(milestones.delete())
        assert messages

    def test_rows_that_are_others(self, deploy, path):
        def change(members):
            members["tables/organisms.jsonl"] = members["tables/organisms.jsonl"].replace(
                b"human", b"mouse"
            )

        self.rewrite(path, change)
        assert "the table organisms is not as it was saved" in self.refused(deploy, path)

    def test_a_table_that_is_missing(self, deploy, path):
        self.rewrite(path, lambda members: members.pop("tables/runs.jsonl"))
        assert "its members are not those of its manifest" in self.refused(deploy, path)


@pytest.mark.parametrize(
    "fault",
    [
        ("vectors", "create", 1),
        ("vectors", "upsert", 2),
        ("vectors", "flush_and_index", 1),
        ("database", "begin", 3),
        ("database", "begin", 8),
    ],
)
def test_a_failure_leaves_nothing(deploy, lab, tmp_path, fault):
    store, method, call = fault
    libraries = deploy(EMBEDDED)
    load(libraries, {"human": genes("human", 600)}, library=lab, encoder="count")
    path = backed_up(libraries, tmp_path)
    empty = deploy(EMBEDDED)
    before = rows(empty)

    with failing(empty, store, method, StoreError("it failed"), call=call):
        restore_backup(empty, path)

    assert rows(empty) == before
    assert empty.stores.vectors._client.list_collections() == []
    restore_backup(empty, path)
    assert empty.names() == [lab]


def test_one_that_died_is_cleared_by_the_next(deploy, lab, tmp_path):
    libraries = deploy(EMBEDDED)
    load(libraries, {"human": genes("human", 20)}, library=lab, encoder="count")
    expected = rows(libraries)
    path = backed_up(libraries, tmp_path)
    died = deploy(EMBEDDED)
    with (
        pytest.MonkeyPatch.context() as patch,
        failing(died, "vectors", "flush_and_index", KeyboardInterrupt(), when="after"),
    ):
        patch.setattr("core.backup.restore.try_to_recover", lambda *_: None)
        restore_backup(died, path)
    with died.stores.database.scan("looking") as connection:
        assert connection.scalars(select(organisms.c.state)).all() == [REMOVING]
    assert not died.has_organisms(lab)

    restore_backup(died, path)
    assert rows(died) == expected
    assert repair(died, lab).vectors_written == 0


def test_a_disk_without_room_is_noticed_beforehand(deploy, lab, tmp_path, monkeypatch):
    libraries = deploy(EMBEDDED)
    load(libraries, {"human": genes("human", 20)}, library=lab, encoder="count")
    path = backed_up(libraries, tmp_path)
    empty = deploy(EMBEDDED)
    monkeypatch.setattr(empty.stores.disk, "reserve_bytes", 1 << 60)
    with pytest.raises(StoreError, match="Restoring the backup needs about"):
        restore_backup(empty, path)
    assert empty.names() == []


class TestTables:
    def test_all_but_the_jobs_and_tokens_are_saved(self):
        """A table that is added later is saved, unless it says that it need not."""
        saved = {table.name for table in tables_to_save(metadata)}
        unsaved = {"jobs", "job_files", "workers", "stored_results"}
        unsaved |= {"api_tokens", "idempotency_keys"}
        assert set(metadata.tables) - saved == unsaved

    def test_no_token_comes_back_and_those_that_are_there_stay(self, deploy, lab, tmp_path):
        libraries = deploy(EMBEDDED)
        load(libraries, {"human": members("human", 6, 6)}, library=lab, encoder="count")
        tokens = ApiTokens(libraries.stores.database, lambda _: Role.ADMIN)
        revoked, kept = (tokens.create(LOCAL_ACCESS, name, Role.READER, 7) for name in "ab")
        path = backed_up(libraries, tmp_path)
        tokens.revoke(LOCAL_ACCESS, tokens.listed(LOCAL_ACCESS)[-1].id)
        restore_backup(libraries, path, replace=True)
        assert tokens.access(revoked) is None
        assert tokens.access(kept) is not None
        other = deploy(EMBEDDED)
        lose(libraries, lab)
        restore_backup(other, path)
        assert ApiTokens(other.stores.database, lambda _: Role.ADMIN).access(kept) is None

    def test_one_whose_rows_belong_to_others_is_saved_with_them_only(self):
        tables = MetaData()
        Table("jobs", tables, Column("id", Integer, primary_key=True), info={"backup": False})
        Table("files", tables, Column("job", ForeignKey("jobs.id"), primary_key=True))
        Table("parts", tables, Column("file", ForeignKey("files.job"), primary_key=True))
        Table("users", tables, Column("id", Integer, primary_key=True))
        Table("names", tables, Column("user", ForeignKey("users.id"), primary_key=True))
        assert [table.name for table in tables_to_save(tables)] == ["users", "names"]

    def test_one_of_an_earlier_revision_is_upgraded(self, deploy, lab, tmp_path):
        libraries = deploy(EMBEDDED)
        fill(libraries, lab, "count")
        expected, saved = answers(libraries, lab), rows(libraries)
        path = backed_up(libraries, tmp_path)
        first = migrations.revisions()[0]
        tables = MetaData()
        engine = create_engine("sqlite://")
        migrations.upgrade(engine, first)
        tables.reflect(engine)

        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        manifest = json.loads(members.pop("manifest.json"))
        manifest["revision"] = first
        for name in set(manifest["tables"]) - set(tables.tables):
            del manifest["tables"][name], members[f"tables/{name}.jsonl"]
        for name, entry in manifest["tables"].items():
            known = [column in tables.tables[name].columns for column in entry["columns"]]
            lines = members[f"tables/{name}.jsonl"].splitlines()
            kept = [json.dumps(list(compress(json.loads(line), known))) + "\n" for line in lines]
            data = "".join(kept).encode()
            members[f"tables/{name}.jsonl"] = data
            entry["columns"] = list(compress(entry["columns"], known))
            entry |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
            archive.writestr("manifest.json", json.dumps(manifest))

        restored = deploy(EMBEDDED)
        restore_backup(restored, path)
        assert answers(restored, lab) == expected
        found = rows(restored)
        assert len(found.pop("milestones")) == 1
        assert found == {
            name: [] if name == "audit" else of_table
            for name, of_table in saved.items()
            if name != "milestones"
        }

    def test_an_empty_deployment_can_be_saved(self, deploy, tmp_path):
        path = backed_up(deploy(EMBEDDED), tmp_path)
        restored = deploy(EMBEDDED)
        report = restore_backup(restored, path)
        assert (report.libraries, report.vectors) == (0, 0)
        assert not any(rows(restored).values())
        assert runs.name in report.rows
