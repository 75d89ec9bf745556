"""A library, opened to search: an encoder, vectors and labels under one name."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import numpy as np

from core.arrays import Vectors, recognised
from core.classification.model import Candidate, FamilyModel
from core.classification.votes import Hit
from core.encoders import Encoder
from core.errors import EncoderReplaced, InputError, LibraryError, StoreError
from core.library.candidates import CandidateCache
from core.stores import Stores
from core.stores.milvus.index import VectorIndex
from core.stores.milvus.vectors import Neighbours
from core.stores.sql import Label, LibraryRow, LoadRow, OrganismRow, SequenceRow
from core.stores.sql.schema import PENDING

_ATTEMPTS = 3


class Library:
    """A library, opened to search; a light object, made anew for each piece of work."""

    def __init__(
        self,
        stores: Stores,
        row: LibraryRow,
        encoder: Encoder,
        caller: FamilyModel | None,
        relatives: CandidateCache,
        *,
        open_again: "Callable[[str], Library]",
    ) -> None:
        self._stores = stores
        self._row = row
        self._relatives = relatives
        self._open_again = open_again
        self.caller = caller
        self.name = row.name
        self.encoder = encoder
        self.fingerprint = row.fingerprint
        self.identity = row.identity
        self.index = VectorIndex(**row.index)
        self.families = stores.labels.families(row.id)

    def reopened(self) -> "Library":
        """The library as it is now."""
        return self._open_again(self.name)

    @property
    def threshold(self) -> float:
        """Confidence from which on a query is called."""
        if self._row.threshold is not None:
            return self._row.threshold
        return self.caller.threshold if self.caller else 0.0

    def family_name(self, family: int) -> str:
        """The name of a class number; what was loaded since this was opened may be new here."""
        return self.families.get(family, f"class {family}")

    def relatives(self, hits: Sequence[Hit]) -> list[Candidate]:
        """What deciding needs of each hit; a sequence removed meanwhile shares nothing."""
        return self._relatives.of(self._stores.labels, self._row, self.encoder, hits)

    def organisms(self) -> list[OrganismRow]:
        """The organisms that are ready, with their counts, in the order they came."""
        return self._stores.labels.organisms(self._row.id)

    def organism_names(self) -> list[str]:
        """Names of the organisms that are ready, in the order they came."""
        return self._stores.labels.organism_names(self._row.id)

    def added_since_fit(self) -> int:
        """How many of its sequences came after its encoder was fitted."""
        return self._stores.labels.count_after(self._row.id, self._row.fitted_load)

    def partitions(self) -> dict[str, str]:
        """Partitions of the organisms that are ready: sequences have their ids by them."""
        return self._stores.labels.partitions(self._row.id)

    def contents(self) -> str:
        """A digest of all that its answers depend on, 64 hexadecimal digits.

        It changes with every load and removal, with the names of families, and with a calibration.
        """
        loads = self._stores.labels.loaded_at(self._row.id)  # Nothing else changes an organism.
        loaded = {number: str(time) for number, time in loads.items()}
        told = [self.fingerprint, self._row.caller, self.families, self.organism_names(), loaded]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def residues(self, ids: Sequence[int]) -> dict[int, str]:
        """The residues of those of these sequences that the library has."""
        return self._stores.labels.residues(self._row.id, ids)

    def known_families(self, ids: Sequence[int]) -> dict[int, int]:
        """The family of each of these sequences that the library has."""
        return self._stores.labels.known_families(self._row.id, ids)

    def loads(self) -> dict[int, list[LoadRow]]:
        """Where the sequences of each organism came from, by its id."""
        return self._stores.labels.loads_by_organism(self._row.id)

    def lengths(self, organism: OrganismRow) -> dict[int, int]:
        """How many sequences of an organism have each length in bases."""
        return self._stores.labels.lengths(organism.id)

    def sequences(self, organism: str, limit: int | None = None) -> list[SequenceRow]:
        """The first `limit` (or all) sequences of an organism, in the order they came."""
        rows = {row.name: row for row in self.organisms()}
        if organism not in rows:
            raise no_organism(self.name, organism, list(rows))
        return self._stores.labels.sequences(rows[organism].id, limit)

    def search(
        self,
        sequences: Sequence[str],
        *,
        organisms: Sequence[str] | None = None,
        limit: int = 10,
    ) -> list[list[Hit]]:
        """The nearest neighbours of each sequence, best first.

        Parameters
        ----------
        sequences
            IUPAC DNA, upper case.
        organisms
            Where to look; everywhere, if None.
        limit
            Most neighbours a sequence.

        Returns
        -------
        list of list of Hit
            One list a sequence; empty where nothing of it was recognised.

        Raises
        ------
        InputError
            If an organism is not in the library.
        """
        vectors = self.encoder.encode_queries(sequences)
        try:
            return self.search_vectors(vectors, organisms=organisms, limit=limit)
        except EncoderReplaced:
            return self.reopened().search(sequences, organisms=organisms, limit=limit)

    def search_vectors(
        self, vectors: Vectors, *, organisms: Sequence[str] | None = None, limit: int = 10
    ) -> list[list[Hit]]:
        """As :meth:`search`, from the vectors of queries.

        Raises
        ------
        Refitted
            If its encoder was exchanged meanwhile: the vectors of the queries say nothing any more.
        """
        readable = np.flatnonzero(recognised(vectors))
        hits: list[list[Hit]] = [[] for _ in range(vectors.shape[0])]
        for row, found in zip(
            readable, self._neighbours(vectors[readable], organisms, limit), strict=True
        ):
            hits[row] = found
        return hits

    def _neighbours(
        self, vectors: Vectors, organisms: Sequence[str] | None, limit: int
    ) -> list[list[Hit]]:
        """Search and recall; again, if the library was written to in between."""
        if not vectors.shape[0]:
            self._visible(organisms)  # What is asked for must be there all the same.
            return []
        for attempt in range(1, _ATTEMPTS + 1):
            visible = self._visible(organisms)
            partitions, loads = visible
            pending = [number for number, state in loads.items() if state == PENDING]
            try:
                found = self._stores.vectors.search(
                    self._row.collection,
                    list(partitions.values()),
                    vectors,
                    limit,
                    self.index,
                    without_loads=pending,
                )
            except StoreError:
                self._require_same_encoder()
                if attempt < _ATTEMPTS and self._visible(organisms) != visible:
                    continue
                raise
            ids = np.unique(found.ids[found.ids >= 0]).tolist()
            labels = self._stores.labels.recall(self._row.id, ids)
            if len(labels) == len(ids) and self._visible(organisms) == visible:
                break
        return _hits(found, labels)

    def _require_same_encoder(self) -> None:
        row = self._stores.labels.library(self.name)
        if row is not None and row.collection != self._row.collection:
            message = f"The encoder of the library {self.name!r} was exchanged meanwhile."
            raise EncoderReplaced(message, "Ask again.")

    def _visible(self, organisms: Sequence[str] | None) -> tuple[dict[str, str], dict[int, str]]:
        """The organisms to search with their partitions, and the state of every load."""
        ready = self._stores.labels.partitions(self._row.id)
        for organism in organisms or ():
            if organism not in ready:
                raise no_organism(self.name, organism, list(ready))
        wanted = {
            name: partition
            for name, partition in ready.items()
            if organisms is None or name in organisms
        }
        if not wanted:
            message = f"The library {self.name!r} is empty."
            raise LibraryError(message, "Load an organism first.")
        return wanted, self._stores.labels.load_states(self._row.id)


def check_threshold(threshold: float) -> None:
    """Check that a confidence can be a threshold.

    Raises
    ------
    InputError
        If it is not between 0 and 1.
    """
    if not 0 <= threshold <= 1:  # Not a number fails too.
        message = f"{threshold} cannot be a threshold."
        raise InputError(message, "A confidence lies between 0 and 1.")


def index_settings(index: VectorIndex) -> Mapping[str, object]:
    """An index as its library's row keeps it."""
    return asdict(index)


def no_organism(library: str, organism: str, known: Sequence[str]) -> InputError:
    """The error that an organism is not in a library, and which ones are."""
    message = f"There is no organism {organism[:80]!r} in the library {library!r}."
    return InputError(message, f"It has: {', '.join(known) or 'none yet'}.")


def _hits(found: Neighbours, labels: Mapping[int, Label]) -> list[list[Hit]]:
    hits = []
    for ids, scores in zip(found.ids.tolist(), found.scores.tolist(), strict=True):
        rows = (
            (number, labels.get(number), score) for number, score in zip(ids, scores, strict=True)
        )
        hits.append(
            [
                Hit(number, label.organism, label.family, label.name, score, label.length)
                for number, label, score in rows
                if label is not None
            ]
        )
    return hits
