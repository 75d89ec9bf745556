"""One entry at a time on its way to a record, and what is found on that way."""

from dataclasses import dataclass, field

from core.sequences.alphabet import normalise
from core.sequences.checking import find_fault, line_of
from core.sequences.families import Numbering
from core.sequences.issues import Finding, shortened
from core.sequences.names import organism_name, record_name
from core.sequences.records import Record
from core.sequences.report import Choices
from core.sequences.tables import escape_formula
from core.sequences.uploads import Entry

SHORTEST = 18
"""Bases below which a sequence is very short: six residues, one k-mer of the default encoder."""
AMBIGUOUS = 0.1
"""Share of ambiguous bases from which on a record is said to have many."""


@dataclass(slots=True)
class Draft:
    """An entry on its way to a record, with what was found on the way."""

    entry: Entry
    family: str = ""
    organism: str = ""
    record: Record | None = None
    findings: list[Finding] = field(default_factory=list)

    def add(self, code: str, what: str, line: int | None = None) -> None:
        """Note something; `what` goes on from the record in a sentence."""
        line = self.entry.line if line is None else line
        message = f"Record {self.entry.position:,} (line {line:,}) {what}."
        self.findings.append(Finding(code, line, message))

    @property
    def usable(self) -> Record | None:
        """The record, unless something speaks against loading it."""
        return None if any(each.refuses for each in self.findings) else self.record


class Checker:
    """Checks one entry at a time."""

    def __init__(self, max_bases: int, numbering: Numbering, choices: Choices) -> None:
        self._max_bases = max_bases
        self._numbering = numbering
        self._choices = choices

    def draft(self, entry: Entry, family: str) -> Draft:
        """The entry with its record, unless it is none, and all that was found."""
        draft = Draft(entry, family)
        if entry.problem:
            draft.findings.append(Finding(entry.problem.code, entry.line, entry.problem.message))
            return draft
        residues = normalise(entry.body)
        name = record_name(entry.name)
        self._check_residues(draft, residues)
        self._check_family(draft, family)
        self._check_organism(draft)
        _check_name(draft, name)
        number = self._numbering.numbers.get(family)
        draft.record = Record(name, residues, entry.position, entry.line, number)
        return draft

    def _check_residues(self, draft: Draft, residues: str) -> None:
        if fault := find_fault(residues, self._max_bases):
            line = draft.entry.line
            if fault.offset is not None:
                lines = enumerate(draft.entry.body.split("\n"), start=draft.entry.body_line)
                line = line_of(fault.offset, list(lines))
            draft.add(fault.code, fault.what, line)
            return
        if len(residues) < SHORTEST:
            draft.add("short", f"has {len(residues)} bases")
        share = ambiguous_bases(residues) / len(residues)
        if share > AMBIGUOUS:
            draft.add("ambiguous", f"has {share:.0%} ambiguous bases")

    def _check_family(self, draft: Draft, family: str) -> None:
        shown = repr(shortened(family, 40))
        if not family:
            draft.add("no family", "has no family")
        elif family not in self._numbering.numbers:
            draft.add("class", f"has the family {shown}: neither a class number nor a name")
        elif family in self._numbering.unknown:
            code = "unknown family" if self._choices.new_families else "new family"
            draft.add(code, f"has the family {shown}, which is not among those named")

    def _check_organism(self, draft: Draft) -> None:
        written = draft.entry.organism or self._choices.organism
        draft.organism = organism_name(written) or ""
        if not written.strip():
            draft.add("organism", "has no organism")
        elif not draft.organism:
            shown = shortened(written, 40)
            what = f"has the organism {shown!r}; use letters, digits and underscores"
            draft.add("organism", what)


def _check_name(draft: Draft, name: str) -> None:
    if name != draft.entry.name:
        draft.add("name", f"is called {shortened(name, 40)!r} now")
    if escape_formula(name) != name:
        draft.add("formula", f"is called {shortened(name, 40)!r}")


def ambiguous_bases(residues: str) -> int:
    """Number of letters that are not one of the four bases."""
    return len(residues.encode().translate(None, b"ACGT"))
