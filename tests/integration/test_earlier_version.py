"""Data of version 0.1.0: they open, and give the answers that they gave then."""

import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr
from sqlalchemy import MetaData, create_engine, inspect, select

from core.calls import Call
from core.classify import classify
from core.evaluation.repository import load_report
from core.jobs.queue import JobQueue
from core.library.archive import import_library
from core.library.manager import Libraries
from core.runs.call_table import call_row
from core.runs.repository import Runs
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import Settings
from core.stores.sql import migrations
from core.stores.sql.evaluations import EvaluationTable
from core.stores.sql.job_row import DONE
from core.stores.stores import Stores

DATA = Path(__file__).resolve().parent.parent / "data" / "version-0.1.0"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text())
LIBRARIES = ["lab", "counted"]


class Home(NamedTuple):
    """Stores that hold the data of version 0.1.0, and the libraries in them."""

    stores: Stores
    libraries: Libraries


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)]
)
def home(request, tmp_path_factory) -> Iterator[Home]:
    """The home of version 0.1.0, its labels as they were or in a server's tables of that time."""
    folder = tmp_path_factory.mktemp("home")
    with zipfile.ZipFile(DATA / "home.zip") as archive:
        archive.extractall(folder)
    settings = Settings(home=folder)
    if request.param == "mariadb":
        url = str(request.getfixturevalue("mariadb").url("earlier_version"))
        copy_labels(folder / "labels.sqlite", url)
        settings = Settings(home=folder, database_url=SecretStr(url))
    with Stores(settings) as stores:
        yield Home(stores, Libraries(stores))


def copy_labels(source: Path, url: str) -> None:
    """Create the tables that version 0.1.0 created on MySQL, and copy the rows into them."""
    sqlite, mysql = create_engine(f"sqlite:///{source}"), create_engine(url)
    statements = (DATA / "mysql.sql").read_text().split(";")
    tables = MetaData()
    tables.reflect(sqlite)
    with sqlite.connect() as rows, mysql.begin() as target:
        for statement in statements:
            if statement.strip():
                target.exec_driver_sql(statement.replace("%", "%%"))
        for table in tables.sorted_tables:
            for row in rows.execute(select(table)).mappings():
                target.execute(table.insert().values(dict(row)))
    sqlite.dispose()
    mysql.dispose()


def queries(library: str) -> list[Record]:
    return [
        Record(name, residues, number, number)
        for number, (name, residues) in enumerate(EXPECTED["queries"][library], start=1)
    ]


def answers(calls: list[Call]) -> list[dict[str, Any]]:
    """The calls in the form in which version 0.1.0 wrote them."""
    rows: list[dict[str, Any]] = json.loads(json.dumps([_answer(call) for call in calls]))
    return rows


def _answer(call: Call) -> dict[str, Any]:
    added = {
        *("best_guess", "best_guess_confidence", "evidence_start", "evidence_end"),
        *("profile", "profile_evalue"),
    }
    row = {name: value for name, value in call_row(call).items() if name not in added}
    families = [
        {"family_id": number, "confidence": round(share, 4)}
        for number, share in call.families.items()
    ]
    return row | {"families": families, "hits": [asdict(hit) for hit in call.hits]}


