"""BLAST results as a table, ``-outfmt 6`` and ``7``: rows are read by Biopython."""

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from core.blast_results.results import (
    MAX_ALIGNMENTS,
    BlastAlignment,
    BlastHit,
    BlastQuery,
    BlastResults,
)
from core.errors import InputError
from core.runs.blast_table import BLAST_COLUMNS
from core.schema import describe_fault
from core.sequences.records import clean_name

_FIELDS: Mapping[str, str] = {
    "query id": "qseqid",
    "query acc.": "qacc",
    "query acc.ver": "qaccver",
    "query length": "qlen",
    "subject id": "sseqid",
    "subject acc.": "sacc",
    "subject acc.ver": "saccver",
    "subject length": "slen",
    "subject title": "stitle",
    "alignment length": "length",
    "% identity": "pident",
    "identical": "nident",
    "q. start": "qstart",
    "q. end": "qend",
    "s. start": "sstart",
    "s. end": "send",
    "evalue": "evalue",
    "bit score": "bitscore",
}
"""Columns that are read, by the names that format 7 has for them; others are ignored."""
_QUERY, _SUBJECT = "qseqid", "sseqid"
_NAMES = ((_QUERY, ("qseqid", "qaccver", "qacc")), (_SUBJECT, ("sseqid", "saccver", "sacc")))
"""Columns that name query and subject; the first one that is there is read."""
_PAIRS = (("sstart", "send"),)
"""Columns that are of no use alone."""
_REQUIRED = (_QUERY, _SUBJECT, "qstart", "qend")
_IGNORED = "ignored"
_QUERY_TAG, _DATABASE_TAG, _FIELDS_TAG = "# Query: ", "# Database: ", "# Fields: "
_PROGRAM = re.compile(r"# (\w*BLAST\w*|DIAMOND) \S+")
_NO_HITS = "# 0 hits found"
_MAX_SHOWN = 60
_COLUMNS_HINT = (
    "Format 6 has the 12 standard columns. For others use format 7, whose line '# Fields' names"
    " them."
)
_VALUES_HINT = "Run BLAST again, or correct the line."
_REASONS = (
    (re.compile(r"could not convert string to float: (.*)"), r"\1 is not a number"),
    (re.compile(r"invalid literal for int\(\) with base 10: (.*)"), r"\1 is not a whole number"),
)


def read_table(lines: Iterable[str], name: str, digest: str) -> BlastResults:
    """Read BLAST's tabular format with or without comments, or with a line of column names.

    Rows of a query need not follow one another.

    Parameters
    ----------
    name, digest
        Name of the file, for messages, and digest of its contents.

    Raises
    ------
    InputError
        If a line cannot be read; it names the line.
    """
    table = _Table(name, digest)
    for number, line in enumerate(lines, start=1):
        table.add(number, line.rstrip("\r\n"))
    return table.results()


