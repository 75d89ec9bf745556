"""Loads over HTTP: checked at once, done by a job, and done once."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest

from core.api.schemas import Accepted
from core.stores.sql.database import Database
from core.stores.sql.idempotency import IdempotencyTable, KeyRow
from core.stores.sql.tables import utc_now
from tests.support.synthetic import genes, table

DOGS = table(genes("dog", 6))


@pytest.fixture
def library(backend):
    """The name of a library that is not there."""
    name = f"loaded {uuid4().hex[:8]}"
    yield name
    if name in backend.libraries.names():
        backend.libraries.delete(name)


def put(client, library, body=DOGS, organism="dog", key="", **parameters):
    headers = {"Content-Type": "text/tab-separated-values"}
    if key:
        headers["Idempotency-Key"] = key
    path = f"/api/v1/libraries/{library}/organisms/{organism}"
    parameters = {"encoder": "count"} | parameters
    return client.put(path, content=body, params=parameters, headers=headers)


class TestLoad:
    def test_a_job_loads_what_was_checked(self, client, worker, library):
        answer = put(client, library, source="dogs.tsv")
        assert answer.status_code == 202
        accepted = Accepted.model_validate_json(answer.content)
        assert (accepted.records, accepted.rejected, accepted.job.kind) == (6, 0, "load")
        job = client.get(answer.headers["location"], params={"wait": 60}).json()
        assert (job["state"], job["result"]["organisms"][0]["added"]) == ("done", 6)
        found = client.get(f"/api/v1/libraries/{library}/organisms/dog").json()
        assert (found["sequences"], found["loads"][0]["source"]) == (6, "dogs.tsv")

    def test_again_it_changes_nothing(self, client, worker, library):
        for added in (6, 0):
            job = client.get(put(client, library).headers["location"], params={"wait": 60}).json()
            assert job["result"]["organisms"][0]["added"] == added

    def test_it_can_replace(self, client, worker, library):
        client.get(put(client, library).headers["location"], params={"wait": 60})
        answer = put(client, library, table(genes("wolf", 3)), replace=True)
        assert client.get(answer.headers["location"], params={"wait": 60}).json()["state"] == "done"
        found = client.get(f"/api/v1/libraries/{library}/organisms/dog").json()
        assert found["sequences"] == 3

    def test_options_say_how_to_read_it(self, client, library):
        records = genes("dog")
        fasta = "".join(f">gene class={record.family}\n{record.residues}\n" for record in records)
        answer = put(client, library, fasta, family_pattern=r"class=(\d+)")
        assert answer.json()["records"] == 9
        client.delete(answer.headers["location"])
        answer = put(client, library, ">a\nACGTACGTAACC\n", family="Kinase")
        assert answer.status_code == 202
        client.delete(answer.headers["location"])


class TestRefusals:
    def test_invalid_records_are_named(self, client, library):
        body = DOGS + "ACGT7\t1\nACGTACGT\t\n"
        answer = put(client, library, body)
        assert (answer.status_code, answer.json()["type"]) == (
            422,
            "urn:genekin:problem:invalid-records",
        )
        records = answer.json()["records"]
        assert [(record["record"], record["line"]) for record in records] == [(7, 8), (8, 9)]
        assert "'7' at base 5" in records[0]["reasons"][0]
        answer = put(client, library, body, valid_only=True)
        assert (answer.json()["records"], answer.json()["rejected"]) == (6, 2)
        client.delete(answer.headers["location"])

    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({"body": ">a\nACGTACGT\n"}, "no families found"),
            ({"family_column": "kind"}, "kind"),
            ({"family_pattern": "("}, "pattern"),
            ({"organism": "E. coli"}, "Invalid organism name"),
            ({"index": "BEST"}, "Unknown index"),
            ({"body": ""}, "empty"),
            ({"key": "a\tb"}, "Idempotency-Key"),
        ],
    )
    def test_what_is_wrong_is_said(self, client, library, options, text):
        answer = put(client, library, **options)
        assert answer.status_code == 422
        assert text in answer.json()["detail"]

    def test_records_are_loaded_like_a_file(self, client, worker, library):
        records = genes("dog", 6)
        path = f"/api/v1/libraries/{library}/organisms/dog"
        body = {
            "records": [
                {"name": record.name, "residues": record.residues, "family": record.family}
                for record in records
            ]
        }
        body["records"][0]["family"] = "Kinase"
        answer = client.put(path, json=body, params={"encoder": "count", "source": "my program"})
        assert answer.status_code == 202
        job = client.get(answer.headers["location"], params={"wait": 60}).json()
        assert job["result"]["organisms"][0]["added"] == 6
        found = client.get(f"/api/v1/libraries/{library}").json()
        assert "Kinase" in found["families"].values()

    @pytest.mark.parametrize(
        ("records", "reason"),
        [
            ([], "records: List should have at least 1 item"),
            ([{"name": "a"}], r"records.0.residues: Field required"),
            ([{"residues": "ACGT" * 9, "family": True}], "records.0.family"),
            ([{"residues": "ACGT" * 9}], "has no family"),
            ([{"residues": "ACGT!", "family": 3}], "invalid character '!' at base 5"),
            ([{"residues": "ACGT" * 9, "family": "F\u202en"}], "family"),
        ],
    )
    def test_invalid_records_of_json(self, client, library, records, reason):
        path = f"/api/v1/libraries/{library}/organisms/dog"
        answer = client.put(path, json={"records": records})
        assert answer.status_code == 422
        assert reason in answer.json()["detail"]

    def test_a_family_for_records_without(self, client, library):
        path = f"/api/v1/libraries/{library}/organisms/dog"
        body = {"records": [{"residues": "ACGTTGCAAC" * 9}]}
        answer = client.put(path, json=body, params={"family": "Kinase", "encoder": "count"})
        assert answer.json()["records"] == 1
        client.delete(answer.headers["location"])

    def test_the_same_load_at_once_is_a_conflict(self, client, library):
        first = put(client, library).json()["job"]["id"]
        answer = put(client, library)
        assert (answer.status_code, answer.json()["job"]) == (409, first)
        client.delete(f"/api/v1/jobs/{first}")

    def test_too_many_jobs(self, backend, client, library, monkeypatch):
        monkeypatch.setattr(backend.jobs, "_max_user_jobs", 1)
        first = put(client, library)
        answer = put(client, library, table(genes("cat", 3)))
        assert answer.status_code == 429
        assert answer.json()["type"] == "urn:genekin:problem:queue-full"
        assert int(answer.headers["retry-after"]) > 0
        client.delete(first.headers["location"])


class TestIdempotency:
    def test_a_repeated_request_has_the_same_job(self, client, library):
        first = put(client, library, key="k1")
        again = put(client, library, key="k1")
        assert (first.status_code, again.status_code) == (202, 202)
        assert again.json()["job"]["id"] == first.json()["job"]["id"]
        assert again.headers["location"] == first.headers["location"]
        client.delete(first.headers["location"])
        ended = put(client, library, key="k1").json()["job"]
        assert (ended["id"], ended["state"]) == (first.json()["job"]["id"], "cancelled")

    def test_another_request_cannot_have_the_key(self, client, library):
        first = put(client, library, key="k2")
        for other in (
            put(client, library, table(genes("cat", 3)), key="k2"),
            put(client, library, organism="cat", key="k2"),
            put(client, library, replace=True, key="k2"),
        ):
            assert (other.status_code, other.json()["type"]) == (
                422,
                "urn:genekin:problem:key-reused",
            )
        client.delete(first.headers["location"])

    def test_a_request_that_failed_can_be_sent_again(self, client, library):
        body = ">a\nACGTACGTAACC\n"
        assert put(client, library, body, key="k3").status_code == 422
        answer = put(client, library, body, key="k3", family="Kinase")
        assert answer.status_code == 202
        client.delete(answer.headers["location"])

    def test_keys_of_others_are_others(self, program, library):
        first, second = (put(program(who), library, key="k4") for who in ("curator", "admin"))
        assert first.status_code == 202
        assert second.status_code == 409  # The same load; not the same key.
        program("curator").delete(first.headers["location"])

    def test_of_many_at_once_one_makes_a_job(self, client, library):
        answers = []

        def send():
            answers.append(put(client, library, key="k5"))

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status_code for answer in answers} <= {202, 409}
        jobs = {answer.json()["job"]["id"] for answer in answers if answer.status_code == 202}
        assert len(jobs) == 1
        client.delete(f"/api/v1/jobs/{jobs.pop()}")


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def keys(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'labels.sqlite'}"
    if request.param == "mariadb":
        url = request.getfixturevalue("mariadb").url(f"genekin_{uuid4().hex}")
    database = Database(url, 10)
    yield IdempotencyTable(database)
    database.close()


class TestTable:
    def test_one_of_many_claims_a_key(self, keys):
        row = KeyRow("a" * 64, "b" * 64, utc_now())
        assert [keys.claim(row) for _ in range(3)] == [True, False, False]
        assert keys.get(row.key) == row
        keys.set_job(row.key, 7)
        assert keys.get(row.key).job == 7
        keys.release(row.key)
        assert keys.get(row.key) is None

    def test_one_of_many_claims_it_again(self, keys):
        row = KeyRow("a" * 64, "b" * 64, utc_now(), 3)
        keys.claim(row)
        newer = KeyRow(row.key, "c" * 64, row.used_at + timedelta(seconds=1))
        assert [keys.claim_again(newer, row) for _ in range(2)] == [True, False]
        assert keys.get(row.key) == newer

    def test_old_ones_are_forgotten(self, keys):
        now = utc_now()
        for name, hours, job in (("a", 30, 1), ("b", 2, 2), ("c", 2, None), ("d", 0, None)):
            keys.claim(KeyRow(name, "r", now - timedelta(hours=hours), job))
        keys.delete_before(now - timedelta(days=1), now - timedelta(hours=1))
        assert [name for name in "abcd" if keys.get(name)] == ["b", "d"]
