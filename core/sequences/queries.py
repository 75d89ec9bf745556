"""Queries from a file or a pasted text.

An invalid record is not dropped: it is returned in its position with its problem, so that one
invalid record never stops the others and none disappears silently. So is a file of a zip that
cannot be read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.errors import InputError, TooLargeError
from core.sequences.alphabet import normalise
from core.sequences.checks import find_fault, too_long, too_many_invalid
from core.sequences.layout import Entry, Layout, read_entries
from core.sequences.layout_proposal import describe_choices, propose_layout
from core.sequences.limits import Limits
from core.sequences.readers.detection import read_files
from core.sequences.readers.fasta import CutRow
from core.sequences.records import Problem, Record, clean_name
from core.sequences.source_file import Format, Row, SourceFile

UNREADABLE = "unreadable"
"""Code of the problem of a file that cannot be read, as one invalid record."""
_ROWS_AT_ONCE = 1_000


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
    reader = QueryReader(limits, several=len(files) > 1)
    queries = Queries()
    while files:  # Free each file as soon as it is read.
        file = files.pop(0)
        queries.extend(reader.read(file, file.rows))
    reader.require_readable()
    queries.notes += reader.notes
    return queries


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
        query = make_query(name, sequence, position, limits)
        if query.problem:
            invalid.append(query.problem.message)
        if position > limits.max_records:
            raise TooLargeError(f"There are more than {limits.max_records:,} records.", "Split it.")
        if len(invalid) > limits.max_invalid:
            raise too_many_invalid("The input", invalid[0], limits)
        queries.append(query)
    if not queries:
        raise InputError("There are no records.", "Send at least one.")
    return queries


def make_query(name: str, sequence: str, position: int, limits: Limits) -> Record:
    """Return the query of a name and a sequence; the record may be invalid.

    Parameters
    ----------
    position
        Its number among the queries, from 1.
    """
    residues = normalise(sequence)
    fault = find_fault(residues, limits.max_record_bases)
    problem = Problem(fault.code, f"Record {position:,} {fault.description}.") if fault else None
    return Record(clean_name(name), residues, position, position, None, problem)


class QueryReader:
    """Reads the queries of one file after the other.

    Parameters
    ----------
    several
        Whether messages name the file.
    keep_long
        Whether the residues of a sequence that is too long are kept.

    Attributes
    ----------
    notes
        What the user should know about how the files were read, in full sentences.
    """

    def __init__(self, limits: Limits, *, several: bool, keep_long: bool = True) -> None:
        self._limits = limits
        self._several = several
        self._keep_long = keep_long
        self._error: InputError | None = None
        self._readable = False
        self._invalid = 0
        self._first_invalid = ""
        self.notes: list[str] = []

    def read(self, file: SourceFile, rows: Iterable[Row]) -> Iterator[Record]:
        """Yield the queries of a file.

        Parameters
        ----------
        file
            The file; of a large one, its first rows are enough.
        rows
            All its rows.

        Raises
        ------
        InputError
            If too many records are invalid.
        """
        prefix = f"{file.name}: " if self._several else ""
        if file.format is Format.UNREADABLE:
            yield self.unreadable(file.name, file.notes[0])
            return
        if self._several and file.format is Format.FAMILIES:
            self.notes.append(f"{prefix}names of families; queries need none.")
            return
        layout = replace(propose_layout(file), family=None, family_pattern="", organism=None)
        try:
            read_entries(replace(file, rows=()), layout)
        except InputError as error:
            self._error = self._error or error
            yield self.unreadable(file.name, str(error))
            return
        self._readable = True
        self.notes += [f"{prefix}{note}" for note in (*file.notes, *describe_choices(file, layout))]
        renamed = 0
        for row, entry in _iter_entries(file, rows, layout):
            record = self._make_query(entry, prefix, row)
            renamed += record.name != entry.name
            yield self._count(file.name, record)
        if renamed:
            what = "names were" if renamed > 1 else "name was"
            note = f"{prefix}{renamed:,} {what} shortened or lost invisible characters."
            self.notes.append(note)

    def unreadable(self, name: str, reason: str) -> Record:
        """Return the invalid record that stands for a file that cannot be read."""
        problem = Problem(UNREADABLE, reason)
        return self._count(name, Record(clean_name(name), "", 1, 1, None, problem))

    def require_readable(self, error: InputError | None = None) -> None:
        """Check that a file could be read.

        Parameters
        ----------
        error
            Why one could not.

        Raises
        ------
        InputError
            If there was none.
        """
        if not self._readable:
            raise (
                self._error
                or error
                or InputError("No file contains sequences.", "Add one that does.")
            )

    def _count(self, source: str, record: Record) -> Record:
        if record.problem:
            self._invalid += 1
            self._first_invalid = self._first_invalid or record.problem.message
            if self._invalid > self._limits.max_invalid:
                raise too_many_invalid(source, self._first_invalid, self._limits)
        return record

    def _make_query(self, entry: Entry, prefix: str, row: Row) -> Record:
        residues = normalise(entry.body)
        max_bases = self._limits.max_record_bases
        omitted = row.omitted if isinstance(row, CutRow) else 0
        problem = entry.problem or _find_problem(entry, residues, max_bases, omitted)
        if problem and prefix:
            problem = Problem(problem.code, f"{prefix}{problem.message}")
        bases = None
        if len(residues) + omitted > max_bases and not self._keep_long:
            residues, bases = "", len(residues) + omitted
        name = clean_name(entry.name)
        return Record(name, residues, entry.position, entry.line, None, problem, bases)


def _iter_entries(
    file: SourceFile, rows: Iterable[Row], layout: Layout
) -> Iterator[tuple[Row, Entry]]:
    """Yield all rows with their entries."""
    first = 1
    for part in _split(rows):
        entries = read_entries(replace(file, rows=tuple(part)), layout, first=first)
        yield from zip(part, entries, strict=True)
        first += len(part)


def _split(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the rows in parts; before an error, those that were read."""
    part: list[Row] = []
    try:
        for row in rows:
            part.append(row)
            if len(part) == _ROWS_AT_ONCE:
                yield part
                part = []
    except InputError:
        yield part
        raise
    yield part


def _find_problem(entry: Entry, residues: str, max_bases: int, omitted: int) -> Problem | None:
    bases = len(residues) + omitted
    fault = too_long(bases, max_bases) if omitted else find_fault(residues, max_bases)
    if fault is None:
        return None
    line = entry.line if fault.offset is None else entry.line_of_base(fault.offset)
    message = f"Record {entry.position:,} (line {line:,}) {fault.description}."
    return Problem(fault.code, message)
