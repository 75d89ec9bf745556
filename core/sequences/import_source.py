"""Sources of reference sequences: uploads, files on disk, and records that programs send."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import InputError
from core.sequences.files import read_bytes
from core.sequences.layout_proposal import SAMPLE_ROWS
from core.sequences.limits import Limits
from core.sequences.readers.archives import safe_label
from core.sequences.readers.detection import read_family_names, read_files
from core.sequences.readers.tables import check_record_count
from core.sequences.source_file import Format, Row, SourceFile

_RECORD_COLUMNS = ("name", "sequence", "family")


@dataclass(slots=True)
class ImportSource:
    """Content of an upload, or of a file on disk; of a zip, all its files.

    Attributes
    ----------
    name
        Its name, safe to show.
    files
        Files of sequences.
    family_names
        Names by class number, from files of family names.
    unreadable
        Messages about files that cannot be read.
    """

    name: str
    files: list[SourceFile] = field(default_factory=list)
    family_names: dict[int, str] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    @classmethod
    def from_bytes(cls, data: bytes, name: str, limits: Limits) -> "ImportSource":
        """Read an upload.

        Raises
        ------
        InputError
            If nothing of it can be read, or family names are invalid.
        """
        source = cls(safe_label(name))
        for file in read_files(data, name, limits):
            if file.format is Format.UNREADABLE:
                source.unreadable.extend(file.notes)
            elif file.format is Format.FAMILIES:
                _merge_family_names(source.family_names, file, source.name)
            else:
                source.files.append(file)
        return source

    @classmethod
    def from_path(cls, path: Path, limits: Limits) -> "ImportSource":
        """Read a file on disk.

        Raises
        ------
        InputError
            If there is no such file, nothing of it can be read, or family names are invalid.
        """
        return cls.from_bytes(read_bytes(path, limits.max_bytes), path.name, limits)

    @classmethod
    def from_records(
        cls, records: Iterable[tuple[str, str, str]], name: str, limits: Limits
    ) -> "ImportSource":
        """Take names, sequences and families that are no file; the number of each is its line.

        Raises
        ------
        InputError
            If there are none, or too many.
        """
        rows = tuple(Row(number, record) for number, record in enumerate(records, start=1))
        if not rows:
            raise InputError(f"{name} has no records.", "Give at least one.")
        check_record_count(len(rows), name, limits)
        return cls(name, [SourceFile(name, Format.TABLE, _RECORD_COLUMNS, rows)])

    def preview(self) -> "ImportSource":
        """Return a copy with the first rows of each file, on which proposals are based."""
        files = [replace(file, rows=file.rows[:SAMPLE_ROWS]) for file in self.files]
        return replace(self, files=files)

    def as_family_names(self) -> dict[int, str]:
        """Return names by class number of a source that is a family names file.

        Raises
        ------
        InputError
            Naming the invalid line, or a file that cannot be read.
        """
        if self.unreadable:
            raise InputError(self.unreadable[0])
        names = dict(self.family_names)
        for file in self.files:
            _merge_family_names(names, file, self.name)
        return names

    def require_sequences(self) -> None:
        """Check that there are sequences, not family names alone.

        Raises
        ------
        InputError
            If there are none.
        """
        if not self.files:
            message = f"{self.name} contains family names but no sequences."
            raise InputError(message, "Use it as the family names of a file of sequences.")


def _merge_family_names(names: dict[int, str], file: SourceFile, source: str) -> None:
    """Add the names of a file to those of the others of its source."""
    for number, name in read_family_names(file).items():
        if (other := names.setdefault(number, name)) != name:
            message = f"{file.name}: class {number} is {name!r}, but {other!r} in another file of"
            raise InputError(f"{message} {source}.", "Give each class one name.")
