"""Issues of records: their kinds and severity, and findings grouped into a report's issues."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
        "name": (_W, "with a name that was shortened or lost invisible characters"),
        "formula": (_W, "with a name that spreadsheets read as a formula"),
    }
)
"""Kinds of findings, most severe first: severity, and what follows "3 records"."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of one record.

    Attributes
    ----------
    code
        Its kind; a key of :data:`KINDS`.
    line
        Its line.
    message
        A full sentence with record and line.
    """

    code: str
    line: int
    message: str

    @property
    def rejects(self) -> bool:
        """True if the record is not loaded because of it."""
        return KINDS[self.code][0] is Severity.ERROR or self.code == LEFT_OUT


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


def group_findings(findings: Iterable[Finding]) -> tuple[Issue, ...]:
    """Return the findings by kind, errors first, in the order of :data:`KINDS`."""
    by_code: dict[str, list[Finding]] = {code: [] for code in KINDS}
    for finding in findings:
        by_code[finding.code].append(finding)
    return tuple(_make_issue(code, group) for code, group in by_code.items() if group)


def shorten(text: str, max_length: int = MAX_EXAMPLE_LENGTH) -> str:
    """Return the text, cut where it is too long to show.

    >>> shorten("ACGTACGT", 5)
    'ACGT…'
    """
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def _make_issue(code: str, findings: list[Finding]) -> Issue:
    severity, words = KINDS[code]
    count = len(findings)
    return Issue(
        code,
        severity,
        f"{count:,} record{'' if count == 1 else 's'} {words}.",
        count,
        tuple(finding.line for finding in findings[:MAX_LINES]),
        tuple(shorten(finding.message) for finding in findings[:MAX_EXAMPLES]),
    )
