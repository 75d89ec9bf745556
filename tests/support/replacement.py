"""An organism, a replacement for it, and checks of which of the two a library has."""

from dataclasses import replace

from core.library.load import LoadReport, load
from core.library.manager import Libraries
from tests.support.contents import contents, require_agreement
from tests.support.synthetic import FAMILY_NAMES, genes

OLD, DOG = genes("human", 7), genes("dog", 4)
KEPT = [
    replace(record, family=(record.family or 0) + 1, name=f"kept_{record.position}")
    for record in OLD[:3]
]
"""Sequences that the old organism has too, in other families."""
NEW = [
    *KEPT,
    *(replace(record, position=record.position + 3) for record in genes("newer human", 5)),
]
QUERIES = [record.residues for record in (*OLD, *NEW[3:], *DOG)]

HitLabels = list[dict[str, tuple[int, str]]]
"""For every query, family and organism of each hit by its name."""


def load_old(libraries: Libraries, name: str) -> None:
    """Load the old human and a dog."""
    references = {"human": OLD, "dog": DOG}
    load(libraries, references, library=name, encoder="count", families=FAMILY_NAMES)


def replace_human(libraries: Libraries, name: str) -> LoadReport:
    """Replace the old human by the new one."""
    return load(libraries, {"human": NEW}, library=name, replace=True)


def find(libraries: Libraries, name: str) -> HitLabels:
    """Return the labels of all hits of each query."""
    found = libraries.open(name).search(QUERIES, limit=100)
    return [{hit.name: (hit.family, hit.organism) for hit in hits} for hits in found]


def require_new(libraries: Libraries, name: str) -> None:
    """Check that the library has the new human, the dog as it was, and nothing else."""
    found = contents(libraries, name)
    require_agreement(found)
    assert {
        organism: [row.residues for row in rows] for organism, rows in found.sequences.items()
    } == {
        "human": [record.residues for record in NEW],
        "dog": [record.residues for record in DOG],
    }
    assert [row.family for row in found.sequences["human"]] == [record.family for record in NEW]
    labels = find(libraries, name)[0]
    assert {hit: label for hit, label in labels.items() if label[1] == "human"} == {
        row.name: (row.family, "human") for row in found.sequences["human"]
    }
