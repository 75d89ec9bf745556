"""Vectors written anew, from the rows that are ready.

Fitting a library's encoder anew, on all that it has now.

An encoder is fitted when its library is made, and what is added later is encoded as it was then.
To fit it anew is to write all vectors again: into a second collection beside the one that serves,
until one transaction lets the library have the new collection, encoder and caller. Whichever of the
two does not serve is the library's *spare* collection, which this or the next writer drops.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from core.arrays import recognised
from core.classification.model import FamilyModel
from core.encoders import Encoder, TranslatedEncoder, encoder_class, fingerprint, state_digest
from core.errors import GeneKinError, StoreError
from core.library.create import create_collection, free_collection
from core.library.manager import Libraries, train_library_model
from core.progress import Progress
from core.stores.locks import writing
from core.stores.milvus.index import VectorIndex
from core.stores.milvus.vectors import VectorStore
from core.stores.sql import LibraryRow, SequenceRow

_BATCH = 512
_READY = 0
"""As the load of vectors that no search is to leave out: no load has that number."""


def rewrite(
    vectors: VectorStore,
    encoder: Encoder,
    rows: Sequence[SequenceRow],
    *,
    collection: str,
    partition: str,
    progress: Callable[[int], None],
) -> set[int]:
    """Encode sequences, and write their vectors into a partition, which is made if need be.

    Parameters
    ----------
    progress
        Called with how many are done.

    Returns
    -------
    set of int
        Ids of those in which the encoder recognised something: they have a vector now.
    """
    vectors.add_partition(collection, partition)
    written: set[int] = set()
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        encoded = encoder.encode([row.residues for row in batch])
        readable = recognised(encoded)
        ids = [
            row.id for row, has_vector in zip(batch, readable.tolist(), strict=True) if has_vector
        ]
        vectors.upsert(collection, partition, ids, _READY, encoded[readable])
        written.update(ids)
        progress(start + len(batch))
    return written


def require_count(vectors: VectorStore, collection: str, partition: str, expected: int) -> None:
    """Check that a partition has as many vectors as were written to it.

    Raises
    ------
    StoreError
        If it has more or fewer.
    """
    found = vectors.count(collection, partition)
    if found != expected:
        message = (
            f"The vector store has {found:,} vectors of {partition} where {expected:,} were"
            " written."
        )
        raise StoreError(message, "Look at the store, then try again.")


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefitReport:
    """What an encoder was fitted on, and the seconds that it took."""

    library: str
    sequences: int
    seconds: float


def refit(
    libraries: Libraries,
    name: str,
    *,
    progress: Progress = lambda _doing, _done, _total: None,
    timeout: float = 60.0,
) -> RefitReport:
    """Fit a library's encoder, and its caller, on all its sequences; write all vectors anew.

    Searches go on, in the old vectors until the new ones are complete.

    Raises
    ------
    LibraryError
        If there is no such library.
    StoreError
        If a store fails, or another writer does not finish within `timeout` seconds. What was
        written is undone, at once or by the next writer.
    """
    started = time.monotonic()
    with writing(libraries.stores.database.engine, name, timeout):
        libraries.finish_interrupted(libraries.row(name))
        row = libraries.row(name)
        try:
            refitting = _Refitting(libraries, row, progress)
            refitting.run()
        finally:
            _drop_spare(libraries, name)
    return RefitReport(name, refitting.total, time.monotonic() - started)


def _drop_spare(libraries: Libraries, name: str) -> None:
    try:
        libraries.finish_interrupted(libraries.row(name))
    except GeneKinError:
        _log.exception("the next writer drops the spare collection of the library %s", name)


class _Refitting:
    """One library on its way to another encoder."""

    def __init__(self, libraries: Libraries, row: LibraryRow, progress: Progress) -> None:
        self._stores = libraries.stores
        self._row = row
        self._progress = progress
        labels = libraries.stores.labels
        self._rows = {
            each.partition: labels.sequences(each.id) for each in labels.organisms(row.id)
        }
        self.total = sum(map(len, self._rows.values()))

    def run(self) -> None:
        encoder = self._encoder()
        caller = self._caller(encoder)
        collection = free_collection(self._stores, self._row.name)
        self._stores.labels.set_spare(self._row.id, collection)
        index = VectorIndex(**self._row.index)
        create_collection(self._stores, collection, self._row.name, encoder, index)
        written = self._write(encoder, collection)
        self._stores.labels.exchange_encoder(
            self._row.id,
            collection=collection,
            encoder=(fingerprint(encoder), encoder.state()),
            caller=(state_digest("caller", caller.state()), caller.state()) if caller else None,
            has_vector={
                row.id: row.id in written
                for row in self._all_rows()
                if row.has_vector != (row.id in written)
            },
        )

    def _encoder(self) -> Encoder:
        residues = [row.residues for row in self._all_rows()]
        return encoder_class(self._row.encoder).fit(
            residues, lambda done: self._progress("Fitting the encoder", done, self.total)
        )

    def _caller(self, encoder: Encoder) -> FamilyModel | None:
        if not isinstance(encoder, TranslatedEncoder):
            return None
        labelled = [(row.residues, row.family) for row in self._all_rows()]
        learning = partial(self._progress, "Learning to tell the families apart, step")
        return train_library_model(encoder, labelled, learning)

    def _write(self, encoder: Encoder, collection: str) -> set[int]:
        """Write all vectors, and count them; returns the ids of the sequences that have one."""
        vectors = self._stores.vectors
        written: dict[str, set[int]] = {}
        done = 0
        for partition, rows in self._rows.items():

            def tell(more: int, before: int = done) -> None:
                self._progress("Encoding", before + more, self.total)

            written[partition] = rewrite(
                vectors,
                encoder,
                rows,
                collection=collection,
                partition=partition,
                progress=tell,
            )
            done += len(rows)
        self._progress("Indexing", self.total, self.total)
        vectors.settle(collection)
        for partition, ids in written.items():
            self._progress("Counting", self.total, self.total)
            require_count(vectors, collection, partition, len(ids))
        return set().union(*written.values())

    def _all_rows(self) -> Iterator[SequenceRow]:
        return chain.from_iterable(self._rows.values())
