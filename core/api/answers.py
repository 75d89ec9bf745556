"""Answers to many queries: computed a batch at a time, and sent as they are computed.

A short answer is complete before it is sent, so that its status tells whether it succeeded. A long
one is sent batch by batch, between which others have their turn. If it fails half-way, lines of
JSON end with the problem, and in every other format the connection is closed before its end.
"""

import json
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from core.api.bodies import media_type, parse_queries, read_body, require_file
from core.api.callers import Caller
from core.api.etags import etag_headers, library_digest
from core.api.formats import MEDIA_TYPES, Format, Writer, to_json
from core.api.problems import error_document
from core.errors import Cancelled, GeneKinError
from core.jobs.kinds.queries import check_size
from core.library.library import Library
from core.runs import Run
from core.runs.run import RunKind
from core.sequences.limits import Limits
from core.sequences.queries import Queries
from core.sequences.records import Record

_log = logging.getLogger(__name__)
NOTES_HEADER, RUN_HEADER = "Genekin-Notes", "Genekin-Run"
_MAX_NOTES = 2_000
"""Characters of notes in a header."""
_BATCH_RECORDS, _BATCH_BASES = 256, 1_000_000
"""Queries and bases of a batch: about a second."""
_ENDED_EARLY = "an answer ended early: %s"


class Question(ABC):
    """A question about the queries of a body; its methods run in threads, one after the other.

    Parameters
    ----------
    library
        Name of the library.

    Attributes
    ----------
    queries
        The queries, once the question has begun; `library` is the opened one from then on.
    facts
        What is known of the answer before its rows.
    """

    queries: Queries
    library: Library

    def __init__(self, caller: Caller, library: str, writer: Writer) -> None:
        self.caller = caller
        self.writer = writer
        self.facts: dict[str, object] = {}
        self._name = library
        self._batches: list[Sequence[Record]] = []

    @property
    def has_ended(self) -> bool:
        """True if all batches are answered."""
        return not self._batches

    def begin(self, body: bytes, given: str) -> bytes:
        """Read a body of some media type, and return the rows of the first batch.

        Raises
        ------
        GeneKinError
            If the body cannot be read, or the question cannot be answered.
        """
        settings = self.caller.backend.settings
        self.library = self.caller.libraries.open(self._name)
        self.queries = parse_queries(body, given, Limits.of(settings))
        check_size(self.queries, settings)
        self._batches = _split(self.queries)[::-1]
        rows = self.proceed()
        self.facts = {
            "library": self.library.name,
            "digest": library_digest(self.library),
            "notes": self.queries.notes,
        }
        return rows

    def proceed(self) -> bytes:
        """Return the rows of the next batch; of the last one, with the end of the answer."""
        rows = self.answer(self._batches.pop())
        return rows + self.writer.tail(self.last_facts()) if self.has_ended else rows

    @abstractmethod
    def answer(self, batch: Sequence[Record]) -> bytes:
        """Return the rows of a batch."""

    def last_facts(self) -> Mapping[str, object]:
        """Return what is known of the answer after its rows."""
        return {}


class StorableQuestion(Question):
    """A question whose complete answer can be stored as a run.

    Attributes
    ----------
    is_saved
        Whether it is to be stored.
    """

    def __init__(self, caller: Caller, library: str, writer: Writer, *, is_saved: bool) -> None:
        super().__init__(caller, library, writer)
        self.is_saved = is_saved
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Time since the question came."""
        return time.perf_counter() - self._started

    @abstractmethod
    def save(self) -> Run:
        """Store the complete answer as a run."""


async def respond(request: Request, caller: Caller, question: Question) -> Response:
    """Answer a question about the queries of a request's body."""
    require_file(request)
    body = await read_body(request, caller.backend.settings.max_file_bytes, caller.memory)
    given = media_type(request)
    rows = await caller.run_in_turn(lambda: question.begin(body, given))
    if isinstance(question, StorableQuestion) and question.is_saved:
        return await _save(request, caller, question, [rows])
    kind, headers = MEDIA_TYPES[question.writer.format], _headers(question.facts)
    content = question.writer.head(question.facts) + rows
    if question.has_ended:
        return Response(content, media_type=kind, headers=headers)
    return _LongAnswer(_pieces(caller, question, content), headers=headers, media_type=kind)


def run_page(run: Run) -> str:
    """Return the path of a run's page."""
    return f"/?run={run.id}" if run.kind is RunKind.CLASSIFY else f"/{run.kind}?run={run.id}"


async def _save(
    request: Request, caller: Caller, question: StorableQuestion, rows: list[bytes]
) -> Response:
    """Compute the whole answer, store it, and send it."""
    while not question.has_ended:
        if await request.is_disconnected():
            raise Cancelled("The client has gone.", "Nothing was stored.")
        rows.append(await caller.run_in_turn(question.proceed))
    run = await caller.run_long(question.save)
    facts = question.facts | {"run": {"id": run.id, "page": run_page(run)}}
    headers = _headers(facts) | {
        RUN_HEADER: run.id,
        "Location": str(request.url_for("get_run", run_id=run.id).path),
    }
    content = b"".join([question.writer.head(facts), *rows])
    return Response(content, media_type=MEDIA_TYPES[question.writer.format], headers=headers)


class _LongAnswer(StreamingResponse):
    """An answer that is computed while it is sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; if it fails, close the connection before its end."""
        try:
            await super().__call__(scope, receive, send)
        except* GeneKinError as errors:
            _log.warning(_ENDED_EARLY, errors.exceptions[0])
        except* ClientDisconnect:
            _log.info(_ENDED_EARLY, "the client has gone")


async def _pieces(caller: Caller, question: Question, content: bytes) -> AsyncIterator[bytes]:
    """Yield an answer that begins like this, piece by piece."""
    yield content
    try:
        while not question.has_ended:
            yield await caller.run_in_turn(question.proceed)
    except GeneKinError as error:
        if question.writer.format is not Format.NDJSON:
            raise
        _log.warning(_ENDED_EARLY, error.log_text())
        yield f"{to_json({'problem': error_document(error)})}\n".encode()


def _headers(facts: Mapping[str, object]) -> dict[str, str]:
    headers = etag_headers(str(facts["digest"])) | {"Vary": "Accept"}
    if notes := facts["notes"]:
        headers[NOTES_HEADER] = json.dumps(notes)[:_MAX_NOTES]
    return headers


def _split(records: Sequence[Record]) -> list[Sequence[Record]]:
    """Return the records in batches."""
    batches: list[Sequence[Record]] = []
    first = bases = 0
    for index, record in enumerate(records):
        bases += len(record.residues)
        if index > first and (index - first == _BATCH_RECORDS or bases > _BATCH_BASES):
            batches.append(records[first:index])
            first, bases = index, len(record.residues)
    return [*batches, records[first:]]
