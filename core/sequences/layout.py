"""Layout of a file: which columns, and which parts of a header, hold the parts of a record.

A layout is proposed from the names of the columns and from their values. Any part of it can be
changed, then the records are read by it, as entries.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.errors import InputError
from core.sequences.alphabet import looks_like_dna, normalise
from core.sequences.families import is_family
from core.sequences.header_patterns import (
    FAMILY_PATTERNS,
    ORGANISM_PATTERNS,
    best_pattern,
    describe_several_families,
    search_headers,
)
from core.sequences.issues import shorten
from core.sequences.readers.excel import MAX_CELL
from core.sequences.readers.tables import (
    COLUMN_WORDS,
    FAMILY_WORDS,
    NAME_WORDS,
    ORGANISM_WORDS,
    REASON_HEADER,
    SEQUENCE_WORDS,
    canonical_header,
)
from core.sequences.records import Problem
from core.sequences.source_file import Format, Row, SourceFile

SAMPLE_ROWS = 200
"""Rows that a proposal is based on."""

_MIN_SHARE = 0.5
"""Share of a column's values that must look like a kind of value for the column to hold it."""
_PARTS = ("family", "organism", "name")
_MAX_LABELS, _MAX_LABEL_LENGTH = 5, 40
"""Columns that a note names, and characters of their names."""
_BINOMIAL = re.compile(r"[A-Z][a-z]+[ _][a-z]{3,}")
_PROTEIN = re.compile(r"(ase|carrier|channel|factor|protein|receptor|transporter)s?$")
"""Ends of names of proteins: some look like a binomial, such as "Tyrosine kinase"."""
_SUFFIXES = re.compile(r"(?:\.[A-Za-z0-9]{1,6}){1,2}$")


