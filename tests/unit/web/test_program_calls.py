"""Calls for programs, run for real: by a shell, by curl, by the commands' own parser, by Python."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.cli import benchmark, classify, load, run_files, status
from core.web.page_calls import (
    classify_call,
    evaluate_call,
    evaluation_call,
    file_call,
    jobs_call,
    libraries_call,
    library_call,
    load_call,
    organisms_call,
    result_call,
    runs_call,
    similarity_call,
    trace_call,
)
from core.web.program_calls import EXAMPLE_FILE, Api, ProgramCalls, Sequences
from tests.support.web import served

NAMES = [
    "default",
    "my lab's",
    '"quoted" library',
    "$(touch pwned)",
    "`touch pwned`",
    "${HOME} $HOME $1",
    "a; touch pwned #",
    "a && touch pwned || true",
    "a | tee pwned",
    "back\\slash \\n \\",
    "--help",
    "-o pwned",
    "@/etc/passwd",
    "a/b?c=d&e=f#g",
    "100 % %41 +",
    "[1-3]{a,b}*",
    "!history ~ ~root",
    "=a=b",
    "..",
    ".",
    "Bücher 配列 β",
    "'''\"\"\"",
    "{library} %s {0}",
]
TEXTS = [
    ">my clone\nATGGCC\nATG",
    "@read 1\nACGT\n+\nIIII",
    "ACGT",
    "-ACGT",
    '>it\'s $(touch pwned) `touch pwned` "x" \\ %s \\n\nACGT',
    ">'''\nACGT\n>\"\"\"\nAC\tGT",
    "EOF\nACGT",
]
FILES = [
    "queries.fasta",
    "my reads.fq.gz",
    "it's $(touch pwned).fa",
    "-o",
    "-",
    "--help",
    "@queries.fasta",
    "ACGT",
    "~root",
    ">out.fa",
    'a"b\\c`.fa',
    "Bücher β.fa",
]
TOKEN = "gk_of_this_test"


@pytest.fixture(scope="module")
def address():
    """Address of a server that answers with the request it got."""

    async def echo(request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "method": request.method,
                "path": request.scope["raw_path"].decode(),
                "query": request.query_params.multi_items(),
                "type": request.headers.get("content-type", ""),
                "authorization": request.headers.get("authorization", ""),
                "body": (await request.body()).decode("utf-8"),
            }
        )

    routes = [Route("/{path:path}", echo, methods=["GET", "POST", "PUT"])]
    with served(Starlette(routes=routes)) as site:
        yield f"http://127.0.0.1:{site.port}"


@pytest.fixture
def shell(tmp_path):
    """Return a function that runs a text in a shell, beside commands that print their arguments."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    programs = tmp_path / "programs"
    programs.mkdir()
    genekin = programs / "genekin"
    genekin.write_text(
        f"#!{sys.executable}\n"
        "import json, sys\n"
        "stdin = sys.stdin.read() if '-' in sys.argv else ''\n"
        "print(json.dumps({'arguments': sys.argv[1:], 'stdin': stdin}))\n"
    )
    genekin.chmod(0o755)
    folder = tmp_path / "folder"
    folder.mkdir()

    def shell(text: str, *, files: tuple[str, ...] = ()) -> list[Any]:
        for name in files:
            (folder / name).write_text(f">in {name}\nACGT\n")
        path = f"{programs}:{os.environ['PATH']}"
        done = subprocess.run(
            ["/bin/sh", "-euc", text],
            cwd=folder,
            env={"PATH": path, "GENEKIN_TOKEN": TOKEN, "HOME": "/nowhere", "no_proxy": "*"},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert {path.name for path in folder.iterdir()} == {*files}
        decoder, answers, rest = json.JSONDecoder(), [], done.stdout.strip()
        while rest:
            answer, end = decoder.raw_decode(rest)
            answers.append(answer)
            rest = rest[end:].strip()
        return answers

    return shell


class Recorder:
    """The package ``genekin``, which keeps what is called, with all arguments."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.organisms = {"human": 3}

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, args, kwargs))
            return self

        return call


def python(text: str, monkeypatch) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """Run a Python text; return the calls that it makes."""
    recorder = Recorder()
    monkeypatch.setitem(sys.modules, "genekin", recorder)
    exec(compile(text, "the text", "exec"), {"print": lambda *_: None})
    return [call for call in recorder.calls if call[0] != "to_frame"]


def parsed(command: click.Command, arguments: list[str]) -> dict[str, Any]:
    """Return the parameters of a command, read by its own parser."""
    return dict(command.make_context(str(command.name), arguments[1:]).params)


@pytest.mark.parametrize("name", NAMES)
class TestNames:
    def test_curl(self, shell, address, name):
        api = Api(address, needs_token=True)
        call = classify_call(
            api,
            name,
            Sequences.of_text("ACGT"),
            organisms=["human", "dog"],
            neighbours=7,
            threshold=0.29,
        )
        assert shell(call.curl) == [
            {
                "method": "POST",
                "path": "/api/v1/classify",
                "query": [
                    ["library", name],
                    ["organism", "human"],
                    ["organism", "dog"],
                    ["neighbours", "7"],
                    ["threshold", "0.29"],
                    ["format", "tsv"],
                ],
                "type": "text/x-fasta",
                "authorization": f"Bearer {TOKEN}",
                "body": "ACGT",
            }
        ]

    def test_curl_with_the_name_in_the_path(self, shell, address, name):
        (answer,) = shell(organisms_call(Api(address), name).curl)
        part = answer["path"].removeprefix("/api/v1/libraries/").removesuffix("/organisms")
        assert unquote(part) == name
        assert "/" not in part
        assert (answer["method"], answer["query"], answer["authorization"]) == ("GET", [], "")

    def test_the_command_line(self, shell, name):
        call = trace_call(Api("http://localhost"), name, Sequences.of_file("a.fa"))
        (answer,) = shell(call.command)
        assert parsed(classify.trace_command, answer["arguments"]) == {
            "file": "a.fa",
            "library": name,
            "summary": False,
            "file_format": "tsv",
            "output": None,
            "resume": False,
        }

    def test_python(self, name, monkeypatch):
        call = trace_call(Api("http://localhost"), name, Sequences.of_file("a.fa"))
        assert python(ProgramCalls.join([call], name).python, monkeypatch) == [
            ("open_library", (name,), {}),
            ("trace", ("a.fa",), {}),
        ]

    def test_loops(self, shell, address, name, monkeypatch):
        """Organisms have plain names today; nothing depends on it."""
        others = [name, "dog"]
        call = similarity_call(Api(address), name, others, name, 800)
        answers = shell(call.curl)
        assert [dict(answer["query"]) for answer in answers] == [
            {"of": other, "to": name, "limit": "800"} for other in others
        ]
        assert {answer["method"] for answer in answers} == {"GET"}
        found = [
            parsed(classify.similarity_command, answer["arguments"])
            for answer in shell(call.command)
        ]
        assert [(item["of"], item["to"], item["library"], item["limit"]) for item in found] == [
            (other, name, name, 800) for other in others
        ]
        assert python(ProgramCalls.join([call], name).python, monkeypatch) == [
            ("open_library", (name,), {}),
            *(("similarity", (other, name), {"limit": 800}) for other in others),
        ]


@pytest.mark.parametrize("text", TEXTS)
class TestTexts:
    def call(self, address: str, text: str):
        return classify_call(
            Api(address),
            "lab",
            Sequences.of_text(text),
            organisms=None,
            neighbours=10,
            threshold=0.5,
        )

    def test_curl(self, shell, address, text):
        assert shell(self.call(address, text).curl)[0]["body"] == text

    def test_the_command_line(self, shell, address, text):
        (answer,) = shell(self.call(address, text).command)
        assert answer["stdin"] == f"{text}\n"
        found = parsed(classify.classify_command, answer["arguments"])
        assert (found["file"], found["library"], found["neighbours"]) == ("-", "lab", 10)
        assert (found["threshold"], found["organism"]) == (0.5, ())

    def test_python(self, address, text, monkeypatch):
        made = ProgramCalls.join([self.call(address, text)], "lab")
        assert not made.has_example
        assert python(made.python, monkeypatch)[1:] == [
            ("classify", (f"{text}\n",), {"neighbours": 10, "threshold": 0.5})
        ]


@pytest.mark.parametrize("name", FILES)
class TestFiles:
    def test_curl_sends_the_file(self, shell, address, name):
        call = trace_call(Api(address), "lab", Sequences.of_file(name))
        (answer,) = shell(call.curl, files=(name,))
        assert answer["body"] == f">in {name}\nACGT\n"
        assert answer["type"] == "application/octet-stream"

    def test_the_command_line(self, shell, name, tmp_path):
        call = trace_call(Api("http://localhost"), "lab", Sequences.of_file(name))
        (answer,) = shell(call.command)
        file = parsed(classify.trace_command, answer["arguments"])["file"]
        assert file != "-"
        assert tmp_path / file == tmp_path / name

    def test_python(self, name, tmp_path, monkeypatch):
        call = trace_call(Api("http://localhost"), "lab", Sequences.of_file(name))
        (_, (file,), _) = python(ProgramCalls.join([call], "lab").python, monkeypatch)[1]
        assert tmp_path / file == tmp_path / name
        assert "." in file  # Otherwise it would be read as a sequence.
        assert file[0] not in ">@~-"

    def test_loading(self, shell, address, name, monkeypatch):
        call = load_call(Api(address), "my lab's", "dog", Sequences.of_file(name))
        (answer,) = shell(call.curl, files=(name,))
        assert (answer["method"], answer["path"]) == (
            "PUT",
            "/api/v1/libraries/my%20lab%27s/organisms/dog",
        )
        assert answer["query"] == [["source", name]]
        assert answer["body"] == f">in {name}\nACGT\n"
        (answer,) = shell(call.command, files=(name,))
        found = parsed(load.load_command, answer["arguments"])
        assert found["library"] == "my lab's"
        (reference,) = [word for word in answer["arguments"] if word.startswith("dog=")]
        assert Path(reference.removeprefix("dog=")) == Path(name)
        made = python(ProgramCalls.join([call], "my lab's").python, monkeypatch)
        ((organism, file),) = made[1][1][0].items()
        assert (organism, Path(file)) == ("dog", Path(name))


class TestExamples:
    @pytest.mark.parametrize("text", ["", "  \n", "ACGT" * 501, ">a\x1b[31m\nACGT", "a\u202e\nAC"])
    def test_a_file_stands_for_no_long_and_strange_texts(self, text):
        assert Sequences.of_text(text) == Sequences(file=EXAMPLE_FILE, is_example=True)

    @pytest.mark.parametrize("name", ["", "a\nb.fa", "a\u202e.fa", "a\x07.fa"])
    def test_a_file_stands_for_names_that_nobody_can_read(self, name):
        assert Sequences.of_file(name) == Sequences(file=EXAMPLE_FILE, is_example=True)

    def test_the_calls_say_so(self):
        api = Api("http://localhost")
        call = trace_call(api, "lab", Sequences.of_text(""))
        assert ProgramCalls.join([result_call(api, "a"), call], "lab").has_example
        assert not ProgramCalls.join([result_call(api, "a")]).has_example


class TestJoining:
    def test_several_calls_have_comments(self, shell, address, monkeypatch):
        api = Api(address, needs_token=True)
        made = ProgramCalls.join(
            [
                result_call(api, "abc"),
                classify_call(
                    api,
                    "lab",
                    Sequences.of_text("ACGT"),
                    organisms=["human"],
                    neighbours=10,
                    threshold=0.5,
                ),
            ],
            "lab",
        )
        assert made.curl.startswith("# Read this result\ncurl ")
        answers = shell(made.curl)
        assert [answer["path"] for answer in answers] == [
            "/api/v1/runs/abc/calls",
            "/api/v1/classify",
        ]
        assert {answer["authorization"] for answer in answers} == {f"Bearer {TOKEN}"}
        assert "#" not in made.command
        assert [call[0] for call in python(made.python, monkeypatch)] == [
            "open_library",
            "classify",
        ]

    def test_the_calls_of_a_run(self, shell, address):
        (answer,) = shell(result_call(Api(address), "abc").curl)
        assert (answer["path"], answer["query"]) == ("/api/v1/runs/abc/calls", [["format", "tsv"]])

    @pytest.mark.parametrize("run", ["abc", "-uHp-wxCh_NbQRjRjbZGNg"])
    def test_the_file_of_a_run(self, shell, address, run):
        call = file_call(Api(address), run)
        (answer,) = shell(f"cd $(mktemp -d)\n{call.curl} 2>/dev/null\ncat *")
        assert (answer["method"], answer["path"]) == ("GET", f"/api/v1/runs/{run}/file")
        (answer,) = shell(call.command)
        assert answer["arguments"][0] == "export-run"
        assert parsed(run_files.export_run_command, answer["arguments"]) == {
            "run": run,
            "file": Path("run.genekin-run.jsonl.gz"),
        }

    def test_what_there_is(self, shell, address, monkeypatch):
        calls = [
            libraries_call(Api(address)),
            library_call(Api(address), "a b"),
            jobs_call(Api(address)),
        ]
        answers = [shell(call.curl)[0] for call in calls]
        paths = ["libraries", "libraries/a%20b", "jobs"]
        assert [answer["path"] for answer in answers] == [f"/api/v1/{path}" for path in paths]
        (answer,) = shell(calls[0].command)
        assert parsed(status.status_command, answer["arguments"]) == {"file_format": "text"}
        assert python(ProgramCalls.join(calls[:1]).python, monkeypatch) == [("libraries", (), {})]

    def test_what_cannot_be_asked_for_is_empty(self, shell, address):
        made = ProgramCalls.join([runs_call(Api(address))])
        assert (made.command, made.python) == ("", "")
        assert shell(made.curl)[0]["path"] == "/api/v1/runs"

    def test_the_token_itself_is_in_no_text(self, address):
        assert '"Authorization: Bearer $GENEKIN_TOKEN"' in runs_call(Api(address, True)).curl
        assert "GENEKIN_TOKEN" not in runs_call(Api(address, needs_token=False)).curl


class TestEvaluations:
    def test_reading_one(self, shell, address):
        assert shell(evaluation_call(Api(address), 3).curl)[0]["path"] == "/api/v1/evaluations/3"

    def test_evaluating_again(self, shell, monkeypatch):
        choices = {"organisms": ["human"], "splits": ["seed", "homology"], "methods": ["library"]}
        call = evaluate_call("my lab's", choices=choices, seed=7, limit=700)
        (answer,) = shell(call.command)
        found = parsed(benchmark.benchmark_command, answer["arguments"])
        assert found["library"] == "my lab's"
        assert found["organism"] == ("human",)
        assert (found["splits"], found["methods"]) == (("seed", "homology"), ("library",))
        assert (found["seed"], found["most"]) == (7, 700)
        assert python(ProgramCalls.join([call]).python, monkeypatch) == [
            ("evaluate", ("my lab's",), {**choices, "seed": 7, "limit": 700})
        ]
        assert call.curl == ""


def test_long_lines_are_wrapped_in_all_languages(address, shell, monkeypatch):
    organisms = [f"organism_number_{number}" for number in range(12)]
    call = classify_call(
        Api(address, needs_token=True),
        "lab",
        Sequences.of_file("a.fa"),
        organisms=organisms,
        neighbours=10,
        threshold=0.5,
    )
    (answer,) = shell(call.curl, files=("a.fa",))
    assert [value for name, value in answer["query"] if name == "organism"] == organisms
    found = parsed(classify.classify_command, shell(call.command, files=("a.fa",))[0]["arguments"])
    assert found["organism"] == tuple(organisms)
    made = ProgramCalls.join([call], "lab").python
    assert python(made, monkeypatch)[1][2]["organisms"] == organisms
