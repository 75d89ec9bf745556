"""Summary of a large file of queries, which are traced batch by batch."""

import io
import json
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from core.cli.shared import write_table
from core.cli.table_output import asked_format, is_gzip
from core.tracing.composition import OrganismProbabilities
from core.tracing.trace_table import format_composition

BATCH_FORMAT = "ndjson"
"""Format in which batches are traced: it has all probabilities, as they are."""
_LINES = 10_000


class SummaryTable:
    """Table of the shares of organisms, which is complete after the last batch."""

    def __init__(self, file_format: str) -> None:
        self._format = asked_format(file_format)
        self._probabilities = OrganismProbabilities()

    def add(self, text: str) -> str:
        """Add a batch; nothing of it is written yet."""
        lines = text.removesuffix("\n").split("\n")
        self._probabilities.add(json.loads(line)["organisms"] for line in lines)
        return ""

    def end(self) -> str:
        """Return the table."""
        return format_composition(self._probabilities.composition(), self._format)


def write_summary(file_format: str, output: Path, part: Path) -> None:
    """Write the summary of a file with a trace in each line, compressed as the output.

    Raises
    ------
    OSError
        If the part file cannot be read.
    GeneKinError
        If the output cannot be written.
    """
    table = SummaryTable(file_format)
    with part.open("rb") as file:
        data: BinaryIO = file
        if is_gzip(output):
            import gzip  # Imported when used: see core.cli.

            data = cast("BinaryIO", gzip.open(file))  # noqa: SIM115
        with io.TextIOWrapper(data, encoding="utf-8", newline="\n") as lines:
            while batch := "".join(islice(lines, _LINES)):
                table.add(batch)
    write_table(table.end(), file_format, output)
