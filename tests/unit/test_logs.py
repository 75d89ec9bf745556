"""Log lines: one an event, with their context, without sequences and secrets."""

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from core.log_context import current_log_context, log_context, set_log_context
from core.logs import configure_logs, redactor, route_through_root
from core.settings import Settings
from tests.support.synthetic import dna

GENE = dna("gene", 600)
PASSWORD = "hunter2 with %space"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Log of this process; the configuration is restored in the end."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    set_log_context()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        home=tmp_path,
        milvus_uri="http://milvus:19530",
        milvus_token=SecretStr("root:Milvus-pass"),
        database_url=SecretStr("mysql+pymysql://genekin:s3cr3t-word@db/genekin"),
        metrics_token=SecretStr("scrape-me-not"),
    )


@pytest.fixture
def log(stream, settings) -> logging.Logger:
    configure_logs(settings, log_format="json", stream=stream)
    return logging.getLogger("core.test")


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class TestJson:
    def test_an_event_is_a_line(self, log, stream):
        log.info("run stored", extra={"run": "abc", "queries": 2})
        (line,) = lines(stream)
        assert str(line.pop("timestamp")).endswith("Z")
        assert line == {
            "event": "run stored",
            "level": "info",
            "logger": "core.test",
            "run": "abc",
            "queries": 2,
        }

    def test_an_error_with_its_traceback_is_one_too(self, log, stream):
        try:
            raise ValueError(f"line 1\nline 2 {GENE}")  # noqa: TRY301
        except ValueError:
            log.exception("it failed: %s", "because\nof this")
        (line,) = lines(stream)
        assert "Traceback" in str(line["exception"])
        assert GENE not in stream.getvalue()

    def test_it_has_the_context_of_the_work(self, log, stream):
        set_log_context(user="Ada", session="")
        with log_context(job=3):
            log.info("one")
        log.info("two")
        one, two = lines(stream)
        assert (one["user"], one["job"]) == ("Ada", 3)
        assert "session" not in one
        assert "job" not in two
        assert current_log_context() == {"user": "Ada"}

    def test_other_libraries_report_from_warnings_on(self, log, stream):
        logging.getLogger("somebody.else").info("quiet")
        logging.getLogger("somebody.else").warning("loud")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old", UserWarning, stacklevel=1)
        loud, warned = lines(stream)
        assert loud["event"] == "loud"
        assert "UserWarning: old" in str(warned["event"])

    def test_a_logger_with_handlers_of_its_own_is_routed(self, log, stream):
        other = logging.getLogger("elsewhere.test")
        own = io.StringIO()
        other.addHandler(logging.StreamHandler(own))
        other.propagate = False
        route_through_root(["elsewhere.test"])
        other.error("broken")
        assert own.getvalue() == ""
        assert lines(stream)[0]["event"] == "broken"


def test_on_a_terminal_it_is_plain(settings, stream):
    stream.isatty = lambda: True
    assert configure_logs(settings, stream=stream) == "plain"
    logging.getLogger("core.test").warning("a job failed", extra={"job": 3})
    assert "a job failed" in stream.getvalue()
    assert "job=3" in stream.getvalue()


def test_elsewhere_it_is_json_unless_set(settings, stream):
    assert configure_logs(settings, stream=stream) == "json"
    plain = settings.model_copy(update={"log_format": "plain"})
    assert configure_logs(plain, stream=stream) == "plain"


class TestRedaction:
    @pytest.mark.parametrize(
        "text",
        [
            GENE,
            GENE.lower(),
            f"ATGGCC{GENE}",
            f">name\n{GENE[:60]}\n{GENE[60:120]}\n",
            f"'{GENE}'",
            "ACGTACGTACGT",
            "ACGTRYACGTNNACGTKMBD",
            "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVV",
        ],
    )
    @pytest.mark.parametrize("where", ["message", "argument", "extra", "nested", "exception"])
    def test_no_sequence_is_logged(self, log, stream, text, where):
        if where == "exception":
            try:
                raise KeyError(text)  # noqa: TRY301
            except KeyError:
                log.exception("failed")
        elif where == "message":
            log.warning(f"query {text} failed")  # noqa: G004
        elif where == "argument":
            log.warning("query %s failed", text)
        else:
            extra = {"data": text} if where == "extra" else {"data": [{"a": (text,)}]}
            log.warning("failed", extra=extra)
        pieces = [text[start : start + 12] for start in range(0, len(text) - 12, 30)]
        letters = [piece for piece in pieces if piece.isalpha()]
        assert not any(piece in stream.getvalue() for piece in letters)
        assert "letters]" in stream.getvalue()
        assert len(lines(stream)) == 1

    @pytest.mark.parametrize(
        "text",
        ["run 3f2504e04f8911d39a0c0305e82c3301", "library 'attaca' and the cattag", "b" * 39],
    )
    def test_words_and_ids_are_kept(self, log, stream, text):
        log.warning(text)
        assert lines(stream)[0]["event"] == text

    @pytest.mark.parametrize(
        "secret", ["s3cr3t-word", "Milvus-pass", "scrape-me-not", "from-the-environment"]
    )
    def test_no_secret_is_logged(self, settings, stream, monkeypatch, secret):
        monkeypatch.setenv("MINIO_ROOT_PASSWORD", "from-the-environment")
        configure_logs(settings, log_format="json", stream=stream)
        log = logging.getLogger("core.test")
        log.warning("sent %s", secret, extra={"data": [secret]})
        log.warning("mysql+pymysql://genekin:%s@db/genekin is down", secret)
        log.warning("Authorization: Bearer %s", secret)
        log.warning("signed in", extra={"password": secret, "Cookie": secret})
        assert secret not in stream.getvalue()
        assert stream.getvalue().count("***") >= 6

    def test_credentials_that_nobody_knows_are_cut_out_as_well(self):
        redact = redactor([])
        assert redact("https://ada:some%20thing@host/a") == "https://***@host/a"
        assert redact("see https://host/a@b") == "see https://host/a@b"
        token = f"gk_{'aB3-_' * 8}xyz"
        assert redact(f"GET /api?token={token}") == "GET /api?token=***"

    def test_short_secrets_do_not_eat_words(self):
        assert redactor(["a", ""])("a cat") == "a cat"
