"""Store of vectors: one Milvus collection per library, one partition per organism.

Vectors are compared by inner product. The same calls serve Milvus Lite inside this process and a
Milvus server; comments say where the two differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from pymilvus import DataType, MilvusClient, MilvusException
from pymilvus.client.types import LoadState
from scipy.sparse import csr_array

from core.arrays import Vectors
from core.stores.milvus import lite_folder
from core.stores.milvus.connection import MilvusConnection, connection_status
from core.stores.milvus.index import VectorIndex
from core.stores.milvus.rows import to_query_rows, to_upsert_rows

_VECTOR = "vector"
_DESCRIPTION = "genekin.description"
_DEFAULT_PARTITION = "_default"
"""The partition that Milvus creates by itself."""
_MAX_HITS = 16_384
_UPSERT_BYTES = 16_000_000
"""Bytes of vectors per request; Milvus accepts 64 MB."""
_SEARCH_BATCH = 512
"""Queries per search request."""
_DELETE_BATCH = 10_000
_LIST_BATCH = 10_000
"""Approximate number of ids per response; servers return at most 16,384."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Result of a search: best first, rows padded with id -1 and score 0.

    Attributes
    ----------
    ids
        int64, shape (queries, limit).
    scores
        float32, inner products, shape (queries, limit).
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float32]


