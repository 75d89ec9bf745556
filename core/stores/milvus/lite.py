"""Milvus Lite inside this process: its lock, its loading, and a compiled search.

Milvus Lite searches sparse vectors in Python: at the first search it checks and copies every stored
weight, and each request walks all rows of a collection twice. The search here finds the same hits
in compiled postings. Like dropping, and like reading and writing of files, it takes the place of a
method in the version that they are tested with; other versions keep their own.
"""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
from milvus_lite._version import get_version
from milvus_lite.constants import ALL_PARTITIONS
from milvus_lite.db import MilvusLite
from milvus_lite.engine.collection import Collection
from milvus_lite.search.filter import evaluate_mask
from milvus_lite.server_manager import server_manager_instance
from milvus_lite.storage.memtable import MemTable
from milvus_lite.storage.segment import Segment
from numpy.typing import NDArray
from pymilvus import MilvusClient, MilvusException

from core.errors import StoreError
from core.stores.errors import VECTORS_FOLDER_HINT
from core.stores.milvus import lite_files
from core.stores.milvus.lite_folder import OPTIONS
from core.stores.milvus.postings import Postings
from core.stores.milvus.rows import PAIR

_TESTED_VERSION = "3.2.2"

_Hit = dict[str, Any]

_drop_flushed: Callable[..., None] = MilvusLite.drop_collection
_search_in_python: Callable[..., list[list[_Hit]]] = Collection._search_sparse
_masks: "WeakKeyDictionary[Collection, tuple[_State, list[NDArray[np.bool_]]]]"
_masks = WeakKeyDictionary()
"""Current rows of each segment of a collection, and the state that they were computed from."""
_reading = Lock()


def adapt() -> None:
    """Replace some methods of Milvus Lite, in the version that they are tested with.

    Sparse vectors are searched in compiled postings; a collection is dropped also on a full disk,
    where it cannot be written first; and files have checksums.
    """
    if get_version() == _TESTED_VERSION:
        lite_files.protect()
        Collection._search_sparse = _search_sparse
        MilvusLite.drop_collection = _drop_collection


def require_unlocked(path: Path) -> None:
    """Check that no other process has the path open, which Milvus Lite does not report."""
    try:
        with (path / "LOCK").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return
    except BlockingIOError:
        message = f"Another GeneKin process has the embedded store {path} open."
        hint = "Close it first, or set GENEKIN_MILVUS_URI to a Milvus server to share one."
        public = "Another GeneKin process has the embedded store open."
        raise StoreError(message, hint, public=public) from None
    except OSError as error:
        message = f"The embedded store {path} cannot be opened: {error.strerror}."
        public = "The embedded store cannot be opened."
        raise StoreError(message, VECTORS_FOLDER_HINT, public=public) from None


def open_client(path: Path, token: str, timeout: float) -> MilvusClient:
    """Open the embedded store.

    Raises
    ------
    StoreError
        If another process has it open.
    MilvusException
        If it cannot be opened.
    """
    try:
        return MilvusClient(str(path), token=token, timeout=timeout, **OPTIONS)
    except MilvusException:
        require_unlocked(path)  # Another process may have opened it since the last check.
        raise


def server_address(path: str) -> str:
    """Return the address at which this process serves the store that it has opened."""
    return str(server_manager_instance.start_and_get_uri(path) or "")


def release(path: str) -> None:
    """Release the lock of a path, so that another process can open it."""
    server_manager_instance.release_server(path)


def _drop_collection(database: MilvusLite, name: str, database_name: str = "default") -> None:
    """Drop a collection without writing its rows in memory to the disk first."""
    key = database_name, database.resolve_collection_name(name, database_name=database_name)
    if collection := database._collections.get(key):
        collection._memtable = MemTable(collection.schema)
    _drop_flushed(database, name, database_name=database_name)


