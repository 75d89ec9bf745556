"""The vectors: one Milvus collection a library, one partition an organism, inner product.

The same calls serve Milvus Lite inside this process and a Milvus server; where the two differ,
the comment says how.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import grpc
import numpy as np
from numpy.typing import NDArray
from pymilvus import DataType, MilvusClient, MilvusException
from pymilvus.client.cache import GlobalCache
from scipy.sparse import csr_array

from core.arrays import Vectors
from core.errors import StoreError
from core.stores.milvus import lite
from core.stores.milvus.index import VectorIndex, asked, entries

for _name in ("pymilvus", "milvus_lite", "grpc._server"):  # They log a traceback an error.
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_VECTOR = "vector"
_DESCRIPTION = "genekin.description"
_UPSERT_BYTES = 16_000_000
"""Bytes of vectors in one request; Milvus takes 64 MB."""
_QUERIES = 512
"""Queries in one search request."""
_DELETE_IDS = 10_000
_IDS = 10_000
"""Ids in one answer, or about so many: servers give no more than 16,384."""
_UNNAMED = "_default"
"""The partition that Milvus makes by itself."""
_FIRST_SPARSE = (2, 4)
"""The first Milvus with sparse vectors."""
_MOST_HITS = 16_384
_SERVER_HINT = "Check that it is running, and the settings GENEKIN_MILVUS_URI and _TOKEN."


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What a search found: the best first, rows padded with id -1 and score 0.

    Attributes
    ----------
    ids
        int64, shape (queries, limit).
    scores
        float32, inner products, shape (queries, limit).
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float32]


class VectorStore:
    """A Milvus server or Milvus Lite; safe to share between threads.

    Parameters
    ----------
    uri
        A server (``http://host:19530``) or a path that ends in ``.db``.
    token
        ``user:password`` or API key, or empty.
    timeout
        Seconds to wait for a server to answer.

    Raises
    ------
    StoreError
        If it cannot be opened; also from every method.
    """

    def __init__(self, uri: str, token: str, timeout: float) -> None:
        self.address = uri
        self.embedded = uri.endswith(".db")
        if self.embedded:
            lite.require_unlocked(Path(uri))
        with self._plain_errors("opening it"):
            if self.embedded:
                Path(uri).parent.mkdir(parents=True, exist_ok=True)
            options = {"grpc_options": lite.QUIET_CHANNEL} if self.embedded else {}
            self._client = MilvusClient(uri, token=token, timeout=timeout, **options)
            _forget_schemas()
            if self.embedded:
                try:
                    for collection in self._client.list_collections():
                        lite.load(self._client, Path(uri), collection)
                except BaseException:
                    self.close()
                    raise

    def close(self) -> None:
        """Leave the server, or let go of the path so that another process can open it."""
        self._client.close()
        if self.embedded:
            lite.release(self.address)

    def version(self) -> str:
        """The version of Milvus Lite or of the server."""
        with self._plain_errors("asking for its version"):
            return str(self._client.get_server_version())

    # Collections

    def create(
        self, collection: str, dimension: int | None, index: VectorIndex, about: str
    ) -> None:
        """Make an empty collection of vectors that are compared by inner product.

        Parameters
        ----------
        dimension
            Of dense vectors; None for sparse ones.
        about
            What the collection is, for :meth:`about` to tell.

        Raises
        ------
        StoreError
            Also if the server is too old for sparse vectors.
        """
        schema = MilvusClient.create_schema(
            auto_id=False, enable_dynamic_field=False, description=about
        )
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("load", DataType.INT64)
        if dimension is None:
            self._require_sparse()
            schema.add_field(_VECTOR, DataType.SPARSE_FLOAT_VECTOR)
        else:
            schema.add_field(_VECTOR, DataType.FLOAT_VECTOR, dim=dimension)
        indexes = MilvusClient.prepare_index_params()
        # Milvus Lite reads the parameters only from "params"; servers take that form too.
        indexes.add_index(
            _VECTOR, index_type=index.kind, metric_type="IP", params={"params": index.build}
        )
        with self._plain_errors(f"making a collection with the index {index.kind}"):
            # Milvus Lite forgets the description, and keeps the properties.
            self._client.create_collection(
                collection,
                schema=schema,
                index_params=indexes,
                properties={_DESCRIPTION: about},
                consistency_level="Bounded",
            )
            _forget_schemas()

    def about(self, collection: str) -> str | None:
        """What :meth:`create` was told the collection is; None where there is none."""
        with self._plain_errors("looking at a collection"):
            try:
                found = self._client.describe_collection(collection)
            except MilvusException:  # Asked only then: looking must be quick where all is well.
                if not self._client.has_collection(collection):
                    return None
                # Made in between; or something else is wrong, and fails again.
                found = self._client.describe_collection(collection)
        return str(found["description"] or found["properties"].get(_DESCRIPTION, ""))

    def drop(self, collection: str) -> None:
        """Remove a collection with all its vectors, if it is there."""
        with self._plain_errors("dropping a collection"):
            self._client.drop_collection(collection)

    def add_partition(self, collection: str, partition: str) -> None:
        """Make a partition, if it is not there yet."""
        with self._plain_errors("adding a partition"):
            if not self._client.has_partition(collection, partition):
                self._client.create_partition(collection, partition)

    def drop_partition(self, collection: str, partition: str) -> None:
        """Remove a partition with its vectors, if it is there."""
        with self._plain_errors("dropping a partition"):
            if not self._client.has_partition(collection, partition):
                return
            if not self.embedded:  # Servers refuse to drop what is loaded; Lite has no release.
                self._client.release_partitions(collection, [partition])
            self._client.drop_partition(collection, partition)

    def partitions(self, collection: str) -> set[str]:
        """Names of the partitions that were made."""
        with self._plain_errors("listing the partitions"):
            return set(self._client.list_partitions(collection)) - {_UNNAMED}

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
            Number of the load that they belong to, by which a search can leave them out.
        vectors
            float32 of shape (len(ids), dimension), finite; sparse ones have no empty rows.

        Raises
        ------
        ValueError
            If a vector is not finite: Milvus would take it without a word.
        """
        values = vectors.data if isinstance(vectors, csr_array) else vectors
        if not np.isfinite(values).all():
            message = "vectors must be finite"
            raise ValueError(message)
        rows = max(1, _UPSERT_BYTES * len(ids) // max(1, 2 * values.nbytes))
        written = entries(vectors)
        with self._plain_errors("writing vectors"):
            for start in range(0, len(ids), rows):
                data = [
                    {"id": number, "load": load, _VECTOR: vector}
                    for number, vector in zip(
                        ids[start : start + rows], written[start : start + rows], strict=True
                    )
                ]
                self._client.upsert(collection, data, partition_name=partition)

    def delete(self, collection: str, ids: Sequence[int]) -> None:
        """Remove vectors by their ids, and from searches; those not there are passed over."""
        # By ids only: Milvus Lite deletes by a filter in every partition, whichever is named.
        with self._plain_errors("removing vectors"):
            for start in range(0, len(ids), _DELETE_IDS):
                self._client.delete(collection, ids=list(ids[start : start + _DELETE_IDS]))
            if ids:  # A server's searches lag behind until they are read once.
                self.count(collection)

    def settle(self, collection: str) -> None:
        """Make all that was written searchable: on disk, indexed, loaded, and read once."""
        with self._plain_errors("indexing the vectors"):
            self._client.flush(collection)
            self._client.load_collection(collection)
            self.count(collection)

    def count(self, collection: str, partition: str | None = None) -> int:
        """Number of vectors in a partition, or in the whole collection, as of now."""
        # Milvus Lite counts the whole collection unless there is a filter.
        with self._plain_errors("counting vectors"):
            rows = self._client.query(
                collection,
                filter="id >= 0",
                output_fields=["count(*)"],
                partition_names=[partition] if partition else None,
                consistency_level="Strong",
            )
        return int(rows[0]["count(*)"])

    def ids(self, collection: str, partition: str) -> set[int]:
        """Ids of all vectors in a partition, as of now."""
        slices = 1 + self.count(collection, partition) // _IDS
        ends = [(number << 63) // slices for number in range(slices + 1)]
        found: set[int] = set()
        with self._plain_errors("listing the vectors"):
            for start, end in pairwise(ends):  # Hashes: each slice has about as many.
                rows = self._client.query(
                    collection,
                    filter=f"id >= {start} and id <= {end - 1}",
                    output_fields=["id"],
                    partition_names=[partition],
                    consistency_level="Strong",
                )
                found.update(row["id"] for row in rows)
        return found

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
        """The nearest neighbours of each vector by inner product, best first.

        Parameters
        ----------
        partitions
            Where to look; there must be one at least, and all must be there.
        vectors
            float32 of shape (queries, dimension), none of them all zeros.
        limit
            Neighbours a query, at most 16,384.
        without_loads
            Loads whose vectors are left out.
        """
        limit = min(limit, _MOST_HITS)
        queries = asked(vectors)
        ids = np.full((len(queries), limit), -1, dtype=np.int64)
        scores = np.zeros((len(queries), limit), dtype=np.float32)
        # Milvus Lite and servers before 2.5 bind no values; these are whole numbers of our own.
        numbers = [int(load) for load in without_loads]
        with self._plain_errors("searching"):
            for start in range(0, len(queries), _QUERIES):
                found = self._client.search(
                    collection,
                    data=queries[start : start + _QUERIES],
                    limit=limit,
                    anns_field=_VECTOR,
                    partition_names=list(partitions),
                    filter=f"load not in {numbers}" if numbers else "",
                    output_fields=["id"],
                    search_params={"metric_type": "IP", "params": index.search},
                    consistency_level="Bounded",
                )
                for row, hits in enumerate(found, start=start):
                    for column, hit in enumerate(hits):
                        ids[row, column] = hit["id"]
                        scores[row, column] = hit["distance"]
        return Neighbours(ids, scores)

    def _require_sparse(self) -> None:
        version = self.version()
        numbers = re.match(r"v?(\d+)\.(\d+)", version)
        if not self.embedded and numbers and tuple(map(int, numbers.groups())) < _FIRST_SPARSE:
            message = f"The Milvus server {self.address} ({version}) has no sparse vectors."
            hint = "Use Milvus 2.4 or newer, or the encoder count, whose vectors are dense."
            raise StoreError(message, hint)

    @contextmanager
    def _plain_errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (MilvusException, grpc.RpcError, OSError, ValueError) as error:
            reason = str(getattr(error, "message", "") or error).strip().split("\n")[0].rstrip(".")
            message = f"The vector store {self.address} failed while {doing}: {reason}."
            raise StoreError(message, lite.HINT if self.embedded else _SERVER_HINT) from error


def _forget_schemas() -> None:
    """Make pymilvus ask again what collections are like.

    It keeps their schemas for the whole process by port and name; Milvus Lite opens on a port that
    may have been another store's, and a collection may be made anew by another process.
    """
    GlobalCache.schema.clear()