class VectorStore(MilvusConnection):
    """Collections and their vectors; safe to share between threads.

    Every method may raise :class:`~core.errors.StoreError`.
    """

    def __init__(self, uri: str, token: str, timeout: float, served_at: str = "") -> None:
        super().__init__(uri, token, timeout, served_at)
        self._descriptions: dict[str, tuple[tuple[int, int], str]] = {}
        self._describing = Lock()

    # Collections

    def create(
        self, collection: str, dimension: int | None, index: VectorIndex, description: str
    ) -> None:
        """Create an empty collection.

        Parameters
        ----------
        dimension
            That of dense vectors; None for sparse ones.
        description
            Text that :meth:`description` returns.

        Raises
        ------
        StoreError
            Also if the server is too old for sparse vectors.
        """
        schema = MilvusClient.create_schema(
            auto_id=False, enable_dynamic_field=False, description=description
        )
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("load", DataType.INT64)
        if dimension is None:
            self._require_sparse_vectors()
            schema.add_field(_VECTOR, DataType.SPARSE_FLOAT_VECTOR)
        else:
            schema.add_field(_VECTOR, DataType.FLOAT_VECTOR, dim=dimension)
        indexes = MilvusClient.prepare_index_params()
        self._clear_place(collection)
        # Milvus Lite reads the parameters only from "params"; servers accept that form too.
        indexes.add_index(
            _VECTOR, index_type=index.kind, metric_type="IP", params={"params": index.build}
        )
        with self._translate_errors(f"creating a collection with the index {index.kind}"):
            # Milvus Lite does not store the description, but it stores properties.
            self._client.create_collection(
                collection,
                schema=schema,
                properties={_DESCRIPTION: description},
                consistency_level="Bounded",
            )
            # Nothing is to be indexed yet; pymilvus would sleep before it looks.
            self._client.create_index(collection, indexes, sync=False)
            self._client.load_collection(collection)
            self._clear_schema_cache()

    def description(self, collection: str) -> str | None:
        """Return the description of a collection, or None if it does not exist or is damaged.

        That of an embedded collection is read once, until the collection is created anew, by this
        process or by another one.
        """
        if not self.embedded:
            return self._describe(collection)
        if self.is_damaged(collection):
            return None
        with self._describing:  # So that none is kept of a collection that is dropped meanwhile.
            version = lite_folder.version_of(Path(self.address), collection)
            known = self._descriptions.get(collection)
            if version is None or known is None or known[0] != version:
                self._descriptions.pop(collection, None)
                self._clear_schema_cache()
                description = self._describe(collection)
                if version is None or description is None:
                    return description
                self._descriptions[collection] = version, description
            return self._descriptions[collection][1]

    def _describe(self, collection: str) -> str | None:
        with self._translate_errors("reading the description of a collection"):
            try:
                details = self._client.describe_collection(collection)
            # Checked only now: an existing collection needs one request.
            except MilvusException as error:
                if connection_status(error):  # Do not wait for the server twice.
                    raise
                if not self._client.has_collection(collection):
                    return None
                # Created in between; or another error, which is raised again.
                details = self._client.describe_collection(collection)
        return str(details["description"] or details["properties"].get(_DESCRIPTION, ""))

    def drop(self, collection: str) -> None:
        """Drop a collection with all its vectors, if it exists."""
        with self._describing, self._translate_errors("dropping a collection"):
            self._descriptions.pop(collection, None)
            self._client.drop_collection(collection)
            self._damaged.discard(collection)

    def _clear_place(self, collection: str) -> None:
        """Remove what is left of an embedded collection that cannot be opened."""
        if self.is_damaged(collection):
            self.drop(collection)
        if self.embedded:
            lite_folder.remove_leftover(Path(self.address), collection)

    def has_index(self, collection: str) -> bool:
        """Return whether the vectors of a collection are indexed."""
        with self._translate_errors("looking for the index"):
            return bool(self._client.list_indexes(collection))

    def is_loaded(self, collection: str) -> bool:
        """Return whether a collection can be searched: a server that restarts loads it again."""
        if self.embedded:
            return True
        with self._translate_errors("looking whether a collection is loaded"):
            return bool(self._client.get_load_state(collection)["state"] == LoadState.Loaded)

    def add_partition(self, collection: str, partition: str) -> None:
        """Create a partition, unless it exists."""
        with self._translate_errors("adding a partition"):
            if not self._client.has_partition(collection, partition):
                self._client.create_partition(collection, partition)

    def drop_partition(self, collection: str, partition: str) -> None:
        """Drop a partition with its vectors, if it exists."""
        with self._translate_errors("dropping a partition"):
            if not self._client.has_partition(collection, partition):
                return
            if not self.embedded:  # Servers refuse to drop a loaded one; Lite has no release.
                self._client.release_partitions(collection, [partition])
            self._client.drop_partition(collection, partition)

    def partitions(self, collection: str) -> set[str]:
        """Return the names of the partitions that were added."""
        with self._translate_errors("listing the partitions"):
            return set(self._client.list_partitions(collection)) - {_DEFAULT_PARTITION}

    # Vectors

    def upsert(
        self,
        collection: str,
        partition: str,
        ids: Sequence[int],
        load: int,
        vectors: Vectors,
    ) -> None:
        """Write vectors under their ids.

        Parameters
        ----------
        load
            Id of their load, by which a search can leave them out.
        vectors
            float32 of shape (len(ids), dimension), finite; sparse ones have no empty rows.

        Raises
        ------
        ValueError
            If a vector is not finite: Milvus would accept it.
        """
        values = vectors.data if isinstance(vectors, csr_array) else vectors
        if not np.isfinite(values).all():
            message = "vectors must be finite"
            raise ValueError(message)
        batch_size = max(1, _UPSERT_BYTES * len(ids) // max(1, 2 * values.nbytes))
        rows = to_upsert_rows(vectors)
        with self._translate_errors("writing vectors"):
            for start in range(0, len(ids), batch_size):
                end = start + batch_size
                data = [
                    {"id": sequence_id, "load": load, _VECTOR: row}
                    for sequence_id, row in zip(ids[start:end], rows[start:end], strict=True)
                ]
                self._client.upsert(collection, data, partition_name=partition)

    def delete(self, collection: str, ids: Sequence[int]) -> None:
        """Delete vectors by their ids, also from searches; unknown ids are ignored."""
        # By ids only: with a filter, Milvus Lite deletes in all partitions, whichever is named.
        with self._translate_errors("deleting vectors"):
            for start in range(0, len(ids), _DELETE_BATCH):
                self._client.delete(collection, ids=list(ids[start : start + _DELETE_BATCH]))
            if ids and self.embedded:
                # Milvus Lite forgets deletions in memory if a later flush fails.
                self._client.flush(collection)
            elif ids:  # Searches of a server lag behind until a strongly consistent read.
                self.count(collection)

    def flush_and_index(self, collection: str) -> None:
        """Make all written vectors searchable: flushed to disk, indexed, and loaded."""
        with self._translate_errors("indexing the vectors"):
            self._client.flush(collection)
            self._client.load_collection(collection)
            self.count(collection)

    def count(self, collection: str, partition: str | None = None) -> int:
        """Return the current number of vectors in a partition, or in the whole collection."""
        with self._translate_errors("counting vectors"):
            if self.embedded:  # A query reads every row; the statistics of a server lag behind.
                return self._embedded_count(collection, partition)
            rows = self._client.query(
                collection,
                filter="id >= 0",
                output_fields=["count(*)"],
                partition_names=[partition] if partition else None,
                consistency_level="Strong",
            )
        return int(rows[0]["count(*)"])

    def _embedded_count(self, collection: str, partition: str | None) -> int:
        if partition is None:
            return int(self._client.get_collection_stats(collection)["row_count"])
        return int(self._client.get_partition_stats(collection, partition)["row_count"])

    def ids(self, collection: str, partition: str) -> set[int]:
        """Return the ids of all vectors currently in a partition."""
        slices = 1 + self.count(collection, partition) // _LIST_BATCH
        ends = [(number << 63) // slices for number in range(slices + 1)]
        ids: set[int] = set()
        with self._translate_errors("listing the vectors"):
            for start, end in pairwise(ends):  # Ids are hashes: slices are of similar size.
                rows = self._client.query(
                    collection,
                    filter=f"id >= {start} and id <= {end - 1}",
                    output_fields=["id"],
                    partition_names=[partition],
                    consistency_level="Strong",
                )
                ids.update(row["id"] for row in rows)
        return ids

    def search(
        self,
        collection: str,
        partitions: Sequence[str],
        vectors: Vectors,
        limit: int,
        index: VectorIndex,
        *,
        without_loads: Sequence[int] = (),
    ) -> Neighbours:
        """Return the nearest neighbours of each vector by inner product, best first.

        Parameters
        ----------
        partitions
            Partitions to search; at least one, and all must exist.
        vectors
            float32 of shape (queries, dimension), none of them all zeros.
        limit
            Neighbours per query, at most 16,384.
        without_loads
            Loads whose vectors are left out.
        """
        limit = min(limit, _MAX_HITS)
        queries = to_query_rows(vectors)
        ids = np.full((len(queries), limit), -1, dtype=np.int64)
        scores = np.zeros((len(queries), limit), dtype=np.float32)
        # Milvus Lite and servers before 2.5 bind no parameters; these are our own integers.
        loads = [int(load) for load in without_loads]
        with self._translate_errors("searching"):
            for start in range(0, len(queries), _SEARCH_BATCH):
                results = self._client.search(
                    collection,
                    data=queries[start : start + _SEARCH_BATCH],
                    limit=limit,
                    anns_field=_VECTOR,
                    partition_names=list(partitions),
                    filter=f"load not in {loads}" if loads else "",
                    output_fields=["id"],
                    search_params={"metric_type": "IP", "params": index.search},
                    consistency_level="Bounded",
                )
                for row, hits in enumerate(results, start=start):
                    ids[row, : len(hits)] = hits.ids
                    scores[row, : len(hits)] = hits.distances
        return Neighbours(ids, scores)
