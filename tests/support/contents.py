"""Everything that both stores have of a library, to compare before with after."""

from dataclasses import dataclass

from core.library.manager import Libraries
from core.library.naming import collection_name
from core.stores.milvus.vectors import VectorStore
from core.stores.sql import LibraryRow, OrganismRow, SequenceRow
from core.stores.sql.schema import PENDING, READY, REMOVING


@dataclass(frozen=True)
class Contents:
    """The rows of a library, and the vectors of its collection by organism."""

    library: LibraryRow | None
    organisms: list[OrganismRow]
    sequences: dict[str, list[SequenceRow]]
    families: dict[int, str]
    pending: list[int]
    description: str | None
    vectors: dict[str, list[int]]


NOTHING = Contents(None, [], {}, {}, [], None, {})


def contents(libraries: Libraries, name: str) -> Contents:
    """Read a library from both stores."""
    labels, vectors = libraries.stores.labels, libraries.stores.vectors
    row = labels.library(name)
    collection = row.collection if row else collection_name(name)
    description = vectors.description(collection)
    ids = vector_ids(vectors, collection) if description is not None else {}
    if row is None:
        return Contents(None, [], {}, {}, [], description, ids)
    organisms = labels.organisms(row.id, PENDING, READY, REMOVING)
    names = {organism.partition: organism.name for organism in organisms}
    return Contents(
        row,
        organisms,
        {organism.name: labels.sequences(organism.id) for organism in organisms},
        labels.families(row.id),
        labels.pending_loads(row.id),
        description,
        {names.get(partition, partition): found for partition, found in ids.items()},
    )


def vector_ids(vectors: VectorStore, collection: str) -> dict[str, list[int]]:
    """Return the ids of the vectors in every partition but Milvus's own."""
    partitions = vectors._client.list_partitions(collection)
    return {
        partition: sorted(
            row["id"]
            for row in vectors._client.query(
                collection,
                filter="id >= 0",
                output_fields=["id"],
                partition_names=[partition],
                consistency_level="Strong",
            )
        )
        for partition in partitions
        if partition != "_default"
    }


def require_agreement(found: Contents) -> None:
    """Check that no work is pending, and that both stores have the same sequences."""
    assert found.pending == []
    assert {organism.state for organism in found.organisms} <= {READY}
    assert found.vectors == {
        organism: sorted(row.id for row in rows if row.has_vector)
        for organism, rows in found.sequences.items()
    }
