"""Families and organisms out of header lines, by patterns.

Patterns run in RE2, through pyarrow: its time grows with the length of the header only, so that no
pattern a person gives can keep a server busy, as backtracking would.

A proposal of where the parts of a record stand, by the names of columns and by their values.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from core.errors import InputError
from core.sequences.alphabet import looks_like_dna
from core.sequences.families import is_family
from core.sequences.readers.excel import MAX_CELL
from core.sequences.readers.tables import (
    FAMILY_WORDS,
    NAME_WORDS,
    ORGANISM_WORDS,
    REASON_HEADER,
    SEQUENCE_WORDS,
    word,
)
from core.sequences.records import Problem
from core.sequences.upload import Entry, Format, Layout, Row, Upload

MAX_PATTERN = 300
"""Longest pattern, in characters."""
MAX_HEADER = 1_000
"""Characters of a header in which a pattern is searched."""
_VALUE = r"""\s*[=:]\s*["']?([^\]|;"'=:]+?)["']?\s*(?:[\]|;"']|[\s,]\w+[=:]|$)"""
FAMILY_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "family=…": rf"(?i)\b(?:gene[ _]?)?(?:family|class){_VALUE}",
        "|3|": r"\|\s*(\d{1,4})\s*(?:\||\s|$)",
    }
)
"""What families in headers look like, most telling first, and the pattern that reads it:
``class=3``, ``family:Ion channel``, ``[gene_family=Synthase]``; a number between bars."""
ORGANISM_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "organism=…": rf"(?i)\b(?:organism|species){_VALUE}",
        "OS=…": r"\bOS=([^=]+?)\s*(?:\s\w\w=|$)",
    }
)
"""The same of organisms; ``OS=`` is UniProt's."""


def search(pattern: str, headers: Sequence[str]) -> list[str]:
    r"""What the first group of a pattern finds in each header; empty where it finds nothing.

    Raises
    ------
    InputError
        If the pattern is too long, cannot be read, or has no group.

    Examples
    --------
    >>> search(r"class=(\d+)", ["gene1 class=3", "gene2"])
    ['3', '']
    """
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    if len(pattern) > MAX_PATTERN:
        message = f"The pattern has {len(pattern):,} characters; at most {MAX_PATTERN} are read."
        raise InputError(message, "Shorten it to what stands around the family.")
    texts = pa.array([header[:MAX_HEADER] for header in headers], pa.large_string())
    try:
        found = pc.match_substring_regex(texts, pattern=pattern)
        groups = pc.replace_substring_regex(
            texts, pattern=f"^.*?(?:{pattern}).*$", replacement=r"\1", max_replacements=1
        )
    except (pa.ArrowException, UnicodeEncodeError) as error:
        raise InputError(_why(pattern, str(error)), r"An example: class=(\d+)") from None
    values = pc.if_else(found, pc.utf8_trim_whitespace(groups), "")
    return [str(value) for value in values.to_pylist()]


