"""The way from a command to the dashboard that has the embedded stores open.

Milvus Lite allows one process a store. So the dashboard listens on the loopback interface, and
leaves its address beside the store, with a secret that only its user can read. A command that finds
it asks there: nothing needs to be opened, and the answer is the same.
"""

import hmac
import http.client
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import BoundedSemaphore, Thread
from typing import TYPE_CHECKING

from core import __version__
from core.cli.questions import QUESTIONS, Answer, Batch, Options, Source
from core.errors import GeneKinError, InputError
from core.progress import Progress, occasional

if TYPE_CHECKING:
    from core.cli.messages import Address, ErrorLine
    from core.library.manager import Libraries
    from core.settings import Settings

_HOST = "127.0.0.1"
_CONNECT_SECONDS = 1.0
_MAX_QUESTIONS = 2
"""Questions answered at once; the pages need time, too."""
_PIECE_BYTES = 1 << 20
_OPTIONS_HEADER = "X-Genekin-Options"
_NAME_HEADER = "X-Genekin-File"
_RECORDS_HEADER = "X-Genekin-Records"
"""Says that the body has records, a line of JSON each, instead of a file."""
_MAX_BATCH_BYTES = 256 << 20
"""Bytes of the largest batch of records: a few of the longest sequences."""


def _address_file(settings: "Settings") -> Path:
    return Path(settings.vectors_uri).with_suffix(".dashboard.json")


def _stores_digest(settings: "Settings") -> str:
    vectors = str(Path(settings.vectors_uri).resolve())
    return sha256(f"{__version__}\n{vectors}\n{settings.labels_url}".encode()).hexdigest()


# The dashboard's side


@contextmanager
def answer_commands(libraries: "Libraries", settings: "Settings") -> Iterator[None]:
    """Answer the questions of commands until the end of the block."""
    from core.cli.messages import Address  # Slow to import, also for commands.

    address = _address_file(settings)
    with _Server(libraries, settings) as server:
        Thread(target=server.serve_forever, name="genekin-loopback", daemon=True).start()
        own = Address(
            port=server.server_port, secret=server.secret, stores=_stores_digest(settings)
        )
        address.unlink(missing_ok=True)
        address.touch(mode=0o600, exist_ok=False)
        address.write_text(own.model_dump_json(), encoding="ascii")
        try:
            yield
        finally:
            address.unlink(missing_ok=True)
            server.shutdown()


class _Server(ThreadingHTTPServer):
    """A server of questions, each in a thread of its own."""

    daemon_threads = True

    def __init__(self, libraries: "Libraries", settings: "Settings") -> None:
        super().__init__((_HOST, 0), _Handler)
        self.libraries = libraries
        self.settings = settings
        self.secret = secrets.token_urlsafe()
        self.turns = BoundedSemaphore(_MAX_QUESTIONS)


