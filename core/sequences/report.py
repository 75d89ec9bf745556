"""What a person decides about an upload, and the report that says what was found in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.sequences.issues import Issue
from core.sequences.records import Record
from core.sequences.uploads import Entry


class Rule(StrEnum):
    """What becomes of a sequence that stands in the file with two families."""

    ERROR = "error"
    FIRST = "first"
    DROP_BOTH = "drop both"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before the file is looked at.

    Attributes
    ----------
    library
        Names of the library's families by number.
    given
        Names by number of the file of family names: what the numbers of *this* upload mean.
    sequences
        The families of those of some ids that the library has, as ``LabelStore.known_families``.
    partitions
        Of the library's organisms: sequences have their ids by them.
    """

    library: Mapping[int, str] = field(default_factory=dict)
    given: Mapping[int, str] = field(default_factory=dict)
    sequences: Callable[[Sequence[int]], Mapping[int, int]] = lambda _ids: {}
    partitions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person decides.

    Attributes
    ----------
    organism
        Of the records that name none.
    family
        Of the records that name none: a class number or a name; empty if each must have its own.
    rule
        What becomes of a sequence with two families.
    new_families
        Whether families that are not among those named may be added.
    """

    organism: str = ""
    family: str = ""
    rule: Rule = Rule.ERROR
    new_families: bool = True


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that will not be loaded, as it was written, for which organism, and why."""

    entry: Entry
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in an upload.

    Attributes
    ----------
    source
        Its label.
    records
        Number of records.
    good
        Those that can be loaded, by organism, exact copies included: what ``load`` takes.
    rejected
        Those that can not.
    issues
        Each kind of problem, errors first.
    families
        The names to load with: of the library's families and of those that are new.
    balance
        Number of good records by family.
    bases, ambiguous
        Letters of all good records, and the share of them that are ambiguous.
    """

    source: str
    records: int
    good: Mapping[str, tuple[Record, ...]]
    rejected: tuple[Rejected, ...]
    issues: tuple[Issue, ...]
    families: Mapping[int, str]
    balance: Mapping[int, int]
    bases: int
    ambiguous: float

    @property
    def good_count(self) -> int:
        """Number of records that can be loaded."""
        return sum(map(len, self.good.values()))

    @property
    def clean(self) -> bool:
        """Whether every record can be loaded."""
        return not self.rejected
