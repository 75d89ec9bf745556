"""What makes a sequence unusable.

One entry at a time on its way to a record, and what is found on that way.

Records against each other and against the library: copies, two families, the same name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.sequences.alphabet import first_outsider, looks_like_protein, normalise
from core.sequences.families import Numbering
from core.sequences.readers.tables import escape_formula
from core.sequences.records import Record, organism_name, record_name, sequence_id
from core.sequences.report import LEFT_OUT, Choices, ConflictPolicy, Finding, Known, shortened
from core.sequences.upload import Entry


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a sequence cannot be used.

    Attributes
    ----------
    code
        A short stable word for the kind of fault.
    what
        The rest of a sentence that begins with the record.
    offset
        The base at fault, from 0, where it is one base.
    """

    code: str
    what: str
    offset: int | None = None


def find_fault(residues: str, max_bases: int) -> Fault | None:
    """The first reason why normalised residues cannot be used, or None.

    >>> find_fault("ACG7", 100)
    Fault(code='letter', what="has '7' at base 4; only IUPAC letters of DNA are read", offset=3)
    """
    if not residues:
        return Fault("empty", "has no sequence")
    if len(residues) > max_bases:
        return Fault("too long", f"has {len(residues):,} bases; at most {max_bases:,} are read")
    if (outsider := first_outsider(residues)) is None:
        return None
    offset, letter = outsider
    what = f"has {letter!r} at base {offset + 1:,}; only IUPAC letters of DNA are read"
    if looks_like_protein(residues):
        return Fault("protein", f"{what}, and this looks like a protein", offset)
    return Fault("letter", what, offset)


def line_of(offset: int, body_lines: Sequence[tuple[int, str]]) -> int:
    """The number of the line with a base, of lines as (number, text).

    >>> line_of(4, [(7, "ac g"), (8, "tt")])
    8
    """
    for number, line in body_lines:
        letters = len(normalise(line))
        if offset < letters:
            return number
        offset -= letters
    return body_lines[-1][0]


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


def compare_with_each_other(drafts: Iterable[Draft], rule: ConflictPolicy) -> None:
    """Find copies, and sequences that stand there with two families."""
    by_sequence: dict[int, list[Draft]] = {}
    for draft in drafts:
        if record := draft.usable:
            by_sequence.setdefault(sequence_id(draft.organism, record.residues), []).append(draft)
    for first, *others in by_sequence.values():
        if any(_number(each) != _number(first) for each in others):
            _settle(first, others, rule)
        kept = [each for each in (first, *others) if each.usable]
        for copy in kept[1:]:
            copy.add("copy", f"is a copy of {_place(kept[0])}")


def _settle(first: Draft, others: Sequence[Draft], rule: ConflictPolicy) -> None:
    """Reject those of one sequence that the rule does not keep."""
    code = "two families" if rule is ConflictPolicy.ERROR else LEFT_OUT
    other = next(each for each in others if _number(each) != _number(first))
    for each in (first, *others):
        kept = rule is ConflictPolicy.FIRST and _number(each) == _number(first)
        if not kept:
            against = first if _number(each) != _number(first) else other
            what = f"has the family {_written(each)}; {_place(against)}, the same sequence, has"
            each.add(code, f"{what} {_written(against)}")


def compare_with_library(drafts: Iterable[Draft], known: Known) -> None:
    """Find what the library has already, in the same family or in another."""

    def id_of(draft: Draft, record: Record) -> int:
        partition = known.partitions.get(draft.organism, draft.organism)
        return sequence_id(partition, record.residues)

    ids = {id_of(draft, record): None for draft in drafts if (record := draft.usable)}
    found = known.sequences(list(ids)) if ids else {}
    for draft in drafts:
        if (record := draft.usable) is None:
            continue
        family = found.get(id_of(draft, record))
        if family is None:
            continue
        if family == record.family:
            draft.add("known", "is in the library already")
        else:
            name = known.library.get(family, str(family))
            what = f"has the family {_written(draft)}; the library has this sequence in {name!r}"
            draft.add("other family", what)


def compare_names(drafts: Iterable[Draft]) -> None:
    """Find names that stand there twice."""
    first: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        if draft.record and draft.record.name:
            same = first.setdefault((draft.organism, draft.record.name), draft)
            if same is not draft:
                draft.add("same name", f"has the name of {_place(same)}")


def _number(draft: Draft) -> int | None:
    return draft.record.family if draft.record else None


def _written(draft: Draft) -> str:
    return repr(shortened(draft.family, 40))


def _place(draft: Draft) -> str:
    return f"record {draft.entry.position:,} (line {draft.entry.line:,})"
