"""Families and organisms of BLAST's subjects, where a library or their headers name them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from core.blast_results.results import BlastHit, BlastResults
from core.library.library import Library
from core.sequences.families import (
    class_number,
    default_name,
    family_name,
    is_family,
    number_families,
)
from core.sequences.header_patterns import FAMILY_PATTERNS, ORGANISM_PATTERNS, search_headers

_Label = TypeVar("_Label", int, str)

# Not the number between bars: accession numbers stand there too.
_FAMILY = FAMILY_PATTERNS["family=…"]
_ORGANISM = ORGANISM_PATTERNS["organism=…"]


@dataclass(frozen=True, slots=True)
class SubjectLabels:
    """Families and organisms of subjects, by their names; nothing is guessed.

    Attributes
    ----------
    families
        Class number of a subject's family: that of the library, or a free one.
    organisms
        Organism of a subject.
    names
        Name of each class number.
    """

    families: Mapping[str, int] = field(default_factory=dict)
    organisms: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)

    def family(self, hit: BlastHit) -> str:
        """Return the name of a hit's family; empty if it is not known."""
        number = self.families.get(hit.name)
        return "" if number is None else family_name(self.names, number)

    def organism(self, hit: BlastHit) -> str:
        """Return the organism of a hit; empty if it is not known."""
        return self.organisms.get(hit.name, "")


def label_subjects(results: BlastResults, library: Library | None) -> SubjectLabels:
    """Return the families and organisms of the subjects of some results.

    They are those of the library's gene of the same name, unless genes of this name disagree; else
    those that the header names, as in ``gene_family=Kinase``. A class number in a header has a
    meaning only where it was written, and keeps no more than its number.

    Parameters
    ----------
    library
        Library whose genes may be among the subjects; None if there is none.

    Raises
    ------
    StoreError
        If the library cannot be read.
    """
    titles = {hit.name: hit.title for query in results.queries for hit in query.hits}
    known = library.families if library else {}
    genes = library.genes_named(titles.keys()) if library else {}
    families = dict(_agreed({name: {row[1] for row in rows} for name, rows in genes.items()}))
    organisms = dict(_agreed({name: {row[0] for row in rows} for name, rows in genes.items()}))
    others = {name: title for name, title in titles.items() if name not in genes}
    written = dict(_search(_FAMILY, others))
    spelled = {name: _spell(text) for name, text in written.items() if is_family(text)}
    numbering = number_families(spelled.values(), known, {})
    families |= {name: numbering.numbers[text] for name, text in spelled.items()}
    organisms |= dict(_search(_ORGANISM, others))
    return SubjectLabels(families, organisms, numbering.names)


def _agreed(labels: Mapping[str, set[_Label]]) -> Iterator[tuple[str, _Label]]:
    for name, found in labels.items():
        if len(found) == 1:
            yield name, next(iter(found))


def _search(pattern: str, titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    matches = search_headers(pattern, list(titles.values()))
    return ((name, text) for name, text in zip(titles, matches, strict=True) if text)


def _spell(text: str) -> str:
    number = class_number(text)
    return text if number is None else default_name(number)
