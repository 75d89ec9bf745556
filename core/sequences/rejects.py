"""The records that were not loaded, as a table to mend and to give again."""

import csv
import io

from core.sequences.report import Rejected, Report
from core.sequences.tables import REASON_HEADER, escape_formula

HEADER = (*REASON_HEADER, "name", "organism", "family", "sequence")
"""The columns; the first two are not read when the table is given again."""


def rejected(report: Report) -> bytes:
    """The rejected records with their reasons, as tab-separated UTF-8 text.

    No cell of it is a formula to a spreadsheet; reading it again takes that back.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(_cells(each) for each in report.rejected)
    return buffer.getvalue().encode("utf-8-sig")  # The mark tells Excel that it is UTF-8.


def _cells(each: Rejected) -> list[str]:
    entry = each.entry
    sequence = "".join(entry.body.split())
    cells = (" ".join(each.reasons), str(entry.line), entry.name, entry.organism, entry.family)
    return [escape_formula(cell) for cell in (*cells, sequence)]
