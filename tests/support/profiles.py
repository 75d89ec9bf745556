"""Families whose members share so little that only a profile of many of them finds another one.

At each position a member has the residue of the family with a probability of about a fifth,
otherwise any: two members are nearly as different as unrelated proteins.
"""

import random
from collections.abc import Iterable, Sequence
from functools import cache
from io import BytesIO

from Bio.Data import CodonTable
from pyhmmer.easel import Alphabet, TextMSA, TextSequence
from pyhmmer.plan7 import Background, Builder

from core.sequences.records import Record

FAMILIES = {0: "Kinase", 1: "Synthase", 2: "Ion channel", 3: "Receptor"}
LENGTH = 220
RESIDUES = "ACDEFGHIKLMNPQRSTVWY"

_CONSERVED = 0.22
_CODONS: dict[str, list[str]] = {}
for _codon, _residue in sorted(CodonTable.unambiguous_dna_by_id[1].forward_table.items()):
    _CODONS.setdefault(_residue, []).append(_codon)


def distant_protein(family: object, name: object, length: int = LENGTH) -> str:
    """Return a member of a family; the same one for the same name."""
    consensus = random.Random(f"family {family}").choices(RESIDUES, k=length)
    draw = random.Random(f"member {family} {name}")
    return "".join(
        residue if draw.random() < _CONSERVED else draw.choice(RESIDUES) for residue in consensus
    )


def coding(protein: str, seed: object = "") -> str:
    """Return DNA that codes for a protein, with any of the codons."""
    draw = random.Random(f"codons {protein} {seed}")
    return "".join(draw.choice(_CODONS[residue]) for residue in protein)


def distant_member(family: object, name: object) -> str:
    """Return the DNA of a member."""
    return coding(distant_protein(family, name))


def distant_members(
    organism: str, count: int = 12, families: Iterable[int] = FAMILIES
) -> list[Record]:
    """Return members of each family."""
    return [
        Record(
            f"{organism}_{family}_{number}",
            distant_member(family, f"{organism} {number}"),
            row,
            row,
            family,
        )
        for row, (family, number) in enumerate(
            ((family, number) for family in families for number in range(count)), start=1
        )
    ]


@cache
def profile(family: object, name: str = "", description: str = "", members: int = 40) -> str:
    """Return a profile of members that no library has, in HMMER3 text format."""
    proteins = [distant_protein(family, f"outside {number}") for number in range(members)]
    return build(name or f"profile_{family}", proteins, description)


def build(
    name: str, proteins: Sequence[str], description: str = "", alphabet: str = "amino"
) -> str:
    """Return a profile of aligned sequences."""
    letters = Alphabet.amino() if alphabet == "amino" else Alphabet.dna()
    alignment = TextMSA(
        name=name,
        sequences=[
            TextSequence(name=str(index), sequence=protein)
            for index, protein in enumerate(proteins)
        ],
    )
    hmm, _, _ = Builder(letters, seed=1).build_msa(alignment.digitize(letters), Background(letters))
    hmm.description = description or None
    file = BytesIO()
    hmm.write(file)
    return file.getvalue().decode()


def profile_file(*families: object) -> bytes:
    """Return a file of the profiles of some families."""
    return "".join(profile(family) for family in families or FAMILIES).encode()
