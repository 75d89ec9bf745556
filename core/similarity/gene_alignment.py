"""Two genes of a library, aligned."""

from core.alignment.explanation import explain_by
from core.alignment.pairwise import Alignment
from core.classification.votes import Hit
from core.classify import classify
from core.errors import InputError
from core.library.library import Library
from core.sequences.records import Record
from core.similarity.organism_pairs import Gene


def align_genes(library: Library, one: Gene, other: Gene, product: float) -> Alignment | None:
    """The best local alignment of a gene with another; None where nothing of them aligns.

    Proteins are aligned where the library's encoder tells in which frame, else bases.

    Parameters
    ----------
    product
        Their inner product.

    Raises
    ------
    InputError
        If one of them is not in the library any more.
    """
    residues = library.residues([one.id, other.id])
    for each in (one, other):
        if each.id not in residues:
            message = f"{each.name} of {each.organism} is not in the library any more."
            raise InputError(message, "Load the page again.")
    record = Record(one.name, residues[one.id], 1, 1)
    (call,) = classify(library, [record], organisms=[other.organism], neighbours=1)
    hit = Hit(other.id, other.organism, other.family, other.name, product, other.length)
    found = explain_by(record.residues, call, [hit], residues).alignments
    return found[0] if found else None
