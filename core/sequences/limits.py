"""How much of an upload is read: what bounds time and memory, whatever a file claims."""

from dataclasses import dataclass, replace

from core.settings import MB, Settings

_LARGER_UPLOAD = (
    "Use the command line (python -m core), or, to load it, the server's folder"
    " (GENEKIN_SOURCE_FOLDER)."
)
_LARGER_ON_DISK = "Split it into smaller files, or raise GENEKIN_MAX_DISK_FILE_MB."


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one upload.

    Attributes
    ----------
    max_bytes
        Most bytes of an upload, and of all that it unpacks to.
    max_record_bases
        Longest sequence that can be used.
    max_records
        Most records of one file.
    max_columns
        Most columns of a table.
    max_members
        Most files of a zip.
    max_ratio
        Largest quotient of unpacked and packed size; DNA packs to about a quarter.
    advice
        What to do with a file that is larger.
    """

    max_bytes: int = 200 * MB
    max_record_bases: int = 1_000_000
    max_records: int = 1_000_000
    max_columns: int = 1_000
    max_members: int = 100
    max_ratio: int = 200
    advice: str = _LARGER_UPLOAD

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """The limits of an upload that the settings ask for."""
        return cls(
            max_bytes=settings.max_file_bytes,
            max_record_bases=settings.max_record_bases,
            max_records=settings.max_records,
        )

    @classmethod
    def of_disk(cls, settings: Settings) -> "Limits":
        """The same of a file that is on this machine already."""
        most = settings.max_disk_file_mb * MB
        return replace(cls.of(settings), max_bytes=most, advice=_LARGER_ON_DISK)
