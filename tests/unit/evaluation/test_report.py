"""Reports of earlier versions must open."""

import sqlite3
from pathlib import Path
from zipfile import ZipFile

import pytest

from core.evaluation.report import Report
from core.evaluation.repository import load_report
from core.evaluation.splits import UNMODIFIED
from core.stores.sql.database import Database

HOME = Path(__file__).parents[2] / "data" / "version-0.1.0" / "home.zip"


@pytest.fixture
def labels(tmp_path) -> Path:
    """The database of a home of version 0.1.0."""
    with ZipFile(HOME) as archive:
        return Path(archive.extract("labels.sqlite", tmp_path))


def test_a_report_of_version_0_1_0_opens(labels):
    with sqlite3.connect(labels) as connection:
        ((number,),) = connection.execute("SELECT id FROM evaluations")
    database = Database(f"sqlite:///{labels}", timeout=10)
    report = load_report(database, number)
    database.close()

    assert report.versions["genekin"] == "0.1.0"
    assert report.results
    assert any(result.task == UNMODIFIED for result in report.results)
    assert all(0 <= result.accuracy <= 1 for result in report.results)
    assert Report.from_json(report.to_json()) == report
    assert all(
        result.accuracy_interval.low < result.accuracy_interval.high for result in report.results
    )
