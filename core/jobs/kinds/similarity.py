"""Jobs that compare the organisms of a library, or map its sequences; the results are stored."""

from typing import Any

from core.encoders import ENCODERS
from core.jobs.kinds.base import JobContext, JobKind
from core.library.library import Library
from core.progress import Progress
from core.schema import StrictModel
from core.similarity import compare
from core.similarity.stored_results import StoredResults
from core.similarity.tsne import map_sequences
from core.stores.sql import Identity


class CompareArguments(StrictModel):
    """Arguments of a comparison: how many genes of each organism, and by which encoder."""

    identity: Identity
    limit: int | None
    encoder: str


class MapArguments(StrictModel):
    """Arguments of a map."""

    identity: Identity


def comparison_key(library: Library, limit: int | None, encoder: str) -> tuple[object, ...]:
    """Return all that a comparison depends on."""
    return "comparison", library.name, library.contents(), limit, encoder


def similarity_queue(library: Library) -> str:
    """Return the queue of these jobs: they wait for each other, not for loads.

    No library can have this name.
    """
    return f" similarity of {library.name}"


def map_key(library: Library) -> tuple[object, ...]:
    """Return all that a map depends on."""
    return "map", library.name, library.contents()


def _compare(
    context: JobContext, arguments: CompareArguments, progress: Progress
) -> dict[str, Any]:
    library, limit = _open(context, arguments.identity), arguments.limit
    encoder = ENCODERS[arguments.encoder]
    _results(context).comparison(
        *comparison_key(library, limit, arguments.encoder),
        make=lambda: compare(library, limit=limit, encoder=encoder, progress=progress),
    )
    return {}


def _map(context: JobContext, arguments: MapArguments, progress: Progress) -> dict[str, Any]:
    library = _open(context, arguments.identity)
    key = map_key(library)
    _results(context).map(*key, make=lambda: map_sequences(library, progress=progress))
    return {}


def _open(context: JobContext, identity: Identity) -> Library:
    return context.libraries.open(context.libraries.current_name(identity))


def _results(context: JobContext) -> StoredResults:
    return StoredResults(context.libraries.stores.database)


COMPARE = JobKind("compare", CompareArguments, _compare)
MAP = JobKind("map", MapArguments, _map)
