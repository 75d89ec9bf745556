"""Health and metrics as an orchestrator and a scraper read them."""

import threading
import time

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from core.classify import classify
from core.errors import UnavailableError
from core.health import HealthChecks
from core.jobs.queue import JobQueue
from core.library.load import load
from core.library.manager import Libraries
from core.library.repair import repair
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from core.web.health import health_routes
from core.web.metrics import metrics_routes
from tests.support.jobs import submit_work, working
from tests.support.synthetic import FAMILY_NAMES, dna, genes
from tests.support.web import Site, served


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("stores"))) as stores:
        libraries = Libraries(stores)
        load(libraries, {"human": genes("human", 12)}, encoder="count", families=FAMILY_NAMES)
        yield libraries


def ready(site: Site):
    return site.ask("/readyz")


def serve_health(open_libraries, seconds=30.0):
    checks = HealthChecks(open_libraries, seconds)
    token = SecretStr("")
    routes = [*health_routes(checks), *metrics_routes(checks, lambda: token)]
    return served(Starlette(routes=routes))


class TestHealth:
    def test_a_process_with_its_stores_is_ready(self, libraries):
        with serve_health(lambda: libraries) as site:
            assert site.ask("/healthz").json["status"] == "ok"
            answer = ready(site)
        assert answer.status == 200
        assert answer.json["ready"] is True
        assert set(answer.json["checks"]) == {"database", "vectors", "libraries", "jobs", "disk"}
        assert all(check["ok"] for check in answer.json["checks"].values())
        assert answer.headers["cache-control"] == "no-store"

    def test_stores_that_cannot_be_opened_are_named_without_their_address(self):
        def fail():
            raise UnavailableError(
                "mysql://lab@secret-host is down.", public="The database cannot be reached."
            )

        with serve_health(fail) as site:
            assert site.ask("/healthz").status == 200
            answer = ready(site)
        assert answer.status == 503
        assert answer.json["checks"]["database"]["problem"] == "The database cannot be reached."
        assert "secret-host" not in answer.text

    def test_a_store_that_hangs_is_waited_for_only_so_long(self, libraries):
        released = threading.Event()
        entered = []

        def hang():
            entered.append(1)
            released.wait(60)
            return libraries

        with serve_health(hang, 0.2) as site:
            started = time.monotonic()
            answer = ready(site)
            assert time.monotonic() - started < 10
            assert answer.status == 503
            assert answer.json["checks"]["vectors"]["problem"] == (
                "No answer from the vectors for 0.2 s."
            )
            time.sleep(1.1)
            ready(site)
            assert len(entered) == 5  # The checks that hang were not begun again.
            released.set()
            deadline = time.monotonic() + 60
            while ready(site).status != 200:
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def test_a_library_that_is_damaged_does_not_take_the_others_away(self, libraries):
        row = libraries.library_row("default")
        load(libraries, {"dog": genes("dog", 4)}, library="lost", encoder="count")
        libraries.stores.vectors.drop(libraries.library_row("lost").collection)
        with serve_health(lambda: libraries) as site:
            assert ready(site).status == 200
        fresh = Libraries(libraries.stores)
        libraries.stores.vectors.drop(row.collection)
        with serve_health(lambda: fresh) as site:
            answer = ready(site)
        assert answer.json["checks"]["libraries"]["problem"] == "No library can be searched."
        repair(libraries, "default")
        libraries.delete("lost")

    def test_a_full_disk_is_not_ready(self, libraries, monkeypatch):
        monkeypatch.setattr(libraries.stores.disk, "reserve_bytes", 1 << 60)
        with serve_health(lambda: libraries) as site:
            answer = ready(site)
        assert answer.status == 503
        assert answer.json["checks"]["disk"]["problem"] == "The disk is almost full."


def numbers(site: Site) -> dict[str, float]:
    lines = site.ask("/metrics").text.splitlines()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
    }


class TestMetrics:
    def test_they_count_questions_and_store_calls(self, libraries):
        with serve_health(lambda: libraries) as site:
            before = numbers(site)
            library = libraries.open("default")
            classify(library, [Record("a", dna("human 1"), 1, 1), Record("b", dna("x"), 2, 2)])
            after = numbers(site)

        def added(name):
            return after[name] - before[name]

        assert added("genekin_question_seconds_count") == 1
        assert added("genekin_queries_total") == 2
        assert added('genekin_store_seconds_count{store="vectors"}') > 0
        assert added('genekin_store_seconds_count{store="database"}') > 0
        assert (
            after['genekin_store_errors_total{store="database"}']
            == (before['genekin_store_errors_total{store="database"}'])
        )
        assert after["process_resident_memory_bytes"] > 1e7
        assert after['genekin_disk_free_bytes{store="labels"}'] > 0
        assert after['genekin_up{check="vectors"}'] == 1

    def test_they_name_no_library_and_no_organism(self, libraries):
        load(libraries, {"axolotl": genes("axolotl", 3)}, library="secret lab", encoder="count")
        with serve_health(lambda: libraries) as site:
            text = site.ask("/metrics").text
        libraries.delete("secret lab")
        assert "secret lab" not in text
        assert "axolotl" not in text

    def test_a_failure_of_the_database_is_counted(self, libraries):
        with serve_health(lambda: libraries) as site:
            before = numbers(site)['genekin_store_errors_total{store="database"}']
            with (
                pytest.raises(Exception, match="no such table"),
                libraries.stores.database.connect("failing") as connection,
            ):
                connection.exec_driver_sql("SELECT * FROM no_such_table")
            assert numbers(site)['genekin_store_errors_total{store="database"}'] == before + 1

    def test_they_count_jobs(self, libraries):
        started, released = threading.Event(), threading.Event()

        def work(_progress):
            started.set()
            released.wait(60)

        jobs = JobQueue(libraries.stores.database)
        with working(libraries), serve_health(lambda: libraries) as site:
            for _ in range(2):
                submit_work(jobs, work, "lab")
            assert started.wait(60)
            deadline = time.monotonic() + 60
            while (found := numbers(site))['genekin_jobs{state="running"}'] != 1:
                assert time.monotonic() < deadline
                time.sleep(0.2)
            assert found['genekin_jobs{state="queued"}'] == 1
            released.set()

    @pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded"])
    def test_they_are_not_for_visitors_of_a_proxy(self, libraries, header):
        with serve_health(lambda: libraries) as site:
            assert site.ask("/metrics", **{header: "10.0.0.1"}).status == 404

    def test_with_a_token_they_need_it(self, libraries):
        checks = HealthChecks(lambda: libraries, 30)
        with served(Starlette(routes=metrics_routes(checks, lambda: SecretStr("s3cret")))) as site:
            assert site.ask("/metrics").status == 404
            assert site.ask("/metrics", Authorization="Bearer wrong").status == 404
            assert site.ask("/metrics", Authorization="Bearer s3cret").status == 200
            forwarded = {"Authorization": "Bearer s3cret", "X_Forwarded_For": "1.2.3.4"}
            assert site.ask("/metrics", **forwarded).status == 200
