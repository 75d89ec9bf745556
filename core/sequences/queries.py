"""Queries from a file or a pasted text.

An invalid record is not dropped: it is returned in its position with its problem, so that one
invalid record never stops the others and none disappears silently. So is a file of a zip that
cannot be read.
"""

from collections.abc import Iterable
from dataclasses import replace

from core.errors import InputError, TooLargeError
from core.sequences.alphabet import normalise
from core.sequences.checks import find_fault, too_many_invalid
from core.sequences.layout import Entry, describe_choices, propose_layout, read_entries
from core.sequences.limits import Limits
from core.sequences.readers.detection import read_files
from core.sequences.records import Problem, Record, clean_name
from core.sequences.source_file import Format, SourceFile

UNREADABLE = "unreadable"
"""Code of the problem of a file that cannot be read, as one invalid record."""


class Queries(list[Record]):
    """Queries in the order of their file, invalid ones included.

    Attributes
    ----------
    notes
        What the user should know about how the file was read, in full sentences.
    """

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []


def unreadable_files(records: Iterable[Record]) -> list[str]:
    """Return the messages about files that cannot be read, which :func:`read_queries` gives."""
    problems = (record.problem for record in records if record.problem)
    return [problem.message for problem in problems if problem.code == UNREADABLE]


def invalid_records(records: Iterable[Record]) -> list[str]:
    """Return the messages about invalid records, without unreadable files."""
    problems = (record.problem for record in records if record.problem)
    return [problem.message for problem in problems if problem.code != UNREADABLE]


def read_queries(data: bytes, source: str, limits: Limits) -> Queries:
    """Return the queries of a file or of a pasted text, in any supported format.

    Parameters
    ----------
    data
        Everything that :func:`core.sequences.readers.detection.read_files` accepts; families are
        ignored.
    source
        Name of the file, for messages only.

    Raises
    ------
    InputError
        If the file as a whole cannot be read, or too many of its records are invalid.
    """
    files = read_files(data, source, limits)
    reader = _Reader(limits, several=len(files) > 1)
    while files:  # Free each file as soon as it is read.
        reader.read(files.pop(0))
    return reader.result()


def read_text_queries(text: str, source: str, limits: Limits) -> Queries:
    """Return the queries of a text, like :func:`read_queries`."""
    return read_queries(text.encode(errors="replace"), source, limits)


def make_queries(sequences: Iterable[tuple[str, str]], limits: Limits) -> Queries:
    """Return the queries of names and sequences, in their order.

    Raises
    ------
    InputError
        If there is none, or too many of them are invalid.
    """
    queries = Queries()
    invalid: list[str] = []
    for position, (name, sequence) in enumerate(sequences, start=1):
        residues = normalise(sequence)
        problem = None
        if fault := find_fault(residues, limits.max_record_bases):
            problem = Problem(fault.code, f"Record {position:,} {fault.description}.")
            invalid.append(problem.message)
        if position > limits.max_records:
            raise TooLargeError(f"There are more than {limits.max_records:,} records.", "Split it.")
        if len(invalid) > limits.max_invalid:
            raise too_many_invalid("The input", invalid[0], limits)
        queries.append(Record(clean_name(name), residues, position, position, None, problem))
    if not queries:
        raise InputError("There are no records.", "Send at least one.")
    return queries


class _Reader:
    """Reads the files of an upload one after the other.

    Parameters
    ----------
    several
        Whether messages name the file.
    """

    def __init__(self, limits: Limits, *, several: bool) -> None:
        self._limits = limits
        self._several = several
        self._queries = Queries()
        self._error: InputError | None = None
        self._readable = False
        self._invalid = 0

    def read(self, file: SourceFile) -> None:
        """Add the records of a file."""
        prefix = f"{file.name}: " if self._several else ""
        if file.format is Format.UNREADABLE:
            self._add_unreadable(file, file.notes[0])
            return
        if self._several and file.format is Format.FAMILIES:
            self._queries.notes.append(f"{prefix}names of families; queries need none.")
            return
        layout = propose_layout(file)
        try:
            entries = read_entries(file, layout)
        except InputError as error:
            self._error = self._error or error
            self._add_unreadable(file, str(error))
            return
        self._readable = True
        needed = replace(layout, family=None, family_pattern="", organism=None)
        notes = (*file.notes, *describe_choices(file, needed))
        self._queries.notes += [f"{prefix}{note}" for note in notes]
        renamed = 0
        for entry in entries:
            record = _make_query(entry, self._limits.max_record_bases, prefix)
            renamed += record.name != entry.name
            self._add(file, record)
        if renamed:
            what = "names were" if renamed > 1 else "name was"
            note = f"{prefix}{renamed:,} {what} shortened or lost invisible characters."
            self._queries.notes.append(note)

    def result(self) -> Queries:
        """Return the queries of all files.

        Raises
        ------
        InputError
            If no file could be read.
        """
        if not self._readable:
            raise self._error or InputError("No file contains sequences.", "Add one that does.")
        return self._queries

    def _add_unreadable(self, file: SourceFile, reason: str) -> None:
        problem = Problem(UNREADABLE, reason)
        self._add(file, Record(clean_name(file.name), "", 1, 1, None, problem))

    def _add(self, file: SourceFile, record: Record) -> None:
        self._queries.append(record)
        self._invalid += record.problem is not None
        if self._invalid > self._limits.max_invalid:
            first = next(record.problem for record in self._queries if record.problem)
            raise too_many_invalid(file.name, first.message, self._limits)


def _make_query(entry: Entry, max_bases: int, prefix: str) -> Record:
    residues = normalise(entry.body)
    problem = entry.problem or _find_problem(entry, residues, max_bases)
    if problem and prefix:
        problem = Problem(problem.code, f"{prefix}{problem.message}")
    name = clean_name(entry.name)
    return Record(name, residues, entry.position, entry.line, None, problem)


def _find_problem(entry: Entry, residues: str, max_bases: int) -> Problem | None:
    fault = find_fault(residues, max_bases)
    if fault is None:
        return None
    line = entry.line if fault.offset is None else entry.line_of_base(fault.offset)
    message = f"Record {entry.position:,} (line {line:,}) {fault.description}."
    return Problem(fault.code, message)
