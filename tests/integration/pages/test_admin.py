"""The Admin page."""

import pytest

from components.shared import services
from core.errors import UnavailableError
from core.stores.sql.migrations import HEAD
from tests.support.jobs import submit_work
from tests.support.library_page import until
from tests.support.pages import button, shown


def tables(page):
    """The tables of the page, as lists of rows."""
    return [element.value.to_dict("records") for element in page.dataframe]


class TestHealth:
    @pytest.mark.usefixtures("loaded")
    def test_all_checks_are_listed_with_their_time(self, opened):
        page = opened("admin")
        assert [header.value for header in page.header] == [
            "Health",
            "Jobs",
            "Libraries",
            "Users",
            "Audit trail",
            "Versions",
        ]
        assert "All checks passed." in shown(page)
        health = tables(page)[0]
        assert [row["check"] for row in health] == [
            "Database",
            "Vector store",
            "Libraries",
            "Jobs",
            "Disk",
        ]
        assert {row["status"] for row in health} == {"OK"}
        assert all(0 < row["ms"] < 60_000 for row in health)
        assert health[0]["found"].startswith("SQLite 3.")
        assert health[2]["found"] == "1 of 1 can be searched"
        assert health[4]["found"].endswith(" MB free")

    @pytest.mark.usefixtures("loaded")
    def test_a_store_that_is_down_is_named_without_its_address(self, opened, monkeypatch):
        page = opened("admin")
        stores = services.libraries().stores

        def fail():
            raise UnavailableError("http://secret:19530 is down.", public="It cannot be reached.")

        monkeypatch.setattr(stores.vectors, "version", fail)

        def failed():
            button(page, "Refresh").click().run()
            return "Failed: vector store." in shown(page)

        until(failed)
        health = {row["check"]: row for row in tables(page)[0]}
        assert health["Vector store"]["found"] == "It cannot be reached."
        assert health["Database"]["status"] == "OK"
        assert "secret" not in str(tables(page))


class TestInventory:
    @pytest.mark.usefixtures("loaded")
    def test_libraries_have_their_fingerprint_and_counts(self, opened):
        page = opened("admin")
        (library,) = next(rows for rows in tables(page) if "fingerprint" in rows[0])
        assert library["fingerprint"] == services.libraries().open("default").fingerprint
        assert (library["library"], library["organisms"], library["genes"]) == ("default", 2, 16)
        assert (library["status"], library["added"]) == ("Ready", 0)
        assert HEAD in shown(page)

    def test_without_libraries_it_says_so(self, opened, monkeypatch):
        monkeypatch.setenv("GENEKIN_LOAD_HUMAN_REFERENCE", "false")
        page = opened("admin")
        assert "No libraries yet." in shown(page)
        assert "No jobs yet." in shown(page)


class TestPeople:
    @pytest.mark.usefixtures("loaded")
    def test_what_was_done_is_listed_where_nobody_signs_in(self, opened):
        opened("admin")
        services.libraries().rename("default", "renamed")
        page = opened("admin")
        assert "Nobody signs in here" in shown(page)
        entries = next(rows for rows in tables(page) if "subject" in rows[0])
        assert (entries[0]["action"], entries[0]["subject"]) == ("rename library", "default")


class TestJobs:
    @pytest.mark.usefixtures("loaded")
    def test_the_latest_are_listed_with_their_outcome(self, opened):
        opened("classify")
        jobs = services.jobs()

        def work(_progress):
            raise UnavailableError("mysql://secret is down.", public="The database is down.")

        number = submit_work(jobs, work, "default", title="a.fasta", by="Ada")
        until(lambda: not (jobs.get(number) or pytest.fail("it is gone")).active)

        (job,) = tables(opened("admin"))[1]
        assert (job["job"], job["kind"], job["title"], job["user"]) == (
            number,
            "test",
            "a.fasta",
            "Ada",
        )
        assert job["state"] == "failed"
        assert job["message"].startswith("The database is down.")
        assert "secret" not in str(job)
