"""Issues of records: their kinds and severity, and findings counted into a report's issues."""

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

LEFT_OUT = "left out"
"""The one warning whose records are not loaded: the user has chosen so."""
MAX_LINES, MAX_EXAMPLES, MAX_EXAMPLE_LENGTH = 10, 3, 200


class Severity(StrEnum):
    """Severity of an issue: records with an error are not loaded, those with a warning are."""

    ERROR = "error"
    WARNING = "warning"


_E, _W = Severity.ERROR, Severity.WARNING
KINDS: Mapping[str, tuple[Severity, str]] = MappingProxyType(
    {
        "columns": (_E, "with another number of columns than the header"),
        "empty": (_E, "without a sequence"),
        "cut": (_E, "truncated by Excel, which keeps 32,767 characters per cell"),
        "too long": (_E, "longer than the maximum sequence length"),
        "letter": (_E, "with invalid characters; use IUPAC nucleotide codes"),
        "no bases": (_E, "with more than 90% ambiguous bases; too few to compare"),
        "protein": (_E, "with a protein sequence; use DNA"),
        "no family": (_E, "without a family"),
        "class": (_E, "with an invalid family; use a class number or a name"),
        "new family": (_E, "with an unknown family"),
        "organism": (_E, "without an organism, or with an invalid organism name"),
        "two families": (_E, "with conflicting families in the file"),
        "other family": (_E, "with another family in the library"),
        LEFT_OUT: (_W, "dropped: conflicting families in the file"),
        "unknown family": (_W, "with a new family, which will be created"),
        "copy": (_W, "duplicating another record of the file; loaded once"),
        "known": (_W, "already present in the library"),
        "short": (_W, "shorter than 18 bp: too short for a reliable result"),
        "ambiguous": (_W, "with more than 10% ambiguous bases"),
        "same name": (_W, "with the name of another record of the file"),
        "name error": (_W, "with a spreadsheet error as the name"),
        "name": (_W, "with a name that was shortened or lost invisible characters"),
        "formula": (_W, "with a name that spreadsheets read as a formula"),
    }
)
"""Kinds of findings, most severe first: severity, and what follows "3 records"."""


def rejects(code: str) -> bool:
    """Return True if a record with a finding of this kind is not loaded."""
    return KINDS[code][0] is Severity.ERROR or code == LEFT_OUT


@dataclass(frozen=True, slots=True)
class Issue:
    """All findings of one kind.

    Attributes
    ----------
    code
        Its kind; a key of :data:`KINDS`.
    severity
        Whether the records can be loaded.
    message
        A full sentence with the count.
    count
        Number of records.
    lines
        Lines of the first records.
    examples
        Messages of the first records, shortened.
    """

    code: str
    severity: Severity
    message: str
    count: int
    lines: tuple[int, ...]
    examples: tuple[str, ...]


@dataclass(slots=True)
class _Tally:
    """Findings of one kind: their number, and the first ones by position, line and message."""

    count: int = 0
    first: list[tuple[int, int, str]] = field(default_factory=list)


class FindingTally:
    """Findings of the records of a file, counted by kind.

    A file can have millions of them: only the first of each kind are kept.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, _Tally] = {}

    def add(self, code: str, position: int, line: int, message: str) -> None:
        """Count a finding of a record.

        Parameters
        ----------
        code
            Its kind; a key of :data:`KINDS`.
        position, line
            Number of the record, and the line of the finding.
        message
            A full sentence with record and line.
        """
        kind = self._kinds.setdefault(code, _Tally())
        kind.count += 1
        if len(kind.first) < MAX_LINES or position < kind.first[-1][0]:
            insort(kind.first, (position, line, message))
            del kind.first[MAX_LINES:]

    def issues(self) -> tuple[Issue, ...]:
        """Return the findings by kind, errors first, in the order of :data:`KINDS`."""
        return tuple(_make_issue(code, self._kinds[code]) for code in KINDS if code in self._kinds)


def shorten(text: str, max_length: int = MAX_EXAMPLE_LENGTH) -> str:
    """Return the text, cut where it is too long to show.

    >>> shorten("ACGTACGT", 5)
    'ACGT…'
    """
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def _make_issue(code: str, kind: _Tally) -> Issue:
    severity, words = KINDS[code]
    return Issue(
        code,
        severity,
        f"{kind.count:,} record{'' if kind.count == 1 else 's'} {words}.",
        kind.count,
        tuple(line for _, line, _ in kind.first),
        tuple(shorten(message) for _, _, message in kind.first[:MAX_EXAMPLES]),
    )
