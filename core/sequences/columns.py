"""A proposal of where the parts of a record stand, by the names of columns and by their values."""

import re
from collections.abc import Callable, Iterable, Sequence

from core.errors import InputError
from core.sequences.alphabet import looks_like_dna
from core.sequences.families import is_family
from core.sequences.headers import FAMILY_PATTERNS, ORGANISM_PATTERNS, best_pattern
from core.sequences.tables import REASON_HEADER
from core.sequences.uploads import Layout, Row, Upload
from core.sequences.words import FAMILY_WORDS, NAME_WORDS, ORGANISM_WORDS, SEQUENCE_WORDS, word

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
