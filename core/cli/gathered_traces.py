"""Output of a large file that is traced batch by batch, and has the shares of all its queries."""

import io
import json
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from core.cli.shared import write_table
from core.cli.table_output import PARQUET, asked_format, encode, is_gzip
from core.cli.terminal import terminal_progress
from core.output import replacing
from core.tracing.composition import OrganismProbabilities, OrganismShare
from core.tracing.trace_table import format_composition, to_summary_row

BATCH_FORMAT = "ndjson"
"""Format in which batches are traced: it has all probabilities, as they are."""
_LINES = 10_000
_ITEM = "\n" + 4 * " "


class GatheredTraces(Protocol):
    """Makes an output of the traces of a file."""

    def add(self, text: str) -> str:
        """Add a batch, a line of JSON a query; return what to write of it."""

    def end(self) -> str:
        """Return what to write after the last batch."""


class SummaryTable:
    """Table of the shares of organisms, which is complete after the last batch."""

    def __init__(self, file_format: str) -> None:
        self._format = asked_format(file_format)
        self._probabilities = OrganismProbabilities()

    def add(self, text: str) -> str:
        """Add a batch; nothing of it is written yet."""
        self._probabilities.add(trace["organisms"] for trace in map(json.loads, _lines(text)))
        return ""

    def end(self) -> str:
        """Return the table."""
        return format_composition(_estimate(self._probabilities), self._format)


class TraceDocument:
    """JSON of all queries, followed by the shares of organisms."""

    def __init__(self) -> None:
        self._probabilities = OrganismProbabilities()
        self._begun = False

    def add(self, text: str) -> str:
        """Add a batch, and return its queries."""
        traces = list(map(json.loads, _lines(text)))
        self._probabilities.add(trace["organisms"] for trace in traces)
        begun, self._begun = self._begun, True
        items = (_to_json(trace).replace("\n", _ITEM) for trace in traces)
        return ("," if begun else '{\n  "queries": [') + _ITEM + f",{_ITEM}".join(items)

    def end(self) -> str:
        """Return the shares."""
        shares = [to_summary_row(part) for part in _estimate(self._probabilities)]
        return "\n  ],\n" + _to_json({"organisms": shares}).removeprefix("{\n") + "\n"


def write_gathered(traces: GatheredTraces, file_format: str, output: Path, part: Path) -> None:
    """Write the output of a file with a trace in each line, compressed as the output.

    Raises
    ------
    OSError
        If one of them cannot be read or written.
    GeneKinError
        If the output is Parquet, and cannot be written.
    """
    with part.open("rb") as file:
        data: BinaryIO = file
        if is_gzip(output):
            import gzip  # Imported when used: see core.cli.

            data = cast("BinaryIO", gzip.open(file))  # noqa: SIM115
        with io.TextIOWrapper(data, encoding="utf-8", newline="\n") as lines:
            batches = iter(lambda: "".join(islice(lines, _LINES)), "")
            if file_format == PARQUET:
                text = "".join([*map(traces.add, batches), traces.end()])
                write_table(text, file_format, output)
                return
            with replacing(output) as written:
                for batch in batches:
                    written.write(encode(traces.add(batch), output))
                written.write(encode(traces.end(), output))


def _estimate(probabilities: OrganismProbabilities) -> list[OrganismShare]:
    with terminal_progress() as progress:
        return probabilities.composition(progress)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _to_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
