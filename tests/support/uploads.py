"""From bytes to a report, as the library page goes."""

from core.sequences.importer import validate
from core.sequences.layout import propose, read_entries
from core.sequences.limits import Limits
from core.sequences.readers.detection import read_upload
from core.sequences.report import Choices, Known, Report
from core.sequences.upload import Upload
from core.settings import MB

LIMITS = Limits(max_bytes=30 * MB, max_record_bases=100_000, max_records=10_000)


def one(data: bytes, name: str = "genes", limits: Limits = LIMITS) -> Upload:
    (upload,) = read_upload(data, name, limits)
    return upload


def report_on(upload: Upload, known: Known | None = None, **choices) -> Report:
    """The report where the person takes what is proposed."""
    chosen = Choices(**{"organism": "human", **choices})
    entries = read_entries(upload, propose(upload))
    return validate(entries, upload.name, LIMITS.max_record_bases, known=known, choices=chosen)


def report(data: bytes | str, known: Known | None = None, **choices) -> Report:
    data = data.encode() if isinstance(data, str) else data
    return report_on(one(data), known, **choices)


def codes(found: Report) -> set[str]:
    return {issue.code for issue in found.issues}
