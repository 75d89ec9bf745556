"""The records that were not loaded, as a table to mend and to give again."""

import csv
import io

from core.sequences.report import Rejected, Report
from core.sequences.tables import REASON_HEADER, escape_formula

HEADER = (*REASON_HEADER, "name", "organism", "family", "sequence")
"""The columns; the first two are not read when the table is given again."""


def rejected(*reports: Report) -> bytes:
    """The rejected records with their reasons, as tab-separated UTF-8 text.

    Of several reports, each reason begins with the file. No cell of it is a formula to a
    spreadsheet; reading it again takes that back.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(HEADER)
    for report in reports:
        file = f"{report.source}: " if len(reports) > 1 else ""
        writer.writerows(_cells(each, file) for each in report.rejected)
    return buffer.getvalue().encode("utf-8-sig")  # The mark tells Excel that it is UTF-8.


def _cells(each: Rejected, file: str) -> list[str]:
    entry = each.entry
    sequence = "".join(entry.body.split())
    reason = file + " ".join(each.reasons)
    cells = (reason, str(entry.line), entry.name, entry.organism, entry.family, sequence)
    return [escape_formula(cell) for cell in cells]
