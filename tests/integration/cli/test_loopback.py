"""Commands that ask the process that has the embedded stores open."""

import http.client
import http.server
import json
import stat
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from core.cli import loopback, questions
from core.cli.loopback import Dashboard, answer_commands
from core.cli.questions import Source
from core.errors import GeneKinError
from core.library.load import load
from core.library.manager import Libraries
from core.progress import no_progress
from core.sequences.limits import Limits
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.evolution import FAMILIES, member, members

QUERIES = "".join(f">query {family}\n{member(family, 'query', 0.1)}\n" for family in range(3))
COMMANDS = {
    "classify": ["classify", "queries.fasta", "--neighbours", "3"],
    "classify, as JSON": ["classify", "queries.fasta", "--format", "json", "--align"],
    "classify, one organism": ["classify", "queries.fasta", "--organism", "dog"],
    "classify, a file that cannot be read": ["classify", "queries.zip"],
    "trace": ["trace", "queries.fasta"],
    "similarity": ["similarity", "--of", "dog", "--to", "human"],
    "status": ["status", "--format", "json"],
}
REFUSED = {
    "a library that is not there": ["classify", "queries.fasta", "--library", "none"],
    "an organism that is not there": ["classify", "queries.fasta", "--organism", "cat"],
    "a threshold out of range": ["classify", "queries.fasta", "--threshold", "7"],
    "a file without a sequence": ["classify", "nothing.fasta"],
    "a comparison with nothing": ["similarity", "--of", "dog", "--to", "cat"],
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A home with a library."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    with Stores(settings) as stores:
        references = {"human": members("human", 3, 6), "dog": members("dog", 3, 4)}
        load(Libraries(stores), references, families=FAMILIES)
    return settings


@pytest.fixture
def home(filled, tmp_path, monkeypatch):
    """The home of these tests, and files of queries in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queries.fasta").write_text(QUERIES)
    (tmp_path / "nothing.fasta").write_text("")
    with zipfile.ZipFile(tmp_path / "queries.zip", "w") as archive:
        archive.writestr("queries.fasta", QUERIES)
        archive.writestr("notes.pdf", "%PDF-1.4")
    return filled


@pytest.fixture
def run_at_home(run, home, monkeypatch):
    """Run a command with the home of these tests."""
    monkeypatch.setenv("GENEKIN_HOME", str(home.home))
    return run


@pytest.fixture
def dashboard(home):
    """Open the stores in this process and answer commands."""

    @contextmanager
    def opened() -> Iterator[None]:
        with Stores(home) as stores, answer_commands(Libraries(stores), home):
            yield

    return opened


def test_answers_are_those_without_a_dashboard(home, dashboard, run_at_home):
    alone = {name: run_at_home(*command) for name, command in (COMMANDS | REFUSED).items()}
    assert all(alone[name].status == 0 for name in COMMANDS)
    assert all(alone[name].status == 2 for name in REFUSED)
    assert "notes.pdf" in alone["classify, a file that cannot be read"].err
    with dashboard():
        for name, command in (COMMANDS | REFUSED).items():
            assert run_at_home(*command) == alone[name], name


def test_commands_that_write_are_refused(dashboard, run_at_home):
    with dashboard():
        error = run_at_home("load", "cat=queries.fasta").broke()
    assert "Another GeneKin process has the embedded store" in error


def test_only_its_user_can_read_the_secret(home, dashboard):
    address = home.home / "vectors.dashboard.json"
    with dashboard():
        assert stat.S_IMODE(address.stat().st_mode) == 0o600
    assert not address.exists()


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_nobody_is_answered_without_the_secret(home, dashboard, secret):
    with dashboard():
        port = json.loads((home.home / "vectors.dashboard.json").read_text())["port"]
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("POST", "/status", b"", {"Authorization": f"Bearer {secret}"})
        assert connection.getresponse().status == 401
        connection.close()
        wrong = Dashboard(http.client.HTTPConnection("127.0.0.1", port), secret)
        wrong._connection.connect()
        with pytest.raises(GeneKinError, match="did not answer"):
            wrong.ask("status", {"file_format": "text"}, None, no_progress)
        wrong._connection.close()


def test_an_unknown_question_is_not_answered(home, dashboard):
    with dashboard(), Dashboard.find(home) as found:
        assert found is not None
        with pytest.raises(GeneKinError, match="did not answer"):
            found.ask("delete", {}, None, no_progress)


def test_a_leftover_of_a_killed_dashboard_is_ignored(home, dashboard, run_at_home):
    address = home.home / "vectors.dashboard.json"
    with dashboard():
        leftover = address.read_text()
    values = json.loads(leftover)
    changed = [
        values | {"port": "80"},
        values | {"port": 10**9},
        values | {"secret": "a\r\nHost: b"},
        values | {"stores": None},
        values | {"more": 1},
    ]
    for content in (leftover, "", "{}", "[1]", "[" * 10_000, "\ud800", *map(json.dumps, changed)):
        address.write_bytes(content.encode(errors="surrogatepass"))
        assert run_at_home("status").status == 0


def test_a_dashboard_with_other_stores_is_not_asked(home, dashboard):
    other = home.model_copy(update={"database_url": SecretStr("sqlite:////tmp/other.sqlite")})
    server = home.model_copy(update={"milvus_uri": "http://localhost:19530"})
    with dashboard():
        for settings in (other, server):
            with Dashboard.find(settings) as found:
                assert found is None


def test_a_dashboard_of_another_version_is_not_asked(home, dashboard, monkeypatch):
    with dashboard():
        monkeypatch.setattr(loopback, "__version__", "9.9")
        with Dashboard.find(home) as found:
            assert found is None


def test_progress_comes_to_the_command(home, dashboard):
    seen = []
    source = Source("queries.fasta", QUERIES.encode(), Limits())
    options = {"library": "default", "summary": False, "file_format": "tsv"}
    with dashboard(), Dashboard.find(home) as found:
        assert found is not None
        found.ask("trace", options, source, lambda *progress: seen.append(progress))
    assert seen[-1] == ("Tracing", 3, 3)


def test_a_cancelled_command_stops_the_work(home, dashboard, monkeypatch):
    began, ended = threading.Event(), threading.Event()

    def endless(_open_libraries, progress) -> str:
        began.set()
        try:
            while True:
                progress("Waiting", 1, 1)
        finally:
            ended.set()

    monkeypatch.setattr(loopback, "QUESTIONS", {**questions.QUESTIONS, "endless": endless})
    with dashboard(), Dashboard.find(home) as found:
        assert found is not None

        def stop(*_progress: object) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            found.ask("endless", {}, None, stop)
        found._connection.close()
        assert began.is_set()
        assert ended.wait(20)


def test_a_file_too_large_for_the_dashboard_is_refused(home, dashboard):
    small = home.model_copy(update={"max_disk_file_mb": 1})
    source = Source("large", b"A" * (1 << 23), Limits())
    with (
        Stores(home) as stores,
        answer_commands(Libraries(stores), small),
        Dashboard.find(home) as found,
    ):
        assert found is not None
        with pytest.raises(GeneKinError, match="larger than") as caught:
            found.ask("classify", {}, source, no_progress)
    assert caught.value.exit_status == 2


@pytest.fixture
def ask(home, dashboard):
    """Ask with headers as they are, and return the lines of the answer."""

    def ask(question: str, body: bytes = b"", **headers: str) -> list[dict[str, object]]:
        values = json.loads((home.home / "vectors.dashboard.json").read_text())
        connection = http.client.HTTPConnection("127.0.0.1", values["port"], timeout=20)
        connection.putrequest("POST", f"/{question}")
        connection.putheader("Authorization", f"Bearer {values['secret']}")
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        lines = [json.loads(line) for line in connection.getresponse()]
        connection.close()
        return lines

    with dashboard():
        yield ask


CLASSIFY = {
    "library": "default",
    "organisms": [],
    "neighbours": 3,
    "threshold": None,
    "align": False,
    "file_format": "tsv",
}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (None, "Invalid options: no JSON."),
        ("{", "Invalid options: no JSON."),
        ("[" * 9_000, "Invalid options: no JSON."),
        ("[]", "Invalid options: Input should be a valid dictionary or instance of Options."),
        ("{}", "Invalid options: library: Field required."),
        (CLASSIFY | {"neighbours": "3"}, "Invalid options: neighbours: Input should be a valid"),
        (CLASSIFY | {"organisms": "dog"}, "Invalid options: organisms: 'str' instances are not"),
        (CLASSIFY | {"file_format": "exe"}, "Invalid options: file_format: Input should be 'tsv',"),
        (CLASSIFY | {"progress": 1}, "Invalid options: progress: Extra inputs are not permitted."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_options_that_no_command_sends_are_refused(ask, options, reason):
    text = json.dumps(options) if isinstance(options, dict) else options
    headers = {} if text is None else {"X_Genekin_Options": text}
    ((line),) = ask("classify", b"ACGT", X_Genekin_File='"a"', Content_Length="4", **headers)
    message, hint = line["error"]
    assert message.startswith(reason)
    assert (hint, line["status"]) == (
        "Use the command line (python -m core) of the same version.",
        2,
    )


@pytest.mark.parametrize("size", ["-1", "x", "", "9" * 30, "1e3"])
def test_a_size_that_is_none_is_refused(ask, size):
    (line,) = ask("classify", X_Genekin_File='"a"', Content_Length=size)
    assert line["error"][0] == "The size of the file is invalid."


@pytest.mark.parametrize("name", ["", "5", "null", "[", "[" * 9_000])
def test_a_file_name_that_is_none_is_refused(ask, name):
    (line,) = ask("classify", X_Genekin_File=name, Content_Length="0")
    assert line["error"][0] == "The name of the file is invalid."


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]\n",
        b"{\n",
        b"\xff\n",
        b'{"text": 5}\n',
        b'{"progress": ["a", 1]}\n',
        b'{"error": ["a", "b"], "status": 99}\n',
        b'{"error": "a", "status": 1}\n',
        b'{"text": "a", "more": 1}\n',
        b"[" * 10_000 + b"\n",
    ],
)
def test_an_answer_that_no_dashboard_gives_is_none(line):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(line)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
        connection.connect()
        with pytest.raises(GeneKinError, match="did not answer"):
            Dashboard(connection, "secret").ask("status", {}, None, no_progress)
        connection.close()
        answering.join()
