"""From bytes to a report, as the library page goes."""

from core.sequences.columns import propose
from core.sequences.entries import read_entries
from core.sequences.intake import read_upload
from core.sequences.limits import Limits
from core.sequences.report import Choices, Known, Report
from core.sequences.uploads import Upload
from core.sequences.validation import validate
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
