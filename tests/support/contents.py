"""All that a library has in both stores, to compare before with after."""

from dataclasses import dataclass

from core.library.manager import Libraries
from core.library.naming import collection_name
from core.stores.milvus.vectors import VectorStore
from core.stores.sql import LibraryRow, OrganismRow, SequenceRow
from core.stores.sql.schema import PENDING, READY, REMOVING


@dataclass(frozen=True)
class Contents:
    """What is in the tables under a library's name, and in its collection, by organism."""

    library: LibraryRow | None
    organisms: list[OrganismRow]
    sequences: dict[str, list[SequenceRow]]
    families: dict[int, str]
    pending: list[int]
    about: str | None
    vectors: dict[str, list[int]]


NOTHING = Contents(None, [], {}, {}, [], None, {})


def contents(libraries: Libraries, name: str) -> Contents:
    labels, vectors = libraries.stores.labels, libraries.stores.vectors
    row = labels.library(name)
    collection = row.collection if row else collection_name(name)
    about = vectors.about(collection)
    ids = vector_ids(vectors, collection) if about is not None else {}
    if row is None:
        return Contents(None, [], {}, {}, [], about, ids)
    organisms = labels.organisms(row.id, PENDING, READY, REMOVING)
    of_partitions = {each.partition: each.name for each in organisms}
    return Contents(
        row,
        organisms,
        {each.name: labels.sequences(each.id) for each in organisms},
        labels.families(row.id),
        labels.pending_loads(row.id),
        about,
        {of_partitions.get(partition, partition): found for partition, found in ids.items()},
    )


def vector_ids(vectors: VectorStore, collection: str) -> dict[str, list[int]]:
    """Ids of the vectors in every partition that is not Milvus's own."""
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
    """Check that nothing is under way, and that both stores have the same sequences."""
    assert found.pending == []
    assert [each.state for each in found.organisms] == [READY] * len(found.organisms)
    assert found.vectors == {
        organism: sorted(row.id for row in rows if row.has_vector)
        for organism, rows in found.sequences.items()
    }