def without_wording(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, of their notes only whether they have one: sentences may be worded anew."""
    return [{**row, "note": row["note"] is not None} for row in rows]


def without_changes(rows: list[dict[str, Any]], library: str) -> list[dict[str, Any]]:
    """The rows without their wording, and without what CHANGELOG.md says has changed.

    That is of the encoder translated: the last of the hits, the fourth decimal of confidences, and
    the confidence of the closest organism.
    """
    if library == "counted":
        return without_wording(rows)
    return [
        {
            **row,
            "confidence": round(row["confidence"], 3),
            "families": {
                family["family_id"]: round(family["confidence"], 3) for family in row["families"]
            },
            "organism_confidence": None,
            "hits": row["hits"][:9],
        }
        for row in without_wording(rows)
    ]


def without_ties(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, of hits with equal scores only the scores.

    Milvus orders these as they are stored, and two loads are one after an import.
    """
    return [{**row, "hits": _untied(row["hits"])} for row in rows]


def _untied(hits: list[dict[str, Any]]) -> list[object]:
    times = Counter(hit["score"] for hit in hits)
    times[hits[-1]["score"]] += 1  # It may be tied with hits beyond the limit.
    return [hit if times[hit["score"]] == 1 else hit["score"] for hit in hits]


@pytest.mark.parametrize("name", LIBRARIES)
class TestLibraries:
    def test_answer_as_they_did(self, home, name):
        calls = classify(home.libraries.open(name), queries(name))

        assert without_changes(answers(calls), name) == without_changes(EXPECTED[name], name)

    def test_runs_open_with_the_same_calls(self, home, name):
        runs = Runs(home.stores.database, keep_days=0)
        run = runs.get(EXPECTED[f"{name}_run"])

        assert (run.library, run.queries) == (name, len(EXPECTED[name]))
        assert answers(runs.calls(run)) == EXPECTED[name]
        assert [(query.name, query.residues) for query in runs.queries(run)] == [
            tuple(query) for query in EXPECTED["queries"][name]
        ]
        assert run.fingerprint == home.libraries.open(name).fingerprint

    def test_are_consistent(self, home, name):
        report = home.libraries.reconcile(name)

        assert report.loads_undone == 0


class TestDatabase:
    def test_has_the_newest_revision(self, home):
        with home.stores.database.connect("looking") as connection:
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            assert version.scalar_one() == migrations.HEAD
            assert inspect(connection).has_table("run_parts")

    def test_has_the_libraries_with_all_that_is_theirs(self, home):
        labels = home.stores.labels
        lab, counted = labels.library("lab"), labels.library("counted")

        assert sorted(labels.library_names()) == sorted(LIBRARIES)
        assert (lab.encoder, lab.threshold, counted.encoder, counted.threshold) == (
            "translated",
            None,
            "count",
            0.25,
        )
        assert labels.families(counted.id) == {0: "Kinase", 1: "Synthase", 2: "Ion channel"}
        assert {row.name: row.count for row in labels.organisms(lab.id)} == {
            "human": 18,
            "dog": 12,
        }
        (human,) = labels.organisms(counted.id)
        loads = labels.loads_by_organism(lab.id)
        assert human.count == 12
        assert {(row.source, row.by) for rows in loads.values() for row in rows} == {
            ("lab.fasta", "ada")
        }

    def test_lists_the_job(self, home):
        (job,) = JobQueue(home.stores.database).recent()

        assert (job.kind, job.library, job.title, job.by) == ("load", "lab", "lab.fasta", "ada")
        assert (job.state, job.result) == (DONE, {"library": "lab"})

    def test_lists_the_evaluation_with_its_results(self, home):
        number, results = EXPECTED["evaluation"]
        (row,) = EvaluationTable(home.stores.database).recent()

        assert (row.id, row.name, row.by, row.seed) == (number, "kept", "ada", 7)
        assert len(load_report(home.stores.database, number).results) == results


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> Iterator[Libraries]:
    """The libraries that version 0.1.0 exported, imported."""
    with Stores(Settings(home=tmp_path_factory.mktemp("imported"))) as stores:
        libraries = Libraries(stores)
        for name in LIBRARIES:
            import_library(libraries, DATA / f"{name}.zip", limits=Limits())
        yield libraries


@pytest.mark.parametrize("name", LIBRARIES)
def test_exports_answer_as_the_libraries_did(imported, name):
    found = without_changes(answers(classify(imported.open(name), queries(name))), name)

    assert without_ties(found) == without_ties(without_changes(EXPECTED[name], name))