def _search_sparse(
    collection: Collection,
    *,
    query_vectors: list[dict[int, float]],
    vector_field: str,
    top_k: int,
    metric_type: str,
    partition_names: list[str] | None,
    expr: str | None,
    output_fields: list[str] | None,
    timezone: str | None = None,
) -> list[list[_Hit]]:
    """Search as the method of Milvus Lite does: the hits of each query, best first."""
    if metric_type != "IP" or output_fields != [collection.pk_field]:
        return _search_in_python(
            collection,
            query_vectors=query_vectors,
            vector_field=vector_field,
            top_k=top_k,
            metric_type=metric_type,
            partition_names=partition_names,
            expr=expr,
            output_fields=output_fields,
            timezone=timezone,
        )
    queries = query_vectors
    if not all(map(_is_plain, queries)):
        queries = collection._prepare_sparse_queries(query_vectors, vector_field)
    condition = collection._compile_filter(expr, timezone=timezone) if expr else None
    ids = [np.empty((len(queries), 0), dtype=np.int64)]
    products = [np.empty((len(queries), 0), dtype=np.float32)]
    for source in _sources(collection, vector_field, partition_names, condition):
        rows, row_products = source.postings.search(queries, top_k, source.valid)
        padded_ids = np.append(source.ids, 0)  # The padding, row -1, is the last.
        ids.append(padded_ids[rows])
        products.append(row_products)
    return _merge(np.hstack(ids), np.hstack(products), top_k)


def _is_plain(query: dict[int, float]) -> bool:
    """Tell whether a query needs no preparation, which is as slow as its search."""
    weights = np.fromiter(query.values(), np.float64, len(query))
    return bool((np.isfinite(weights) & (weights > 0)).all())


