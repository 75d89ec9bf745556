"""One opened library: its encoder, vectors and labels under one name, ready to search."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Vectors, nonzero_rows
from core.classification.model import Candidate, FamilyModel
from core.classification.prediction import Hit
from core.classification.profile_evidence import ProfileModel
from core.encoders import Encoder
from core.errors import EncoderReplaced, InputError, StoreError
from core.library.candidates import CandidateCache
from core.library.snapshot import LibrarySnapshot, OrganismCache, restrict, unknown_organism_error
from core.sequences.families import family_name
from core.stores.milvus.index import VectorIndex
from core.stores.sql import Label, LibraryRow, LoadRow, OrganismRow, SequenceRow, Visibility
from core.stores.sql.schema import READY
from core.stores.stores import Stores

if TYPE_CHECKING:
    from core.stores.milvus.vectors import Neighbours

MAX_EMBEDDED_GENES = 200_000
"""Genes beyond which a library belongs on a Milvus server: in Milvus Lite, this many take 3 GB of
memory and 20 s to open."""
_MAX_SEARCHES = 4
"""Attempts of one search; the first may rest on what was visible when the library was opened."""


class Library:
    """A library, opened for one piece of work.

    What it says about its organisms, loads and families is read once. A search is always of the
    library as it is now, and brings the rest up to date when the library has changed.
    """

    def __init__(
        self,
        stores: Stores,
        row: LibraryRow,
        encoder: Encoder,
        model: FamilyModel | None,
        *,
        candidate_cache: CandidateCache,
        organism_cache: OrganismCache,
        index: VectorIndex,
        profiles: ProfileModel | None = None,
        open_library: "Callable[[str], Library]",
    ) -> None:
        self._stores = stores
        self._row = row
        self._candidate_cache = candidate_cache
        self._open_library = open_library
        self._organism_cache = organism_cache
        self.refresh()
        self.model = model
        self.profiles = profiles
        self.name = row.name
        self.encoder = encoder
        self.fingerprint = row.fingerprint
        self.identity = row.identity
        self.index = index

    def reopened(self) -> "Library":
        """Return the library as it is now, with the encoder that it has now."""
        return self._open_library(self.name)

    def refresh(self) -> None:
        """Read organisms, loads and families again when they are next used."""
        self._snapshot = LibrarySnapshot(self._stores.labels, self._row, self._organism_cache)

    @property
    def outgrows_process(self) -> bool:
        """True if it has more genes than the memory of one process is for, and no server."""
        return self._stores.vectors.embedded and self.count_genes() > MAX_EMBEDDED_GENES

    @property
    def threshold(self) -> float:
        """The lowest confidence at which a query is called."""
        if self._row.threshold is not None:
            return self._row.threshold
        if self.profiles and self.profiles.is_used:
            return self.profiles.threshold
        return self.model.threshold if self.model else 0.0

    @property
    def families(self) -> dict[int, str]:
        """Family names by class number."""
        return self._snapshot.families

    def family_name(self, family: int) -> str:
        """Return the name of a class number, also of one that was added after opening."""
        return family_name(self.families, family)

    def count_genes(self, organisms: Collection[str] | None = None) -> int:
        """Return the number of genes of the organisms of these names; of all, if None."""
        return sum(
            organism.count
            for organism in self.organisms()
            if organisms is None or organism.name in organisms
        )

    def organisms(self) -> list[OrganismRow]:
        """Return the ready organisms with their counts, in the order they were added."""
        return self._snapshot.organisms

    def organism_names(self) -> list[str]:
        """Return the names of the ready organisms, in the order they were added."""
        return list(self.partitions())

    def partitions(self) -> dict[str, str]:
        """Return the partitions of the ready organisms: sequence ids are made with them."""
        return self._snapshot.visibility.partitions

    def loads(self) -> dict[int, list[LoadRow]]:
        """Return the loads that brought the sequences of each organism, by its id."""
        return self._snapshot.loads

    def added_since_fit(self) -> int:
        """Return how many sequences were added after the encoder was fitted."""
        return self._snapshot.added_since_fit

    def contents(self) -> str:
        """Return a digest of all that the answers depend on, 64 hexadecimal digits.

        It changes with every load and removal, with the names of families, with a calibration, and
        with every change of its profiles.
        """
        visibility = self._snapshot.visibility
        dates = {  # Nothing but a load changes an organism.
            number: str(visibility.loaded_at[number])
            for number, state in visibility.load_states.items()
            if state == READY
        }
        values = [self.fingerprint, self._row.caller, self.families, self.organism_names(), dates]
        if self._row.profiles:
            values.append(self._row.profiles)
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def residues(self, ids: Sequence[int]) -> dict[int, str]:
        """Return the residues of those sequences that the library has, by id."""
        return self._stores.labels.residues(self._row.id, ids)

    def genes_named(self, names: Collection[str]) -> dict[str, set[tuple[str, int]]]:
        """Return organism and family of the genes that have one of these names, by name."""
        return self._stores.labels.named(self._row.id, names)

    def known_families(self, ids: Sequence[int]) -> dict[int, int]:
        """Return the families of those sequences that the library has, by id."""
        return self._stores.labels.known_families(self._row.id, ids)

    def lengths(self, organism: OrganismRow) -> dict[int, int]:
        """Return the number of an organism's sequences by their length in bases."""
        return self._stores.labels.lengths(organism.id)

    def sequences(self, organism: str, limit: int | None = None) -> list[SequenceRow]:
        """Return the first `limit` (or all) sequences of an organism, in the order they came.

        Raises
        ------
        InputError
            If the organism is not in the library.
        """
        labels = self._stores.labels
        ids = {row.name: row.id for row in self.organisms()}
        rows = labels.sequences(ids[organism], limit) if organism in ids else []
        if not rows:  # It was added or replaced after this library was opened.
            self.refresh()
            ids = {row.name: row.id for row in self.organisms()}
            if organism not in ids:
                raise unknown_organism_error(self.name, organism, list(ids))
            rows = labels.sequences(ids[organism], limit)
        return rows

    def candidates(self, hits: Sequence[Hit]) -> list[Candidate]:
        """Return the candidate of every hit; one removed in the meantime has no k-mers."""
        return self._candidate_cache.candidates(self._stores.labels, self._row, self.encoder, hits)

    def search(
        self,
        sequences: Sequence[str],
        *,
        organisms: Sequence[str] | None = None,
        limit: int = 10,
    ) -> list[list[Hit]]:
        """Return the nearest neighbours of each sequence, best first.

        Parameters
        ----------
        sequences
            IUPAC DNA, upper case.
        organisms
            Organisms to search; all, if None.
        limit
            Maximum number of neighbours per sequence.

        Returns
        -------
        list of list of Hit
            One list per sequence; empty where the encoder recognises nothing in it.

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
        """Search as :meth:`search` does, with the vectors of the queries.

        Raises
        ------
        EncoderReplaced
            If the library has another encoder by now: these vectors are of no use to it.
        """
        readable = np.flatnonzero(nonzero_rows(vectors))
        hits: list[list[Hit]] = [[] for _ in range(vectors.shape[0])]
        neighbours = self._neighbours(vectors[readable], organisms, limit)
        for index, row_hits in zip(readable, neighbours, strict=True):
            hits[index] = row_hits
        return hits

    def _neighbours(
        self, vectors: Vectors, organisms: Sequence[str] | None, limit: int
    ) -> list[list[Hit]]:
        """Search and label the hits; search again if the library was written to in between."""
        if not vectors.shape[0]:
            self.refresh()
            self._visible(organisms)  # Validate organisms even without queries.
            return []
        for attempt in range(1, _MAX_SEARCHES + 1):
            visible = self._visible(organisms)
            try:
                neighbours = self._stores.vectors.search(
                    self._row.collection,
                    list(visible.partitions.values()),
                    vectors,
                    limit,
                    self.index,
                    without_loads=visible.pending,
                )
            except StoreError:
                self._check_encoder()
                if attempt < _MAX_SEARCHES and self._visible_now(organisms) != visible:
                    continue
                raise
            ids = np.unique(neighbours.ids[neighbours.ids >= 0]).tolist()
            labels = self._stores.labels.labels_for(self._row.id, ids)
            if self._visible_now(organisms) == visible and len(labels) == len(ids):
                break
        return _hits(neighbours, labels)

    def _check_encoder(self) -> None:
        row = self._stores.labels.library(self.name)
        if row is not None and row.collection != self._row.collection:
            message = f"The encoder of the library {self.name!r} was refitted in the meantime."
            raise EncoderReplaced(message, "Search again.")

    def _visible(self, organisms: Sequence[str] | None) -> Visibility:
        """Return what a search of some organisms may see, by the last look at the library.

        Raises
        ------
        InputError
            If an organism is not in the library, also after another look.
        LibraryError
            If there is nothing to search.
        """
        known = self._snapshot.visibility.partitions
        if not known or any(organism not in known for organism in organisms or ()):
            return self._visible_now(organisms)
        return restrict(self._snapshot.visibility, self.name, organisms)

    def _visible_now(self, organisms: Sequence[str] | None) -> Visibility:
        """Look again; on a change, forget what was read before."""
        visibility = self._stores.labels.visible(self._row.id)
        if visibility != self._snapshot.visibility:
            labels, cache = self._stores.labels, self._organism_cache
            self._snapshot = LibrarySnapshot(labels, self._row, cache, visibility)
        return restrict(visibility, self.name, organisms)


def check_threshold(threshold: float) -> None:
    """Check that a threshold is a confidence.

    Raises
    ------
    InputError
        If it is not between 0 and 1.
    """
    if not 0 <= threshold <= 1:  # NaN fails too.
        message = f"Invalid threshold: {threshold}."
        raise InputError(message, "A confidence lies between 0 and 1.")


def _hits(neighbours: "Neighbours", labels: Mapping[int, Label]) -> list[list[Hit]]:
    hits = []
    for ids, scores in zip(neighbours.ids.tolist(), neighbours.scores.tolist(), strict=True):
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