def best_pattern(patterns: Mapping[str, str], headers: Sequence[str]) -> str:
    """The pattern that finds something in most headers, the earlier of equals; or empty."""
    if not headers:
        return ""
    counts = {pattern: sum(map(bool, search(pattern, headers))) for pattern in patterns.values()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ""


def _why(pattern: str, reason: str) -> str:
    if "only has 0 parenthesized" in reason:
        return f"The pattern {pattern[:80]!r} has no brackets around the family."
    reason = reason.removeprefix("Invalid regular expression: ").partition(": (^")[0]
    reason = reason.partition(": ")[0].splitlines()[0]
    return f"The pattern {pattern[:80]!r} cannot be read: {reason}."


SAMPLE = 200
"""Rows that a proposal goes by."""
_MOST = 0.5
"""Share of the values that must look like something for the column to hold it."""
_BINOMIAL = re.compile(r"[A-Z][a-z]+[ _][a-z]{3,}")
_PROTEIN = re.compile(r"(ase|carrier|channel|factor|protein|receptor|transporter)s?$")
"""Ends of names of proteins: some look like a binomial, such as "Tyrosine kinase"."""


def propose(upload: Upload) -> Layout:
    """Where the parts of the upload's records seem to stand; the person may change any of it."""
    if upload.headed:
        headers = [row.cells[0] for row in upload.rows[:SAMPLE]]
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
    return _Proposal(upload.header, upload.rows[:SAMPLE]).layout()


def find_column(upload: Upload, name: str) -> int:
    """The place of the column of that name, from 0.

    Raises
    ------
    InputError
        If there is none.
    """
    if name in upload.header:
        return upload.header.index(name)
    words = [word(cell) for cell in upload.header]
    if word(name) in words:
        return words.index(word(name))
    columns = ", ".join(repr(cell[:40]) for cell in upload.header[:20])
    message = f"{upload.name} has no column {name[:40]!r}."
    raise InputError(message, f"Choose one of its columns: {columns}.")


class _Proposal:
    """Takes columns one after the other, the surest first, each for one part."""

    def __init__(self, header: Sequence[str], rows: Sequence[Row]) -> None:
        self._words = [word(cell) for cell in header]
        self._header = header
        self._values = [
            [row.cells[at].strip() for row in rows if at < len(row.cells) and row.cells[at].strip()]
            for at in range(len(header))
        ]
        self._free = [at for at, each in enumerate(self._words) if each not in REASON_HEADER]
        self._notes: list[str] = []

    def layout(self) -> Layout:
        sequence = self._sequence()
        family = self._by_word(FAMILY_WORDS)
        organism = self._by_word(ORGANISM_WORDS)
        name = self._by_word(NAME_WORDS)
        organism = self._by_values(_are_organisms) if organism is None else organism
        family = self._varied(_are_families) if family is None else family
        name = self._by_values(_are_names) if name is None else name
        return Layout(sequence, family, organism, name, notes=tuple(self._notes))

    def _sequence(self) -> int | None:
        """A column of DNA; of several the one that is called so, else the first."""
        holding = [at for at in self._free if _share(looks_like_dna, self._values[at]) >= _MOST]
        if not holding:
            return self._by_word(SEQUENCE_WORDS)
        called = [at for each in SEQUENCE_WORDS for at in holding if self._words[at] == each]
        taken = (called or holding)[0]
        if len(holding) > 1:
            names = ", ".join(repr(self._header[at][:40]) for at in holding[:5])
            self._notes.append(
                f"{len(holding)} columns hold sequences: {names}."
                f" {self._header[taken][:40]!r} was taken; choose another if that is wrong."
            )
        self._free = [at for at in self._free if at not in holding]
        return taken

    def _by_word(self, words: Iterable[str]) -> int | None:
        return self._take([at for each in words for at in self._free if self._words[at] == each])

    def _by_values(self, suits: Callable[[list[str]], bool]) -> int | None:
        return self._take([at for at in self._free if suits(self._values[at])])

    def _varied(self, suits: Callable[[list[str]], bool]) -> int | None:
        """A column that tells records apart, before one that says the same of all."""
        suiting = [at for at in self._free if suits(self._values[at])]
        return self._take(sorted(suiting, key=lambda at: len(set(self._values[at])) == 1))

    def _take(self, candidates: list[int]) -> int | None:
        if not candidates:
            return None
        self._free.remove(candidates[0])
        return candidates[0]


def _share(test: Callable[[str], bool], values: list[str]) -> float:
    return sum(map(test, values)) / len(values) if values else 0.0


def _are_organisms(values: list[str]) -> bool:
    return _share(_is_binomial, values) >= _MOST


def _is_binomial(value: str) -> bool:
    return _BINOMIAL.match(value) is not None and not _PROTEIN.search(value)


def _are_families(values: list[str]) -> bool:
    """Whether few families come again and again; in a short table, whether any does."""
    repeated = len(set(values)) <= max(len(values) / 2, min(len(values) - 1, 10))
    return repeated and _share(is_family, values) >= _MOST


def _are_names(values: list[str]) -> bool:
    """Whether they are short and each is there once."""
    return len(values) > 1 and len(set(values)) == len(values) and max(map(len, values)) <= 100


_SUFFIXES = re.compile(r"(?:\.[A-Za-z0-9]{1,6}){1,2}$")


def organism_of(upload: Upload) -> str:
    """What the file's name says of the organism: a proposal.

    >>> organism_of(Upload("chimpanzee.txt.gz", Format.TABLE))
    'chimpanzee'
    """
    return _SUFFIXES.sub("", upload.name)


def read_entries(upload: Upload, layout: Layout) -> list[Entry]:
    """The records of an upload, their parts told apart as the layout says.

    Raises
    ------
    InputError
        If the layout does not fit the upload, or a pattern cannot be used.
    """
    _check_layout(upload, layout)
    families = _parts(upload.rows, layout.family, layout.family_pattern)
    organisms = _parts(upload.rows, layout.organism, layout.organism_pattern)
    parts = zip(upload.rows, families, organisms, strict=True)
    return [
        Entry(
            position=position,
            line=row.line,
            name=_name(upload, layout, row),
            family=family,
            organism=organism,
            body=_cell(row, layout.sequence),
            body_line=row.line + (upload.format in {Format.FASTA, Format.FASTQ}),
            problem=_problem(upload, layout, position, row),
        )
        for position, (row, family, organism) in enumerate(parts, start=1)
    ]


def _check_layout(upload: Upload, layout: Layout) -> None:
    columns = ", ".join(repr(name[:40]) for name in upload.header[:20])
    if layout.sequence is None:
        message = f"{upload.name} has no column of sequences that could be told."
        raise InputError(message, f"Choose one of its columns: {columns}.")
    chosen = (layout.sequence, layout.family, layout.organism, layout.name)
    for column in chosen:
        if column is not None and not 0 <= column < len(upload.header):
            message = f"{upload.name} has no column {column + 1}."
            raise InputError(message, f"Choose one of its columns: {columns}.")


def _parts(rows: Sequence[Row], column: int | None, pattern: str) -> list[str]:
    cells = [_cell(row, column).strip() for row in rows]
    return search(pattern, cells) if pattern and column is not None else cells


def _cell(row: Row, column: int | None) -> str:
    return row.cells[column] if column is not None and column < len(row.cells) else ""


def _name(upload: Upload, layout: Layout, row: Row) -> str:
    """The first word of a header, the whole of a cell."""
    text = _cell(row, layout.name).strip()
    return (text.split(maxsplit=1) or [""])[0] if upload.headed else text


def _problem(upload: Upload, layout: Layout, position: int, row: Row) -> Problem | None:
    """A row of another width than its header; a sequence that Excel has cut."""
    cells, columns = len(row.cells), len(upload.header)
    record = f"Record {position:,} (line {row.line:,})"
    if upload.format is Format.EXCEL:
        if len(_cell(row, layout.sequence)) < MAX_CELL:
            return None
        what = f"has {MAX_CELL:,} characters, where Excel cuts off; give it as text"
        return Problem("cut", f"{record} {what}.")
    if cells == columns or (cells > columns and not any(map(str.strip, row.cells[columns:]))):
        return None
    what = f"has {cells:,} columns where the header has {columns:,}"
    return Problem("columns", f"{record} {what}.")