class _Handler(BaseHTTPRequestHandler):
    """Answers one question with lines of JSON: progress, then an answer or an error."""

    server: _Server
    timeout = 60
    """Seconds to wait for the bytes of a question."""

    def do_POST(self) -> None:
        """Answer the question whose name is the path."""
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, _bearer(self.server.secret).encode()):
            self.send_error(HTTPStatus.UNAUTHORIZED)
            return
        if self.path[1:] not in QUESTIONS:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.end_headers()
        with suppress(ConnectionError):  # The command was cancelled.
            try:
                answer = self._answer(QUESTIONS[self.path[1:]])
            except GeneKinError as error:
                self._send(error=[error.message, error.hint], status=error.exit_status)
            else:
                self._send(text=answer.text, notes=list(answer.notes), library=answer.library)

    def _answer(self, question: Callable[..., Answer]) -> Answer:
        from core.cli.messages import parse_options  # Slow to import, also for commands.

        sources: list[Source | Batch] = []
        if _NAME_HEADER in self.headers:
            sources.append(self._read_source())
        elif _RECORDS_HEADER in self.headers:
            sources.append(self._read_batch())
        options = parse_options(question, self.headers[_OPTIONS_HEADER])
        with self.server.turns:
            libraries = self.server.libraries
            # Sending also finds out whether the command was cancelled.
            progress = occasional(self._send_progress)
            return question(lambda: nullcontext(libraries), progress, *sources, **options)

    def _read_source(self) -> Source:
        from core.cli.messages import parse_name
        from core.sequences.limits import Limits  # Slow to import, also for commands.

        limits = Limits.of_disk(self.server.settings)
        content = self._read_body(limits.max_bytes)
        return Source(parse_name(self.headers[_NAME_HEADER]), content, limits)

    def _read_batch(self) -> Batch:
        from core.cli.messages import parse_records

        return Batch(parse_records(self._read_body(_MAX_BATCH_BYTES)))

    def _read_body(self, max_bytes: int) -> bytes:
        from core.cli.messages import parse_size

        size = parse_size(self.headers["Content-Length"])
        if size > max_bytes:
            while size > 0 and (piece := self.rfile.read(min(size, _PIECE_BYTES))):
                size -= len(piece)  # The command listens only when it has sent all.
            raise InputError("The file is larger than the dashboard accepts.", "Split it.")
        return self.rfile.read(size)

    def _send_progress(self, step: str, done: int, total: int) -> None:
        self._send(progress=[step, done, total])

    def _send(self, **values: object) -> None:
        self.wfile.write(json.dumps(values).encode() + b"\n")

    def log_message(self, *_: object) -> None:
        """Keep quiet: the command reports its own errors."""


# The command's side


class Dashboard:
    """A dashboard that has the stores open."""

    def __init__(self, connection: http.client.HTTPConnection, secret: str) -> None:
        self._connection = connection
        self._secret = secret

    @classmethod
    @contextmanager
    def find(cls, settings: "Settings") -> Iterator["Dashboard | None"]:
        """Connect to the dashboard that has these stores open; yield None if there is none."""
        address = _read_address(settings)
        if address is None:
            yield None
            return
        connection = http.client.HTTPConnection(_HOST, address.port, timeout=_CONNECT_SECONDS)
        try:
            try:
                connection.connect()
            except OSError:  # It did not end in peace: the file is a leftover.
                yield None
                return
            yield cls(connection, address.secret)
        finally:
            connection.close()

    def ask(
        self,
        question: str,
        options: Options,
        source: Source | Batch | None,
        progress: Progress,
    ) -> Answer:
        """Return the answer to a question, the only one of a connection.

        Raises
        ------
        GeneKinError
            As if the question had been answered here.
        """
        from core.cli.messages import ErrorLine, TextLine, parse_line  # Imported when asked.

        headers = {"Authorization": _bearer(self._secret), _OPTIONS_HEADER: json.dumps(options)}
        content = b""
        if isinstance(source, Source):
            headers[_NAME_HEADER] = json.dumps(source.name)
            content = source.content
        elif source is not None:
            from core.sequences.record_lines import pack_records  # Imported when asked.

            headers[_RECORDS_HEADER] = "1"
            content = b"".join(pack_records({"": source.content}))
        self._connection.sock.settimeout(None)
        try:
            self._connection.request("POST", f"/{question}", content, headers)
            with self._connection.getresponse() as response:
                if response.status == HTTPStatus.OK:
                    for line in map(parse_line, response):
                        if isinstance(line, TextLine):
                            return Answer(line.text, line.notes, line.library)
                        if isinstance(line, ErrorLine):
                            raise _error(line)
                        progress(*line.progress)
        except (OSError, http.client.HTTPException, ValueError):
            pass
        message = "The dashboard that has the stores open did not answer."
        raise GeneKinError(message, "Try again, or close it first.")


def _read_address(settings: "Settings") -> "Address | None":
    if not settings.embedded_vectors:
        return None
    from core.cli.messages import Address  # Imported when asked.

    try:
        address = Address.model_validate_json(_address_file(settings).read_bytes())
    except (OSError, ValueError):
        return None
    return address if address.stores == _stores_digest(settings) else None


def _error(line: "ErrorLine") -> GeneKinError:
    error = GeneKinError(*line.error)
    error.exit_status = line.status
    return error


def _bearer(secret: str) -> str:
    return f"Bearer {secret}"
