"""How much of an upload is read: what bounds time and memory, whatever a file claims."""

from dataclasses import dataclass

from core.settings import Settings


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
    """

    max_bytes: int = 200_000_000
    max_record_bases: int = 1_000_000
    max_records: int = 1_000_000
    max_columns: int = 1_000
    max_members: int = 100
    max_ratio: int = 200

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """The limits that the settings ask for."""
        return cls(
            max_bytes=settings.max_file_bytes,
            max_record_bases=settings.max_record_bases,
            max_records=settings.max_records,
        )
