"""Evaluation data: labelled sequences of a library or of files, in their order."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, LibraryError
from core.library.snapshot import unknown_organism_error
from core.sequences.records import Record, require_valid
from core.stores.sql import LabelStore

Indexes = NDArray[np.int64]
"""Indexes of sequences in a data set, from 0."""


@dataclass(frozen=True, slots=True)
class LabelledData:
    """Sequences with their families and organisms.

    Attributes
    ----------
    sequences
        IUPAC DNA, upper case.
    families
        Class numbers: int64, shape (sequences,).
    organisms
        One for each sequence.
    source
        Origin of the data, as shown to people.
    family_names
        Names by class number; may be incomplete.
    """

    sequences: tuple[str, ...]
    families: NDArray[np.int64]
    organisms: tuple[str, ...]
    source: str = ""
    family_names: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.sequences)

    def take(self, indexes: Indexes) -> "LabelledData":
        """Return the sequences at some indexes, in that order."""
        chosen = indexes.tolist()
        return replace(
            self,
            sequences=tuple(self.sequences[index] for index in chosen),
            families=self.families[indexes],
            organisms=tuple(self.organisms[index] for index in chosen),
        )

    def distinct(self) -> Indexes:
        """Return the indexes of all sequences but exact copies of an earlier one."""
        first: dict[str, int] = {}
        for index, sequence in enumerate(self.sequences):
            first.setdefault(sequence, index)
        return np.array(list(first.values()), dtype=np.int64)

    def sample(self, size: int, seed: int) -> "LabelledData":
        """Return at most `size` random sequences, in their order."""
        if len(self) <= size:
            return self
        indexes = np.random.default_rng(seed).choice(len(self), size, replace=False)
        return self.take(np.sort(indexes))

    def digest(self) -> str:
        """Return the SHA-256 of all sequences, families and organisms, in hexadecimal."""
        digest = hashlib.sha256()
        rows = zip(self.sequences, self.families.tolist(), self.organisms, strict=True)
        for sequence, family, organism in rows:
            digest.update(f"{sequence}\t{family}\t{organism}\n".encode())
        return digest.hexdigest()


def data_of_records(
    references: Mapping[str, Sequence[Record]],
    *,
    source: str = "",
    family_names: Mapping[int, str] | None = None,
) -> LabelledData:
    """Collect checked records by organism; exact copies stay.

    Raises
    ------
    InputError
        If there are fewer than two families, or a record is invalid or has no family.
    """
    sequences, families, organisms = [], [], []
    for organism, records in references.items():
        require_valid(records, organism)
        for record in records:
            if record.family is None:
                message = f"Record {record.position:,} (line {record.line:,}) has no family."
                raise InputError(message, "An evaluation needs the family of every record.")
            sequences.append(record.residues)
            families.append(record.family)
            organisms.append(organism)
    return _collect(sequences, families, organisms, source, family_names or {})


def data_of_library(
    labels: LabelStore, name: str, organisms: Sequence[str] | None = None
) -> LabelledData:
    """Read the sequences of a library's organisms (None: all); vectors are not needed.

    Raises
    ------
    LibraryError
        If there is no such library.
    InputError
        If an organism is not in it, or there are fewer than two families.
    """
    row = labels.library(name)
    if row is None:
        message = f"There is no library {name!r}."
        raise LibraryError(message, "Load an organism into it first.")
    ready = {organism.name: organism.id for organism in labels.organisms(row.id)}
    chosen = list(ready) if organisms is None else list(dict.fromkeys(organisms))
    sequences, families, owners = [], [], []
    for organism in chosen:
        if organism not in ready:
            raise unknown_organism_error(name, organism, list(ready))
        rows = labels.sequences(ready[organism])
        sequences += [sequence.residues for sequence in rows]
        families += [sequence.family for sequence in rows]
        owners += [organism] * len(rows)
    source = f"the library {name} ({', '.join(chosen)})"
    return _collect(sequences, families, owners, source, labels.families(row.id))


def _collect(
    sequences: Sequence[str],
    families: Sequence[int],
    organisms: Sequence[str],
    source: str,
    names: Mapping[int, str],
) -> LabelledData:
    if len(set(families)) < 2:
        message = "The data have fewer than two families."
        raise InputError(message, "Choose sequences of several families.")
    numbers = np.array(families, dtype=np.int64)
    return LabelledData(tuple(sequences), numbers, tuple(organisms), source, dict(names))
