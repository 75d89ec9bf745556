"""What is evaluated on: labelled sequences of a library or of files, in their order."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, LibraryError
from core.library.library import no_organism
from core.sequences.records import Record, require_good
from core.stores.sql import LabelStore

Places = NDArray[np.int64]
"""Places of sequences in a data set, from 0."""
MOST = 10_000
"""Sequences that are evaluated on, if no other number is asked for."""


@dataclass(frozen=True, slots=True)
class LabelledData:
    """Sequences with their families and organisms, side by side.

    Attributes
    ----------
    sequences
        IUPAC DNA, upper case.
    families
        Class numbers, int64, as many.
    organisms
        As many.
    source
        Where they are from, for people.
    family_names
        Names of class numbers, where they have any.
    """

    sequences: tuple[str, ...]
    families: NDArray[np.int64]
    organisms: tuple[str, ...]
    source: str = ""
    family_names: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of sequences."""
        return len(self.sequences)

    def taken(self, places: Places) -> "LabelledData":
        """Those at some places, in the order of these."""
        wanted = places.tolist()
        return replace(
            self,
            sequences=tuple(self.sequences[place] for place in wanted),
            families=self.families[places],
            organisms=tuple(self.organisms[place] for place in wanted),
        )

    def distinct(self) -> Places:
        """Places of the sequences that have no exact copy before them."""
        first: dict[str, int] = {}
        for place, sequence in enumerate(self.sequences):
            first.setdefault(sequence, place)
        return np.array(list(first.values()), dtype=np.int64)

    def drawn(self, most: int, seed: int) -> "LabelledData":
        """At most so many of them, at random, in their order."""
        if len(self) <= most:
            return self
        places = np.random.default_rng(seed).choice(len(self), most, replace=False)
        return self.taken(np.sort(places))

    def digest(self) -> str:
        """SHA-256 of all sequences, families and organisms in their order, in hexadecimal."""
        found = hashlib.sha256()
        rows = zip(self.sequences, self.families.tolist(), self.organisms, strict=True)
        for sequence, family, organism in rows:
            found.update(f"{sequence}\t{family}\t{organism}\n".encode())
        return found.hexdigest()


def data_of_records(
    references: Mapping[str, Sequence[Record]],
    *,
    source: str = "",
    family_names: Mapping[int, str] | None = None,
) -> LabelledData:
    """Records by organism, as checked for a load; exact copies stay.

    Raises
    ------
    InputError
        If there are none, or one of them cannot be used or has no family.
    """
    sequences, families, organisms = [], [], []
    for organism, records in references.items():
        require_good(records, organism)
        for record in records:
            if record.family is None:
                message = f"Record {record.position:,} (line {record.line:,}) has no family."
                raise InputError(message, "Every record to evaluate on needs one.")
            sequences.append(record.residues)
            families.append(record.family)
            organisms.append(organism)
    return _data(sequences, families, organisms, source, family_names or {})


def data_of_library(
    labels: LabelStore, name: str, organisms: Sequence[str] | None = None
) -> LabelledData:
    """The sequences of a library's organisms, of all if None; its vectors are not needed.

    Raises
    ------
    LibraryError
        If there is no such library.
    InputError
        If an organism is not in it.
    """
    row = labels.library(name)
    if row is None:
        message = f"There is no library {name!r}."
        raise LibraryError(message, "Load an organism into it first.")
    ready = {each.name: each.id for each in labels.organisms(row.id)}
    wanted = list(ready) if organisms is None else list(dict.fromkeys(organisms))
    sequences, families, owners = [], [], []
    for organism in wanted:
        if organism not in ready:
            raise no_organism(name, organism, list(ready))
        rows = labels.sequences(ready[organism])
        sequences += [each.residues for each in rows]
        families += [each.family for each in rows]
        owners += [organism] * len(rows)
    source = f"the library {name} ({', '.join(wanted)})"
    return _data(sequences, families, owners, source, labels.families(row.id))


def _data(
    sequences: Sequence[str],
    families: Sequence[int],
    organisms: Sequence[str],
    source: str,
    names: Mapping[int, str],
) -> LabelledData:
    if len(set(families)) < 2:
        message = "There are fewer than two families to tell apart."
        raise InputError(message, "Choose sequences of several families.")
    numbers = np.array(families, dtype=np.int64)
    return LabelledData(tuple(sequences), numbers, tuple(organisms), source, dict(names))
