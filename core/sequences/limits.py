"""Limits on what is read of a file: they bound time and memory, whatever the file claims."""

from dataclasses import dataclass, replace

from core.settings import MB, Settings

_UPLOAD_ADVICE = (
    "Use the command line (python -m core), or load it from the server folder"
    " (GENEKIN_SOURCE_FOLDER)."
)
_DISK_ADVICE = "Split it into smaller files, or raise GENEKIN_MAX_DISK_FILE_MB."


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on one file.

    Attributes
    ----------
    max_bytes
        Maximum size of a file, and of everything that it unpacks to.
    max_record_bases
        Maximum length of a sequence.
    max_records
        Maximum number of records of one file.
    max_invalid
        Maximum number of invalid records of one file: each is kept, with its reasons.
    max_columns
        Maximum number of columns of a table.
    max_members
        Maximum number of files in a zip.
    max_ratio
        Maximum compression ratio; DNA compresses to about a quarter.
    advice
        What to do with a larger file.
    """

    max_bytes: int = 200 * MB
    max_record_bases: int = 1_000_000
    max_records: int = 1_000_000
    max_invalid: int = 100_000
    max_columns: int = 1_000
    max_members: int = 100
    max_ratio: int = 200
    advice: str = _UPLOAD_ADVICE

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Return the limits of an upload."""
        return cls(
            max_bytes=settings.max_file_bytes,
            max_record_bases=settings.max_record_bases,
            max_records=settings.max_records,
        )

    @classmethod
    def of_disk(cls, settings: Settings) -> "Limits":
        """Return the limits of a file on this machine."""
        max_bytes = settings.max_disk_file_mb * MB
        return replace(cls.of(settings), max_bytes=max_bytes, advice=_DISK_ADVICE)
