"""Questions over HTTP: bodies, formats, limits, and what is said of an invalid one."""

import csv
import gzip
import io
import json
from dataclasses import replace

import pytest

from core.api import answers
from core.api.question_schemas import Calls, Neighbours, Traces
from core.classify import classify
from core.errors import UnavailableError
from core.library.library import Library
from core.runs.call_table import ALIGNMENT_COLUMNS, COLUMNS, format_calls
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.tracing.trace_table import COLUMNS as TRACE_COLUMNS
from core.tracing.trace_table import SUMMARY_COLUMNS
from tests.support.api import app_of, client_of
from tests.support.synthetic import dna

FASTA = f">q1\n{dna('human 1')}\n>q2\n{dna('human 2')}\n>q3\nACGT7\n"
MANY = "".join(f">q{number}\n{dna(f'human {number % 12 + 1}')}\n" for number in range(700))


def ask(client, path="classify", body=FASTA, **parameters):
    headers = {"Content-Type": parameters.pop("kind", "text/x-fasta")}
    headers |= parameters.pop("headers", {})
    return client.post(f"/api/v1/{path}", content=body, params=parameters, headers=headers)


def rows(answer, delimiter="\t"):
    return list(csv.reader(io.StringIO(answer.text), delimiter=delimiter))


class TestClassify:
    def test_answers_as_the_command_line_does(self, backend, client):
        library = backend.libraries.open("default")
        calls = classify(library, read_text_queries(FASTA, "x", Limits()))
        answer = ask(client)
        assert answer.status_code == 200
        expected = json.loads(format_calls(calls, "json", library.families))
        assert answer.json()["calls"] == expected
        for file_format in ("tsv", "csv"):
            text = ask(client, format=file_format).text
            assert text == format_calls(calls, file_format, library.families)

    def test_fits_its_schema(self, client):
        for align in (False, True):
            answer = Calls.model_validate_json(ask(client, align=align).content)
            assert [call.status for call in answer.calls] == ["called", "called", "invalid"]
            assert (answer.calls[0].identity is not None) is align
        assert set(COLUMNS) <= set(ask(client).json()["calls"][0])

    def test_takes_json(self, client):
        records = [{"name": "a", "residues": dna("human 1")}, {"residues": "ACGT7"}]
        answer = client.post("/api/v1/classify", json={"records": records}).json()
        assert [call["query"] for call in answer["calls"]] == ["a", "record_2"]
        assert answer["calls"][1]["note"].startswith("Record 2 has an invalid character '7'")

    @pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", ""])
    def test_takes_any_file(self, client, kind):
        packed = gzip.compress(FASTA.encode())
        assert len(ask(client, body=packed, kind=kind).json()["calls"]) == 3

    @pytest.mark.parametrize(
        ("accept", "kind"),
        [
            ("text/csv", "text/csv; charset=utf-8"),
            ("application/json;q=0.1, text/tab-separated-values", "text/tab-separated-values"),
            ("application/x-ndjson", "application/x-ndjson"),
            ("text/html", "application/json"),
        ],
    )
    def test_answers_in_the_format_that_is_accepted(self, client, accept, kind):
        answer = ask(client, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["vary"] == "Accept"

    @pytest.mark.parametrize("file_format", ["json", "ndjson", "tsv", "csv"])
    def test_a_long_answer_has_every_query_in_order(self, client, file_format):
        answer = ask(client, body=MANY, format=file_format)
        assert answer.status_code == 200
        assert "content-length" not in answer.headers
        if file_format == "json":
            names = [call["query"] for call in answer.json()["calls"]]
        elif file_format == "ndjson":
            names = [json.loads(line)["query"] for line in answer.text.splitlines()]
        else:
            head, *table = rows(answer, "\t" if file_format == "tsv" else ",")
            assert head == list(COLUMNS)
            names = [row[0] for row in table]
        assert names == [f"q{number}" for number in range(700)]

    def test_tables_have_alignments_where_asked(self, client):
        head, first, *_ = rows(ask(client, align=True, format="tsv"))
        assert head == [*COLUMNS, *ALIGNMENT_COLUMNS]
        assert float(first[head.index("identity")]) == 1.0

    def test_searches_where_asked(self, client):
        answer = ask(client, organism="dog")
        assert answer.status_code == 404
        assert "no organism 'dog'" in answer.json()["detail"]

    def test_stores_a_run_with_its_link(self, client):
        answer = ask(client, save=True, name="mine", body=MANY)
        run = answer.json()["run"]
        assert answer.headers["location"] == f"/api/v1/runs/{run['id']}"
        stored = client.get(answer.headers["location"]).json()
        assert (stored["name"], stored["queries"], stored["page"]) == ("mine", 700, run["page"])
        page = client.get(f"/api/v1/runs/{run['id']}/calls", params={"start": 600}).json()
        assert page["calls"] == answer.json()["calls"][600:]
        assert ask(client, save=True, format="tsv").headers["genekin-run"] != run["id"]

    def test_tells_how_the_body_was_read(self, client):
        table = "name\tsequence\tDNA\nq\t" + f"{dna('human 1')}\t{dna('human 2')}\n"
        answer = ask(client, body=table)
        assert answer.json()["notes"]
        assert json.loads(answer.headers["genekin-notes"]) == answer.json()["notes"]


class TestTraceAndSearch:
    def test_a_trace_has_rows_and_the_composition(self, client):
        for body in (FASTA, MANY):
            answer = Traces.model_validate_json(ask(client, "trace", body).content)
            assert answer.organisms[0].organism == "human"
            assert answer.queries[0].organism == "human"
        assert rows(ask(client, "trace", format="tsv"))[0] == list(TRACE_COLUMNS)
        summary = rows(ask(client, "trace", MANY, format="csv", summary=True), ",")
        assert summary[0] == list(SUMMARY_COLUMNS)
        assert [row[0] for row in summary[1:]] == ["human"]

    def test_a_trace_can_be_stored(self, client):
        link = ask(client, "trace", save=True).json()["run"]
        run = client.get(f"/api/v1/runs/{link['id']}").json()
        assert (run["kind"], run["page"]) == ("trace", f"/trace?run={link['id']}")

    def test_a_search_gives_neighbours(self, client):
        answer = Neighbours.model_validate_json(ask(client, "search", limit=3).content)
        assert [len(query.hits) for query in answer.queries] == [3, 3, 0]
        assert answer.queries[0].hits[0].score == 1.0
        assert answer.queries[2].problem
        assert len(rows(ask(client, "search", limit=3, format="tsv"))) == 1 + 6


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "kind", "status", "text"),
        [
            ("", "text/plain", 422, "empty"),
            ("no DNA at all!", "text/plain", 422, "not a supported format"),
            ('{"records": []}', "application/json", 422, "records"),
            ('{"records": [{"name": "a"}]}', "application/json", 422, "records.0.residues"),
            ("{", "application/json", 422, "JSON"),
            ("\xff\xfe{", "application/json", 422, "JSON"),
            (b"\x89PNG\r\n\x1a\n0000", "image/png", 422, ""),
            ("x", "multipart/form-data; boundary=x", 415, "--data-binary"),
        ],
    )
    def test_an_invalid_body_is_named(self, client, body, kind, status, text):
        answer = ask(client, body=body, kind=kind)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert text in answer.json()["detail"]

    @pytest.mark.parametrize(
        "parameters",
        [
            {"neighbours": 0},
            {"neighbours": "many"},
            {"threshold": 1.5},
            {"threshold": "nan"},
            {"format": "xml"},
            {"librari": "default"},
            {"library": "x" * 65},
        ],
    )
    def test_an_invalid_option_is_named(self, client, parameters):
        answer = ask(client, **parameters)
        assert answer.status_code == 422
        assert next(iter(parameters)) in answer.json()["errors"][0]["at"]

    def test_an_unknown_library(self, client):
        answer = ask(client, library="mice")
        assert (answer.status_code, answer.json()["type"]) == (
            404,
            "urn:genekin:problem:unknown-library",
        )

    def test_too_many_records(self, backend):
        settings = backend.settings.model_copy(update={"max_query_records": 100})
        small = client_of(app_of(_with_settings(backend, settings)))
        assert ask(small, body=MANY).status_code == 413

    @pytest.mark.parametrize("chunked", [False, True])
    def test_a_body_that_is_too_large(self, backend, chunked):
        settings = backend.settings.model_copy(update={"max_file_mb": 1})
        small = client_of(app_of(_with_settings(backend, settings)))
        body = b">q\n" + b"A" * (1 << 20)
        pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
        answer = ask(small, body=pieces if chunked else body)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:genekin:problem:too-large")

    def test_what_unpacks_to_too_much(self, backend):
        settings = backend.settings.model_copy(update={"max_file_mb": 1})
        small = client_of(app_of(_with_settings(backend, settings)))
        packed = gzip.compress(b">q\n" + b"ACGT" * (1 << 20))
        assert len(packed) < 1 << 20
        answer = ask(small, body=packed)
        assert answer.status_code in {413, 422}
        assert "compress" in answer.text or "larger" in answer.text

    def test_a_body_that_is_packed_for_the_way(self, client):
        answer = ask(client, body=gzip.compress(b"x"), headers={"Content-Encoding": "gzip"})
        assert answer.status_code == 415


class TestFailures:
    @pytest.fixture
    def failing(self, monkeypatch):
        """Fail at the second batch, as if the store went away."""
        count = 0
        search = Library.search_vectors

        def fail(library, *arguments, **options):
            nonlocal count
            count += 1
            if count > 1:
                raise UnavailableError("milvus:19530 is gone.", public="The store is gone.")
            return search(library, *arguments, **options)

        monkeypatch.setattr(Library, "search_vectors", fail)

    def test_before_the_answer_has_begun(self, failing, client):
        ask(client)
        answer = ask(client)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "19530" not in answer.text
        assert answer.json()["detail"] == "The store is gone."

    def test_half_way_lines_end_with_the_problem(self, failing, client):
        lines = [json.loads(line) for line in ask(client, body=MANY, format="ndjson").iter_lines()]
        assert len(lines) == answers._BATCH_RECORDS + 1
        assert lines[-1]["problem"]["status"] == 503

    def test_half_way_nothing_of_a_run_is_stored(self, failing, client):
        before = client.get("/api/v1/runs").json()["total"]
        assert ask(client, body=MANY, save=True).status_code == 503
        assert client.get("/api/v1/runs").json()["total"] == before


def _with_settings(backend, settings):
    return replace(backend, settings=settings)