@dataclass(frozen=True, slots=True)
class Layout:
    r"""Columns and patterns of the parts of a record.

    Attributes
    ----------
    sequence, family, organism, name
        Column of each part, from 0; None where there is none.
    family_pattern, organism_pattern
        Regular expressions (RE2 syntax) whose capture group is the part, such as ``class=(\d+)``;
        empty to take the complete cell.
    """

    sequence: int | None = None
    family: int | None = None
    organism: int | None = None
    name: int | None = None
    family_pattern: str = ""
    organism_pattern: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as written, split into its parts; nothing is checked yet.

    Attributes
    ----------
    position, line
        Its number in the file and the line on which it begins, both from 1.
    name, family, organism
        As written, without spaces around them; empty where the file has none.
    body
        The sequence as written, with line ends.
    body_line
        The line on which the sequence begins.
    problem
        Why it could not be split into its parts, or None.
    """

    position: int
    line: int
    name: str
    family: str
    organism: str
    body: str
    body_line: int
    problem: Problem | None = None

    def line_of_base(self, offset: int) -> int:
        """Return the line of a base, from its offset in the normalised sequence, from 0."""
        line = self.body_line
        for line, text in enumerate(self.body.split("\n"), start=self.body_line):  # noqa: B007
            bases = len(normalise(text))
            if offset < bases:
                break
            offset -= bases
        return line


def propose_layout(file: SourceFile) -> Layout:
    """Return where the parts of the records seem to be; anything of it can be changed."""
    if file.has_header_lines:
        headers = [row.cells[0] for row in file.rows[:SAMPLE_ROWS]]
        family = best_pattern(FAMILY_PATTERNS, headers)
        organism = best_pattern(ORGANISM_PATTERNS, headers)
        return Layout(
            sequence=1,
            family=0 if family else None,
            organism=0 if organism else None,
            name=0,
            family_pattern=family,
            organism_pattern=organism,
        )
    return _ColumnDetector(file.header, file.rows[:SAMPLE_ROWS]).layout()


def describe_choices(file: SourceFile, layout: Layout) -> tuple[str, ...]:
    """Return a note for each part of the records that other columns could hold as well."""
    if file.has_header_lines:
        headers = [row.cells[0] for row in file.rows[:SAMPLE_ROWS]]
        return tuple(describe_several_families(layout.family_pattern, headers))
    return tuple(_ColumnDetector(file.header, file.rows[:SAMPLE_ROWS]).describe_choices(layout))


def column_label(file: SourceFile, column: int) -> str:
    """Return the name of a column, numbered if one before it has the same name: ``class (2)``."""
    return _column_label(file.header, column)


def propose_organism(file: SourceFile) -> str:
    """Return the organism that the name of a file suggests.

    >>> propose_organism(SourceFile("chimpanzee.txt.gz", Format.TABLE))
    'chimpanzee'
    """
    return _SUFFIXES.sub("", file.name)


def with_family_pattern(file: SourceFile, layout: Layout, pattern: str) -> Layout:
    """Return the layout with another family pattern; empty to search none."""
    if file.has_header_lines:
        return replace(layout, family=0 if pattern else None, family_pattern=pattern)
    return replace(layout, family_pattern=pattern)


def find_column(file: SourceFile, name: str) -> int:
    """Return the index of the column of that name, from 0.

    Raises
    ------
    InputError
        If there is none.
    """
    labels = [_column_label(file.header, column) for column in range(len(file.header))]
    if name in labels:
        return labels.index(name)
    headers = [canonical_header(label) for label in labels]
    if canonical_header(name) in headers:
        return headers.index(canonical_header(name))
    raise InputError(f"{file.name} has no column {name[:40]!r}.", _column_hint(file))


def read_entries(
    file: SourceFile, layout: Layout, families: Sequence[str] | None = None, *, first: int = 1
) -> Iterator[Entry]:
    """Return the records of a file one by one, split into their parts by the layout.

    Parameters
    ----------
    families
        What :func:`read_families` returned, if that is known.
    first
        Number of the first record, where the rows are a part of a larger file.

    Raises
    ------
    InputError
        If the layout does not fit the file, or a pattern is invalid.
    """
    families = read_families(file, layout) if families is None else families
    organisms = _read_parts(file.rows, layout.organism, layout.organism_pattern)
    parts = zip(file.rows, families, organisms, strict=True)
    return (
        Entry(
            position=position,
            line=row.line,
            name=_read_name(file, layout, row),
            family=family,
            organism=organism,
            body=_cell(row, layout.sequence),
            body_line=row.line + (file.format in {Format.FASTA, Format.FASTQ}),
            problem=_find_problem(file, layout, position, row),
        )
        for position, (row, family, organism) in enumerate(parts, start=first)
    )


def read_families(file: SourceFile, layout: Layout) -> list[str]:
    """Return the family of every record as written, empty where there is none.

    Raises
    ------
    InputError
        If the layout does not fit the file, or a pattern is invalid.
    """
    _check_columns(file, layout)
    return _read_parts(file.rows, layout.family, layout.family_pattern)


def _check_columns(file: SourceFile, layout: Layout) -> None:
    if layout.sequence is None:
        raise InputError(f"{file.name}: no sequence column found.", _column_hint(file))
    for column in (layout.sequence, layout.family, layout.organism, layout.name):
        if column is not None and not 0 <= column < len(file.header):
            raise InputError(f"{file.name} has no column {column + 1}.", _column_hint(file))


def _column_hint(file: SourceFile) -> str:
    columns = ", ".join(repr(name[:40]) for name in file.header[:20])
    return " ".join([f"Choose one of its columns: {columns}.", *file.notes])


def _read_parts(rows: Sequence[Row], column: int | None, pattern: str) -> list[str]:
    cells = [_cell(row, column).strip() for row in rows]
    return search_headers(pattern, cells) if pattern and column is not None else cells


def _cell(row: Row, column: int | None) -> str:
    return row.cells[column] if column is not None and column < len(row.cells) else ""


def _read_name(file: SourceFile, layout: Layout, row: Row) -> str:
    """Return the first word of a header, or all of a cell."""
    text = _cell(row, layout.name).strip()
    return (text.split(maxsplit=1) or [""])[0] if file.has_header_lines else text


def _find_problem(file: SourceFile, layout: Layout, position: int, row: Row) -> Problem | None:
    """Find a row with more or fewer columns than the header, or a sequence truncated by Excel."""
    cells, columns = len(row.cells), len(file.header)
    record = f"Record {position:,} (line {row.line:,})"
    if file.format is Format.EXCEL:
        if len(_cell(row, layout.sequence)) >= MAX_CELL:
            what = f"has a cell of {MAX_CELL:,} characters, where Excel truncates; use a text file"
            return Problem("cut", f"{record} {what}.")
        if cells < columns:  # Excel keeps no empty cells at the end of a row.
            return None
    if cells == columns or (cells > columns and not any(map(str.strip, row.cells[columns:]))):
        return None
    return Problem("columns", f"{record} has {cells:,} columns; the header has {columns:,}.")


def _column_label(header: Sequence[str], column: int) -> str:
    number = header[: column + 1].count(header[column])
    if not header[column]:
        return f"column {column + 1}"
    return header[column] if number == 1 else f"{header[column]} ({number})"


class _ColumnDetector:
    """Assigns columns to parts one after the other, the most certain first."""

    def __init__(self, header: Sequence[str], rows: Sequence[Row]) -> None:
        self._header = header
        self._headers = [canonical_header(cell) for cell in header]
        self._values = [
            [
                row.cells[column].strip()
                for row in rows
                if column < len(row.cells) and row.cells[column].strip()
            ]
            for column in range(len(header))
        ]
        self._free = [
            column for column, name in enumerate(self._headers) if name not in REASON_HEADER
        ]

    def layout(self) -> Layout:
        sequence = self._sequence_column()
        family = self._take(self._named(FAMILY_WORDS))
        organism = self._take(self._named(ORGANISM_WORDS))
        name = self._take(self._named(NAME_WORDS))
        organism = self._take(self._fitting(_are_organisms)) if organism is None else organism
        family = self._take(self._varied(_are_families)) if family is None else family
        name = self._take(self._unnamed(_are_names)) if name is None else name
        return Layout(sequence, family, organism, name)

    def describe_choices(self, layout: Layout) -> Iterator[str]:
        """Yield a note for each part of a layout that a column left unused could hold."""
        chosen = (layout.sequence, layout.family, layout.organism, layout.name)
        dna = self._dna()
        self._free = [column for column in self._free if column not in (*dna, *chosen)]
        candidates = (
            [column for column in dna or self._named(SEQUENCE_WORDS) if column not in chosen],
            self._alternatives(layout.family, FAMILY_WORDS, _are_families),
            self._alternatives(layout.organism, ORGANISM_WORDS, _are_organisms),
            [column for column in self._free if self._is_namesake(column, layout.name)],
        )
        verbs = ("contain sequences", *(f"could hold the {part}" for part in _PARTS))
        for verb, column, others in zip(verbs, chosen, candidates, strict=True):
            if column is None or not others:
                continue
            columns = sorted((column, *others))
            labels = ", ".join(self._label(column) for column in columns[:_MAX_LABELS])
            yield (
                f"{len(columns)} columns {verb}: {labels}. Using {self._label(column)}; choose"
                " another column if this is wrong."
            )

    def _label(self, column: int) -> str:
        return repr(shorten(_column_label(self._header, column), _MAX_LABEL_LENGTH))

    def _alternatives(
        self, chosen: int | None, names: Sequence[str], fits: Callable[[list[str]], bool]
    ) -> list[int]:
        """Return columns with a usual name, or with such values if the chosen one has no such."""
        if named := self._named(names):
            return named
        is_named = chosen is not None and self._headers[chosen] in names
        return [] if is_named else self._fitting(fits)

    def _is_namesake(self, column: int, other: int | None) -> bool:
        return other is not None and self._headers[column] == self._headers[other]

    def _dna(self) -> list[int]:
        return [
            column
            for column in self._free
            if _share(looks_like_dna, self._values[column]) >= _MIN_SHARE
        ]

    def _sequence_column(self) -> int | None:
        """Take a column of DNA; of several the one with such a header, else the first."""
        dna = self._dna()
        if not dna:
            return self._take(self._named(SEQUENCE_WORDS))
        named = [
            column for name in SEQUENCE_WORDS for column in dna if self._headers[column] == name
        ]
        self._free = [column for column in self._free if column not in dna]
        return (named or dna)[0]

    def _named(self, names: Iterable[str]) -> list[int]:
        return [column for name in names for column in self._free if self._headers[column] == name]

    def _fitting(self, fits: Callable[[list[str]], bool]) -> list[int]:
        return [column for column in self._free if fits(self._values[column])]

    def _unnamed(self, fits: Callable[[list[str]], bool]) -> list[int]:
        """Return fitting columns without a usual name, such as that of a second family column."""
        return [
            column for column in self._fitting(fits) if self._headers[column] not in COLUMN_WORDS
        ]

    def _varied(self, fits: Callable[[list[str]], bool]) -> list[int]:
        """Return columns whose values differ before those with a single value."""
        return sorted(self._fitting(fits), key=lambda column: len(set(self._values[column])) == 1)

    def _take(self, candidates: list[int]) -> int | None:
        if not candidates:
            return None
        self._free.remove(candidates[0])
        return candidates[0]


def _share(test: Callable[[str], bool], values: list[str]) -> float:
    return sum(map(test, values)) / len(values) if values else 0.0


def _are_organisms(values: list[str]) -> bool:
    return _share(_is_binomial, values) >= _MIN_SHARE


def _is_binomial(value: str) -> bool:
    return _BINOMIAL.match(value) is not None and not _PROTEIN.search(value)


def _are_families(values: list[str]) -> bool:
    """Return True if few families repeat; in a short table, if any does."""
    repeated = len(set(values)) <= max(len(values) / 2, min(len(values) - 1, 10))
    return repeated and _share(is_family, values) >= _MIN_SHARE


def _are_names(values: list[str]) -> bool:
    """Return True for short, unique values."""
    return len(values) > 1 and len(set(values)) == len(values) and max(map(len, values)) <= 100
