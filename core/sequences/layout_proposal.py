"""Proposal of the layout of a file, from the names of its columns and from their values.

Any part of it can be changed before the records are read by it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from core.sequences.alphabet import looks_like_dna
from core.sequences.families import is_family
from core.sequences.header_patterns import (
    FAMILY_PATTERNS,
    ORGANISM_PATTERNS,
    best_pattern,
    describe_several_families,
)
from core.sequences.issues import shorten
from core.sequences.layout import Layout, column_label
from core.sequences.readers.tables import (
    COLUMN_WORDS,
    FAMILY_WORDS,
    NAME_WORDS,
    ORGANISM_WORDS,
    REASON_HEADER,
    SEQUENCE_WORDS,
    canonical_header,
)
from core.sequences.source_file import Row, SourceFile

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


def propose_organism(file: SourceFile) -> str:
    """Return the organism that the name of a file suggests.

    >>> from core.sequences.source_file import Format
    >>> propose_organism(SourceFile("chimpanzee.txt.gz", Format.TABLE))
    'chimpanzee'
    """
    return _SUFFIXES.sub("", file.name)


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
        return repr(shorten(column_label(self._header, column), _MAX_LABEL_LENGTH))

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
