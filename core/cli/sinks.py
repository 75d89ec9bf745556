"""Sinks of the table of a large file, batch by batch: standard output, a stream, or a file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from core.cli.gathered_traces import BATCH_FORMAT, GatheredTraces, write_gathered
from core.cli.part_file import Checkpoint, PartFile, open_part_file
from core.cli.table_output import PARQUET, BatchedTable, encode, is_stream
from core.cli.terminal import print_text
from core.errors import write_error


class Sink(Protocol):
    """Takes the texts of batches."""

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Answers that are written for good, also by an earlier run; None if there are none."""

    def append(self, text: str, done: Checkpoint) -> None:
        """Write the answers up to a checkpoint."""

    def notes(self) -> list[str]:
        """Return what the user should know if the run ends early."""


@contextmanager
def open_sink(
    output: Path | None,
    file_format: str,
    run: Mapping[str, object],
    *,
    resume: bool,
    traces: GatheredTraces | None = None,
) -> Iterator[Sink]:
    """Open an output, which is complete at the end of the block.

    Parameters
    ----------
    output
        File to write; None for standard output.
    run
        What the answers depend on.
    resume
        Whether to go on where an earlier run was stopped.
    traces
        Makes the output, if the texts are traces that are gathered.

    Raises
    ------
    GeneKinError
        If the output cannot be written, or not be continued.
    """
    table = traces or BatchedTable(file_format, begun=False)
    if output is None:
        sink = _StreamSink(table, None)
        yield sink
        sink.finish()
    elif is_stream(output):
        try:
            with output.open("wb") as file:
                sink = _StreamSink(table, file)
                yield sink
                sink.finish()
        except OSError as error:
            raise write_error(output, error) from None
    else:
        complete = None
        if traces:
            complete = partial(write_gathered, traces, file_format, output)
        elif file_format == PARQUET:
            complete = partial(_convert, output)
        with open_part_file(output, run, resume=resume, complete=complete) as part:
            file_sink = _FileSink(BATCH_FORMAT if traces else file_format, output, part)
            yield file_sink
            file_sink.finish()


def _convert(output: Path, part: Path) -> None:
    from core.runs.parquet import write_parquet  # Imports slowly.

    write_parquet(part, output)


class _StreamSink:
    """Standard output, or a device or pipe."""

    def __init__(self, table: BatchedTable | GatheredTraces, file: BinaryIO | None) -> None:
        self._table = table
        self._file = file
        self.checkpoint: Checkpoint | None = None

    def append(self, text: str, done: Checkpoint) -> None:
        self._write(self._table.add(text))
        self.checkpoint = done

    def notes(self) -> list[str]:
        return []

    def finish(self) -> None:
        """Write what comes after the last answer."""
        self._write(self._table.end())

    def _write(self, text: str) -> None:
        if self._file is None:
            print_text(text)
        else:
            self._file.write(text.encode("utf-8"))
            self._file.flush()


class _FileSink:
    """A file that is written as a part file first."""

    def __init__(self, file_format: str, output: Path, part: PartFile) -> None:
        self._table = BatchedTable(file_format, begun=part.checkpoint is not None)
        self._output = output
        self._part = part

    @property
    def checkpoint(self) -> Checkpoint | None:
        return self._part.checkpoint

    def append(self, text: str, done: Checkpoint) -> None:
        self._part.append(encode(self._table.add(text), self._output), done)

    def notes(self) -> list[str]:
        done = self._part.checkpoint
        if done is None:
            return []
        answered = f"The answers to {done.records:,} records are in {self._part.path}."
        return [f"{answered} The same command with --resume goes on from there."]

    def finish(self) -> None:
        """Write what comes after the last answer."""
        self._part.finish(encode(self._table.end(), self._output))
