"""What people call the columns of their tables, most telling first."""

import re

SEQUENCE_WORDS = (
    "sequence", "seq", "dna", "dna sequence", "coding sequence", "cds", "nucleotide sequence",
    "nucleotides", "residues", "bases", "orf", "mrna", "cdna", "rna",
)  # fmt: skip
FAMILY_WORDS = (
    "class", "family", "gene family", "gene class", "family id", "family name", "label",
    "category", "group", "superfamily", "type", "target",
)  # fmt: skip
ORGANISM_WORDS = (
    "organism", "species", "organism name", "scientific name", "taxon", "genome", "strain",
)  # fmt: skip
NAME_WORDS = (
    "name", "id", "gene", "gene id", "gene name", "symbol", "gene symbol", "accession",
    "identifier", "sequence id", "sequence name", "seq id", "transcript id", "locus", "header",
    "title",
)  # fmt: skip


def word(cell: str) -> str:
    """The name of a column without the differences that mean nothing.

    >>> word(" Gene_Family ")
    'gene family'
    """
    return re.sub(r"[\s_.-]+", " ", cell).strip().casefold()
