"""The k-mer search in SQL; SQLite and MariaDB must both give what plain arithmetic gives."""

import numpy as np
import pytest
from sqlalchemy import inspect, text

from core.encoders import TranslatedEncoder
from core.errors import StoreError
from core.evaluation.methods import NO_FAMILY
from core.evaluation.sql_method import SqlSearch
from core.progress import no_progress
from core.stores.sql.database import Database
from tests.support.evaluation_data import data

TABLES = ("evaluation_references", "evaluation_queries", "evaluation_families")


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)]
)
def database(request, tmp_path_factory):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('sql') / 'labels.sqlite'}"
    else:
        url = str(request.getfixturevalue("mariadb").url("sql_search"))
    database = Database(url, timeout=10)
    yield database
    database.close()


@pytest.fixture(scope="module")
def parts():
    whole = data(families=3, count=12)
    asked = np.arange(len(whole)) % 3 == 0
    return whole.take(np.flatnonzero(~asked)), whole.take(np.flatnonzero(asked))


def there(database: Database) -> set[str]:
    """Its tables that a new connection sees."""
    with database.connect("looking") as connection:
        found = set(inspect(connection).get_table_names()) & set(TABLES)
        for name in TABLES:  # Temporary ones are in no list on MariaDB.
            try:
                connection.execute(text(f"SELECT 1 FROM {name}"))
            except Exception:  # noqa: BLE001
                continue
            found.add(name)
    return found


class TestSqlSearch:
    def test_finds_the_largest_inner_product(self, database, parts):
        known, asked = parts
        encoder = TranslatedEncoder.fit(known.sequences)
        queries = encoder.encode_queries(asked.sequences)
        products = (queries @ encoder.encode(known.sequences).T).toarray()

        with SqlSearch(database).fit(known, no_progress) as answering:
            found = answering(asked.sequences)

        assert found.scores == pytest.approx(products.max(axis=1), rel=1e-5)
        assert found.families.tolist() == known.families[products.argmax(axis=1)].tolist()
        assert found.called.all()

    def test_each_request_stands_alone(self, database, parts):
        known, asked = parts
        with SqlSearch(database).fit(known, no_progress) as answering:
            whole = answering(asked.sequences)
            single = [answering([item]) for item in asked.sequences]

        assert whole.scores is not None
        assert [
            float(item.scores[0]) for item in single if item.scores is not None
        ] == pytest.approx(whole.scores.tolist())

    def test_what_shares_nothing_has_no_family(self, database, parts):
        with SqlSearch(database).fit(parts[0], no_progress) as answering:
            found = answering(["N" * 90, parts[0].sequences[0]])

        assert found.families.tolist() == [NO_FAMILY, parts[0].families[0]]
        assert found.called.tolist() == [False, True]

    def test_nobody_else_sees_its_tables_and_they_go(self, database, parts):
        with SqlSearch(database).fit(parts[0], no_progress):
            assert there(database) == set()
        assert there(database) == set()

    def test_they_go_after_a_failure_too_so_that_it_can_begin_again(self, database, parts):
        def break_off():
            with SqlSearch(database).fit(parts[0], no_progress):
                raise RuntimeError("a defect")

        for _ in range(2):
            with pytest.raises(RuntimeError, match="a defect"):
                break_off()
        assert there(database) == set()

    def test_two_can_work_side_by_side(self, database, parts):
        known, asked = parts
        few = known.take(np.flatnonzero(known.families > 0))
        with (
            SqlSearch(database).fit(known, no_progress) as one,
            SqlSearch(database).fit(few, no_progress) as other,
        ):
            assert 0 in one(asked.sequences).families
            assert 0 not in other(asked.sequences).families

    def test_tells_which_database(self, database):
        told = str(SqlSearch(database).settings()["database"])

        assert told.startswith(("SQLite 3.", "MariaDB "))


def test_a_database_that_fails_is_named(tmp_path, parts):
    database = Database(f"sqlite:///{tmp_path / 'labels.sqlite'}", timeout=10)
    with (
        SqlSearch(database).fit(parts[0], no_progress) as answering,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("core.evaluation.sql_method._BEST", text("SELECT nothing"))
        with pytest.raises(StoreError, match="failed while searching k-mers"):
            answering(parts[1].sequences)
    database.close()
