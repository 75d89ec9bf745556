"""Refit: a library's encoder and model, fitted again on all that the library has now.

The encoder is fitted when its library is created; what is added later is encoded with it as it is.
A refit writes all vectors again, into a second collection beside the one that serves, until one
transaction gives the library the new collection, encoder and model. The collection that does not
serve is the library's *spare* one, which this or the next writer drops.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from core.access import Action
from core.encoders import Encoder, fingerprint, get_encoder_class
from core.library.create import (
    create_collection,
    free_collection,
    learned_state,
    model_digest,
    train_with_profiles,
)
from core.library.manager import Libraries
from core.library.recovery import recover, try_to_recover
from core.library.room import load_room
from core.library.stored_state import read_index
from core.library.writer import check_vector_count, write_vectors
from core.progress import Progress, no_progress
from core.stores.locks import write_lock
from core.stores.sql import LibraryRow, OrganismRow, SequenceRow


@dataclass(frozen=True, slots=True)
class RefitReport:
    """The number of sequences that an encoder was fitted on, and the seconds that it took."""

    library: str
    sequences: int
    seconds: float


def refit(
    libraries: Libraries,
    name: str,
    *,
    progress: Progress = no_progress,
    timeout: float = 60.0,
) -> RefitReport:
    """Fit a library's encoder and model on all its sequences, and write all vectors again.

    Searches go on, in the old vectors until the new ones are complete.

    Raises
    ------
    ForbiddenError
        If the user may not.
    LibraryError
        If there is no such library.
    StoreError
        If a store fails, or another writer does not finish within `timeout` seconds. What was
        written is undone, at once or by the next writer.
    """
    started = time.monotonic()
    libraries.require(Action.REFIT, name)
    with write_lock(libraries.stores.database.engine, name, timeout):
        recover(libraries.stores, libraries.library_row(name))
        row = libraries.library_row(name)
        try:
            refit = _Refit(libraries, row, progress)
            refit.run()
        finally:
            try_to_recover(libraries.stores, name)
    libraries.record(Action.REFIT, name, f"{refit.total:,} sequences")
    return RefitReport(name, refit.total, time.monotonic() - started)


class _Refit:
    """The refit of one library."""

    def __init__(self, libraries: Libraries, row: LibraryRow, progress: Progress) -> None:
        self._stores = libraries.stores
        self._row = row
        self._progress = progress
        self._profiles = libraries.profiles(row)
        labels = libraries.stores.labels
        self._organisms = labels.organisms(row.id)
        self._rows = {organism.name: labels.sequences(organism.id) for organism in self._organisms}
        self.total = sum(map(len, self._rows.values()))

    def run(self) -> None:
        """Fit, write all vectors into a new collection, and let the library have them."""
        self._require_room()
        residues = [row.residues for row in self._all_rows()]
        encoder = get_encoder_class(self._row.encoder).fit(residues, self._progress)
        labelled = ((row.residues, row.family) for row in self._all_rows())
        profiles = self._profiles.profiles if self._profiles else ()
        model, learned = train_with_profiles(encoder, labelled, profiles, self._progress)
        collection = free_collection(self._stores, self._row.name)
        self._stores.labels.set_spare(self._row.id, collection)
        index = read_index(self._row)
        create_collection(self._stores, collection, self._row.name, encoder, index)
        written = self._write(encoder, collection)
        self._stores.labels.replace_encoder(
            self._row.id,
            collection=collection,
            encoder=(fingerprint(encoder), encoder.state()),
            model=(model_digest(model), model.state()) if model else None,
            has_vector={
                row.id: row.id in written
                for row in self._all_rows()
                if row.has_vector != (row.id in written)
            },
            profiles=learned_state(self._stores, self._row, learned),
        )

    def _require_room(self) -> None:
        room = load_room(
            self._row.encoder,
            (row.residues for row in self._all_rows()),
            n_families=len({row.family for row in self._all_rows()}),
            with_state=True,
            with_labels=False,
        )
        self._stores.require_room(room, f"refitting the library {self._row.name!r}")

    def _write(self, encoder: Encoder, collection: str) -> set[int]:
        """Write all vectors and count them; return the ids of the sequences that have one."""
        vectors = self._stores.vectors
        written: dict[str, set[int]] = {}
        done = 0
        for organism in self._organisms:
            rows = self._rows_in_write_order(organism)
            written[organism.name] = write_vectors(
                vectors,
                encoder,
                rows,
                collection=collection,
                partition=organism.partition,
                progress=self._progress,
                done=done,
                total=self.total,
            )
            done += len(rows)
        self._progress("Indexing", self.total, self.total)
        vectors.flush_and_index(collection)
        for organism in self._organisms:
            self._progress("Counting", self.total, self.total)
            expected = len(written[organism.name])
            check_vector_count(vectors, collection, organism.partition, expected, organism.name)
        return set().union(*written.values())

    def _rows_in_write_order(self, organism: OrganismRow) -> list[SequenceRow]:
        rows = {row.id: row for row in self._rows[organism.name]}
        ids = self._stores.labels.ids_in_write_order(organism.id)
        return [rows[number] for number in ids if number in rows]

    def _all_rows(self) -> Iterator[SequenceRow]:
        return chain.from_iterable(self._rows.values())
