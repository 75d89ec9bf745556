"""Files on this machine's disk, from a path to records: all of them good, or the reason why not."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import InputError
from core.sequences.columns import propose
from core.sequences.entries import read_entries
from core.sequences.files import read_bytes
from core.sequences.intake import read_upload
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.sequences.report import Choices, Report
from core.sequences.uploads import Upload
from core.sequences.validation import validate


def read_path(path: Path, limits: Limits) -> list[Upload]:
    """The files that a file is made of, as :func:`core.sequences.intake.read_upload` gives them.

    Raises
    ------
    InputError
        If there is no such file, or nothing of it can be read.
    """
    return read_upload(read_bytes(path, limits.max_bytes), path.name, limits)


def read_records(path: Path, organism: str, limits: Limits) -> list[Record]:
    """The records of a file whose parts stand where they are looked for first.

    Parameters
    ----------
    organism
        Of all of them.

    Raises
    ------
    InputError
        If it cannot be read, or a record of it cannot be used.
    """
    upload = read_path(path, limits)[0]
    entries = read_entries(upload, propose(upload))
    choices = Choices(organism=organism)
    report = validate(entries, upload.name, limits.max_record_bases, choices=choices)
    require_clean([report])
    return [record for records in report.good.values() for record in records]


def require_clean(reports: Sequence[Report], hint: str = "Mend the file.") -> None:
    """Check that every record of some files can be loaded.

    Raises
    ------
    InputError
        Saying how many cannot, and why the first of them cannot.
    """
    if all(report.clean for report in reports):
        return
    first = next(report for report in reports if not report.clean)
    bad = sum(len(report.rejected) for report in reports)
    records = sum(report.records for report in reports)
    message = f"{bad:,} of {records:,} records cannot be loaded. In {first.source}:"
    raise InputError(f"{message} {first.rejected[0].reasons[0]}", hint)
