"""An organism, another one to take its place, and which of the two is there."""

from dataclasses import replace

from core.library.load import LoadReport, load
from core.library.manager import Libraries
from core.sequences.records import Record
from tests.support.contents import contents, require_agreement
from tests.support.synthetic import FAMILY_NAMES, genes

OLD, DOG = genes("human", 7), genes("dog", 4)
KEPT = [
    replace(each, family=(each.family or 0) + 1, name=f"kept_{each.position}") for each in OLD[:3]
]
"""Sequences that the old one has too, in other families."""
NEW = [
    *KEPT,
    *(replace(each, position=each.position + 3) for each in genes("newer human", 5)),
]
QUERIES = [record.residues for record in (*OLD, *NEW[3:], *DOG)]

Found = list[dict[str, tuple[int, str]]]


def load_old(libraries: Libraries, name: str) -> None:
    references = {"human": OLD, "dog": DOG}
    load(libraries, references, library=name, encoder="count", families=FAMILY_NAMES)


def replaced(libraries: Libraries, name: str) -> LoadReport:
    return load(libraries, {"human": NEW}, library=name, replace=True)


def found_by(libraries: Libraries, name: str) -> Found:
    """Name, family and organism of all hits of each query."""
    hits = libraries.open(name).search(QUERIES, limit=100)
    return [{hit.name: (hit.family, hit.organism) for hit in each} for each in hits]


def residues_of(records: list[Record]) -> list[str]:
    return [record.residues for record in records]


def require_new(libraries: Libraries, name: str) -> None:
    """Check that the new one is there, the other organism as it was, and nothing else."""
    found = contents(libraries, name)
    require_agreement(found)
    assert {each: [row.residues for row in rows] for each, rows in found.sequences.items()} == {
        "human": residues_of(NEW),
        "dog": residues_of(DOG),
    }
    assert [row.family for row in found.sequences["human"]] == [each.family for each in NEW]
    names = {hit: told for hit, told in found_by(libraries, name)[0].items() if told[1] == "human"}
    assert names == {row.name: (row.family, "human") for row in found.sequences["human"]}