def _merge(ids: NDArray[np.int64], products: NDArray[np.float32], limit: int) -> list[list[_Hit]]:
    """Return the best hits of each query; their distance is the negative product."""
    order = np.argsort(-products, axis=1, kind="stable")[:, :limit]
    best_ids = np.take_along_axis(ids, order, axis=1).tolist()
    distances = (-np.take_along_axis(products, order, axis=1)).tolist()
    return [
        [
            {"id": number, "distance": distance, "entity": {}}
            for number, distance in zip(row_ids, row_distances, strict=True)
            if distance < np.inf
        ]
        for row_ids, row_distances in zip(best_ids, distances, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Source:
    """Postings of some rows, the ids of the rows, and which of them are valid."""

    postings: Postings
    ids: NDArray[np.int64]
    valid: NDArray[np.bool_]


def _sources(
    collection: Collection, vector_field: str, partitions: list[str] | None, condition: object
) -> Iterator[_Source]:
    """Yield the rows of each segment on disk, then those that are only in memory."""
    state = _State.of(collection)
    for segment, current in zip(state.segments, _current_rows(collection, state), strict=True):
        if segment.num_rows and (partitions is None or segment.partition in partitions):
            postings, ids = _read_segment(segment, vector_field)
            matches = True if condition is None else evaluate_mask(condition, segment.table)
            yield _Source(postings, ids, current & matches)
    if state.in_memory:
        yield _read_memory(state, vector_field, partitions, condition)


@dataclass(frozen=True, slots=True)
class _State:
    """State of a collection that decides which of its rows are current.

    Attributes
    ----------
    deleted
        The deletions on disk.
    pending
        Sequence number and partition of each deletion in memory, by id.
    in_memory
        Sequence number of each row in memory, by id.
    memory
        The rows in memory; they move to a segment as a whole.
    """

    segments: tuple[Segment, ...]
    deleted: dict[int, int]
    pending: dict[int, tuple[int, str]]
    in_memory: dict[int, int]
    memory: MemTable = field(compare=False)

    @classmethod
    def of(cls, collection: Collection) -> "_State":
        segments, deleted = collection._read_snapshot()
        memory = collection._memtable
        in_memory = {number: version for number, (_, _, version) in memory.pk_index_snapshot()}
        pending = memory.delete_index_snapshot()
        return cls(segments, deleted.snapshot, pending, in_memory, memory)

    def is_current(self, number: int, version: int, partition: str) -> bool:
        """Tell whether a row on disk is neither deleted nor replaced by one in memory."""
        deletion, where = self.pending.get(number, (-1, partition))
        return (
            self.deleted.get(number, -1) <= version
            and self.in_memory.get(number, -1) <= version
            and (deletion <= version or where not in {ALL_PARTITIONS, partition})
        )


def _current_rows(collection: Collection, state: _State) -> list[NDArray[np.bool_]]:
    """Return which rows of each segment are current; computed again only after a change."""
    known_state, masks = _masks.get(collection, (None, []))
    if known_state != state:
        masks = [np.ones(segment.num_rows, dtype=np.bool_) for segment in state.segments]
        _leave_out_replaced(state.segments, masks)
        for number in {*state.deleted, *state.pending, *state.in_memory}:
            for segment, mask in zip(state.segments, masks, strict=True):
                row = segment.find_row(number)
                if row is not None:
                    version = int(segment.seqs[row])
                    mask[row] &= state.is_current(number, version, segment.partition)
        _masks[collection] = state, masks
    return masks


def _leave_out_replaced(segments: Sequence[Segment], masks: Sequence[NDArray[np.bool_]]) -> None:
    """Leave out rows that a later version in another segment replaces."""
    none = np.empty(0, dtype=np.int64)
    numbers = np.concatenate([none, *(np.array(segment.pks, np.int64) for segment in segments)])
    versions = np.concatenate([none, *(segment.seqs.astype(np.int64) for segment in segments)])
    order = np.lexsort((versions, numbers))
    replaced = order[:-1][numbers[order[:-1]] == numbers[order[1:]]]
    current = np.ones(numbers.size, dtype=np.bool_)
    current[replaced] = False
    start = 0
    for mask in masks:
        mask[:] = current[start : start + mask.size]
        start += mask.size


def _read_segment(segment: Segment, vector_field: str) -> tuple[Postings, NDArray[np.int64]]:
    """Return the postings and the ids of a segment, which are read once."""
    key = f"{vector_field}, compiled"
    with _reading:
        if key not in segment.sparse_indexes:
            ids = np.array(segment.pks, dtype=np.int64)
            segment.sparse_indexes[key] = _read_postings(segment.table.column(vector_field)), ids
        known: tuple[Postings, NDArray[np.int64]] = segment.sparse_indexes[key]
        return known


def _read_memory(
    state: _State, vector_field: str, partitions: list[str] | None, condition: object
) -> _Source:
    """Return the rows in memory that match the condition."""
    numbers, versions, _, places, table = state.memory.to_search_snapshot(
        None, partitions, include_table=condition is not None
    )
    matches = np.ones(len(numbers), dtype=np.bool_)
    if condition is not None:
        matches = evaluate_mask(condition, table)
    rows = [
        row
        for row in np.flatnonzero(matches).tolist()
        if state.deleted.get(numbers[row], -1) <= versions[row]
    ]
    vectors = [state.memory.materialize_row(*places[row])[vector_field] for row in rows]
    ids = np.array([numbers[row] for row in rows], dtype=np.int64)
    postings = _read_postings(pa.chunked_array([vectors], pa.binary()))
    return _Source(postings, ids, np.ones(len(rows), dtype=np.bool_))


def _read_postings(column: pa.ChunkedArray) -> Postings:
    pairs, sizes = [np.empty(0, dtype=PAIR)], [np.zeros(1, dtype=np.int64)]
    for chunk in column.cast(pa.large_binary()).chunks:
        _, offsets, content = chunk.buffers()
        bounds = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
        ends = bounds // PAIR.itemsize
        pairs.append(np.frombuffer(content, PAIR, ends[-1])[ends[0] :])
        sizes.append(np.diff(ends))
    return Postings(np.concatenate(pairs), np.cumsum(np.concatenate(sizes)))
