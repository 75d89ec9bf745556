"""Large files of queries: read, asked and written batch by batch, in little memory.

The next batch is read and the one before it written while one is answered. A batch is a question of
its own, so that a dashboard that has the stores open answers it like any other.
"""

from collections.abc import Mapping
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Self

from core import __version__
from core.cli.gathered_traces import (
    BATCH_FORMAT,
    GatheredTraces,
    SummaryTable,
    TraceDocument,
)
from core.cli.loopback import Dashboard
from core.cli.part_file import Checkpoint
from core.cli.query_batches import QueryBatch, QueryBatches
from core.cli.questions import QUESTIONS, Answer, Batch, OpenLibraries, Options
from core.cli.sinks import Sink, open_sink
from core.cli.table_output import asked_format
from core.cli.terminal import StreamProgress, print_notes, stream_progress
from core.errors import Cancelled, GeneKinError, InputError
from core.progress import Progress
from core.sequences.input_file import InputFile
from core.sequences.query_stream import QueryStream
from core.settings import read_settings
from core.stores.availability import wait_once
from core.thread_pool import in_stages

if TYPE_CHECKING:
    from core.library.manager import Libraries

_STEPS = {"Classifying", "Tracing"}
"""Steps of questions whose progress counts queries."""


@dataclass(frozen=True, slots=True)
class Table:
    """The table that a command writes.

    Attributes
    ----------
    question, options
        What to ask.
    file_format
        Format of the output.
    output
        File to write; None for standard output.
    resume
        Whether to go on where an earlier run was stopped.
    """

    question: str
    options: Options
    file_format: str
    output: Path | None
    resume: bool

    @property
    def is_document(self) -> bool:
        """True if it is the JSON of a trace, which has the shares of all queries after them."""
        return self.question == "trace" and self.file_format == "json"

    @property
    def is_summary(self) -> bool:
        """True if it has a row an organism, and nothing is known of it before the last query."""
        return bool(self.options.get("summary")) and not self.is_document

    def gather(self) -> GatheredTraces | None:
        """Return what gathers the traces; None if each batch is written as it is answered."""
        if self.is_document:
            return TraceDocument()
        return SummaryTable(self.file_format) if self.is_summary else None

    def asked(self) -> Options:
        """Return the options with which each batch is asked."""
        if self.is_summary or self.is_document:
            return {**self.options, "summary": False, "file_format": BATCH_FORMAT}
        return {**self.options, "file_format": asked_format(self.file_format)}

    def run(self) -> Mapping[str, object]:
        """Return what the answers depend on, apart from queries and library."""
        options = {**self.options, "file_format": self.file_format}
        return {"version": __version__, "question": self.question, "options": options}


def answer_stream(
    queries: QueryStream, file: InputFile, table: Table, open_libraries: OpenLibraries
) -> None:
    """Answer all queries of a file.

    Raises
    ------
    GeneKinError
        If something of it cannot be read, answered or written. What was answered before is kept for
        another run to go on, if the output is a file.
    """
    with open_sink(
        table.output,
        table.file_format,
        table.run(),
        resume=table.resume,
        traces=table.gather(),
    ) as sink:
        earlier = sink.checkpoint
        batches = QueryBatches(queries, file, earlier)
        try:
            _answer_batches(batches, table, sink, open_libraries)
        except BaseException:
            if sink.checkpoint is not earlier:
                print_notes(sink.notes())
            raise
    listed = not (table.is_summary or table.file_format == "blast6")
    print_notes(_notes(queries, listed=listed))


def _notes(queries: QueryStream, *, listed: bool) -> list[str]:
    """Return notes on how queries were read, as of a file that is read as a whole."""
    notes = [*queries.unreadable, *queries.notes]
    if queries.invalid and not listed:
        total = f"{queries.invalid:,} of {queries.count:,} records are invalid"
        notes.append(f"{total}. The first: {queries.first_invalid}")
    return notes


def _answer_batches(
    batches: QueryBatches, table: Table, sink: Sink, open_libraries: OpenLibraries
) -> None:
    remaining = iter(batches)
    first = next(remaining, None)  # What cannot be read needs no store.
    if first is not None:
        earlier = sink.checkpoint
        watch = _LibraryWatch(table, earlier.library if earlier else "")
        with (
            wait_once(),
            stream_progress(batches.size, earlier.records if earlier else 0) as progress,
            _Asker(table, open_libraries, progress) as asker,
            closing(
                in_stages(chain([first], remaining), asker.ask, cancel=asker.cancel)
            ) as answers,
        ):
            for batch, answer in answers:
                watch.see(answer.library, sink.checkpoint)
                done = Checkpoint(records=batch.done, digest=batch.digest, library=answer.library)
                sink.append(answer.text, done)
        print_notes(watch.notes)
    if batches.error:
        raise batches.error


class _Asker:
    """Asks batches of the dashboard that has the stores open, or of stores opened here."""

    def __init__(
        self, table: Table, open_libraries: OpenLibraries, progress: StreamProgress
    ) -> None:
        self._question = table.question
        self._options = table.asked()
        self._open_libraries = open_libraries
        self._progress = progress
        self._settings = read_settings()
        self._cancelled = Event()
        self._stores = ExitStack()
        self._libraries: Libraries | None = None

    def __enter__(self) -> Self:
        with Dashboard.find(self._settings) as dashboard:
            if dashboard is None:
                self._libraries = self._stores.enter_context(self._open_libraries())
        return self

    def __exit__(self, *_: object) -> None:
        self._stores.close()

    def cancel(self) -> None:
        """End the question that is being answered."""
        self._cancelled.set()

    def ask(self, batch: QueryBatch) -> tuple[QueryBatch, Answer]:
        """Return a batch with its answer."""
        before = batch.done - len(batch.records)

        def report(step: str, done: int, _total: int) -> None:
            if self._cancelled.is_set():
                raise Cancelled("Cancelled.")
            if step in _STEPS:
                self._progress.show(step, before + done, batch.done, batch.position)

        return batch, self._answer(Batch(batch.records), report)

    def _answer(self, batch: Batch, progress: Progress) -> Answer:
        if (libraries := self._libraries) is not None:
            question = QUESTIONS[self._question]
            return question(lambda: nullcontext(libraries), progress, batch, **self._options)
        with Dashboard.find(self._settings) as dashboard:
            if dashboard is None:
                raise GeneKinError("The dashboard that answered was closed.", "Try again.")
            return dashboard.ask(self._question, self._options, batch, progress)


class _LibraryWatch:
    """Notices changes of the library while it answers.

    Attributes
    ----------
    notes
        What the user should know about them.
    """

    def __init__(self, table: Table, library: str) -> None:
        self._name = table.options["library"]
        self._earlier = self._library = library
        self.notes: list[str] = []

    def see(self, library: str, answered: Checkpoint | None) -> None:
        """Compare the library that answered a batch with the one before it.

        Raises
        ------
        InputError
            If it changed between two runs.
        """
        if self._earlier and library != self._earlier:
            message = f"The library {self._name} has changed since the first records were answered."
            raise InputError(message, "Start again without --resume.")
        self._earlier = ""
        if self._library and library != self._library and answered:
            self.notes.append(
                f"The library {self._name} changed meanwhile: records from about"
                f" {answered.records:,} on are answered by what it has now."
            )
        self._library = library