class _Table:
    """The rows of a file, by query and subject, and what its comments say."""

    def __init__(self, name: str, digest: str) -> None:
        self._name = name
        self._digest = digest
        self._columns: Sequence[str] = ()
        self._rows: dict[str, dict[str, list[tuple[int, str]]]] = {}
        self._count = 0
        self._query = ""
        self._program = ""
        self._database = ""

    def add(self, number: int, line: str) -> None:
        """Add a line of the file."""
        if line.startswith("#"):
            self._add_comment(number, line)
        elif line.strip():
            # Biopython takes an empty cell at the end of a row for none.
            self._add_row(number, [cell.strip() or "-" for cell in line.split("\t")])

    def results(self) -> BlastResults:
        """Return the results, once all lines are added."""
        if not self._rows:
            raise InputError(f"{self._name} has no BLAST results.", _COLUMNS_HINT)
        lengths, hits = self._parse()
        queries = (
            BlastQuery(clean_name(name), lengths.get(name), tuple(hits.get(name, ())))
            for name in self._rows
        )
        return BlastResults(self._name, self._digest, self._program, self._database, tuple(queries))

    def _add_comment(self, number: int, line: str) -> None:
        if line.startswith(_QUERY_TAG):
            self._query = (line.removeprefix(_QUERY_TAG).split() or [""])[0]
        elif line.startswith(_DATABASE_TAG):
            self._database = clean_name(line.removeprefix(_DATABASE_TAG))
        elif line.startswith(_FIELDS_TAG):
            names = line.removeprefix(_FIELDS_TAG).strip().split(", ")
            self._set_columns(number, [_FIELDS.get(name, _IGNORED) for name in names])
        elif line.startswith(_NO_HITS) and self._query:
            self._rows.setdefault(self._query, {})
        elif not self._program and _PROGRAM.match(line):
            self._program = clean_name(line.removeprefix("# "))

    def _add_row(self, number: int, cells: list[str]) -> None:
        if not self._columns:
            known = {"qseqid", "sseqid"} <= set(cells)  # DIAMOND can begin with their names.
            self._set_columns(number, cells if known else BLAST_COLUMNS)
            if known:
                return
        if len(cells) != len(self._columns):
            found = f"{len(cells):,} columns instead of {len(self._columns):,}"
            raise self._error(number, found, _COLUMNS_HINT)
        self._count += 1
        if self._count > MAX_ALIGNMENTS:
            raise self._error(number, f"there are more than {MAX_ALIGNMENTS:,} rows", "Split it.")
        query, subject = (cells[self._columns.index(column)] for column in (_QUERY, _SUBJECT))
        self._rows.setdefault(query, {}).setdefault(subject, []).append((number, "\t".join(cells)))

    def _set_columns(self, number: int, names: Sequence[str]) -> None:
        columns = [name if name in _FIELDS.values() else _IGNORED for name in names]
        for role, candidates in _NAMES:
            chosen = next((name for name in candidates if name in columns), "")
            columns = [
                role if name == chosen else _IGNORED if name in candidates else name
                for name in columns
            ]
        for pair in _PAIRS:
            if not set(pair) <= set(columns):
                columns = [_IGNORED if name in pair else name for name in columns]
        if missing := [name for name in _REQUIRED if name not in columns]:
            raise self._error(number, f"there is no column {missing[0]}", _COLUMNS_HINT)
        if len(set(columns) - {_IGNORED}) < sum(name != _IGNORED for name in columns):
            raise self._error(number, "two columns have one name", _COLUMNS_HINT)
        if self._columns and columns != self._columns:
            raise self._error(number, "the columns are others than before", "Split the file.")
        self._columns = columns

    def _parse(self) -> tuple[dict[str, int | None], dict[str, list[BlastHit]]]:
        """Return the lengths of the queries that have hits, and their hits."""
        from Bio.SearchIO.BlastIO.blast_tab import BlastTabParser

        rows = _Rows(
            row for subjects in self._rows.values() for lines in subjects.values() for row in lines
        )
        lengths: dict[str, int | None] = {}
        hits: dict[str, list[BlastHit]] = {}
        try:
            parser = BlastTabParser(  # type: ignore[no-untyped-call]
                rows, fields=list(self._columns)
            )
            for query in parser:
                lengths[query.id] = getattr(query, "seq_len", None)
                hits[query.id] = [self._hit(hit, rows.numbers) for hit in query]
        except ValueError as error:
            raise self._error(rows.last, _describe(error), _VALUES_HINT) from None
        return lengths, hits

    def _hit(self, hit: Any, numbers: deque[int]) -> BlastHit:
        alignments = []
        for part in hit:
            number = numbers.popleft()
            try:
                alignments.append(_alignment(part))
            except ValidationError as error:
                raise self._error(number, describe_fault(error), _VALUES_HINT) from None
        title = clean_name(getattr(hit, "title", ""))
        return BlastHit(clean_name(hit.id), title, getattr(hit, "seq_len", None), tuple(alignments))

    def _error(self, number: int, reason: str, hint: str) -> InputError:
        return InputError(f"{self._name}, line {number:,}: {reason}.", hint)


class _Rows:
    """Rows for Biopython, which reads them like a file, one ahead.

    Attributes
    ----------
    numbers
        Lines of the rows that were read, until they are taken.
    last
        Line of the last one.
    """

    def __init__(self, rows: Iterable[tuple[int, str]]) -> None:
        self._rows = iter(rows)
        self.numbers: deque[int] = deque()
        self.last = 0

    def readline(self) -> str:
        """Return the next row; empty after the last one."""
        number, row = next(self._rows, (0, ""))
        if row:
            self.last = number
            self.numbers.append(number)
        return row


def _alignment(part: Any) -> BlastAlignment:
    """Return an alignment from Biopython's, which has no types."""
    (piece,) = part.fragments
    columns = getattr(piece, "aln_span", None)
    percent, identical = getattr(part, "ident_pct", None), getattr(part, "ident_num", None)
    identity = None if percent is None else percent / 100
    if identity is None and identical is not None and columns:
        identity = identical / columns
    starts_at = piece.hit_start
    return BlastAlignment(
        query_start=piece.query_start + 1,
        query_end=piece.query_end,
        subject_start=None if starts_at is None else starts_at + 1,
        subject_end=piece.hit_end,
        strand="-" if (piece.query_strand or 1) * (piece.hit_strand or 1) < 0 else "+",
        identity=identity,
        columns=columns,
        evalue=getattr(part, "evalue", None),
        bits=getattr(part, "bitscore", None),
    )


def _describe(error: ValueError) -> str:
    """Return what is wrong with a value, in a few words."""
    text = str(error)
    for pattern, reason in _REASONS:
        if match := pattern.fullmatch(text):
            return match.expand(reason) if len(text) < 2 * _MAX_SHOWN else "a value is too long"
    return "a value is invalid"
