"""GeneKin's own search: a temporary library of the training set, queried as any other."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np
from pydantic import SecretStr

from core import defaults
from core.calls import Status
from core.classify import classify
from core.encoders import TranslatedEncoder
from core.evaluation.data import LabelledData
from core.evaluation.methods import NO_FAMILY, Parameters, Predictions, Predictor
from core.library.load import load
from core.library.manager import Libraries
from core.progress import Progress
from core.sequences.records import Record
from core.settings import Settings
from core.stores.milvus.index import SPARSE_INDEX, VectorIndex
from core.stores.stores import Stores

SERVER_INDEXES = ("GPU_IVF_FLAT",)
"""Index types that Milvus Lite does not have."""

_CACHE_BYTES = 64_000_000


class LibraryMethod:
    """A library with one encoder and one index, in temporary stores.

    The stores are embedded ones in a folder of their own. An index that only a Milvus server has is
    built on the server of the settings, in a collection of its own; labels stay in the folder.

    Parameters
    ----------
    encoder, index
        Names of both.
    neighbours
        Number of nearest neighbours that vote, where they do.
    organism
        Name of the library's only organism. Ids of sequences depend on it, and with them which of
        two equally similar neighbours comes first.
    """

    def __init__(
        self,
        name: str,
        title: str,
        settings: Settings,
        *,
        encoder: str,
        index: str,
        neighbours: int = defaults.NEIGHBOURS,
        organism: str = "training",
    ) -> None:
        self.name = name
        self.title = title
        self._settings = settings
        self._encoder = encoder
        self._index = index
        self._neighbours = neighbours
        self._organism = organism

    def settings(self) -> Parameters:
        """Return encoder, index with its parameters, and number of neighbours."""
        index = VectorIndex.of_kind(self._index)
        return {
            "encoder": self._encoder,
            "index": index.kind,
            **index.build,
            **index.search,
            "neighbours": self._neighbours,
        }

    def unavailable_reason(self) -> str:
        """Say that the index needs a server, if there is none."""
        if self._index in SERVER_INDEXES and self._settings.embedded_vectors:
            return f"{self._index} needs a Milvus server with a GPU; this is Milvus Lite."
        return ""

    @contextmanager
    def fit(self, training: LabelledData, progress: Progress) -> Iterator[Predictor]:
        """Load a library of one organism; exact copies are stored once, as always."""
        records = [
            Record(
                "", training.sequences[index], index + 1, index + 1, int(training.families[index])
            )
            for index in training.distinct().tolist()
        ]
        # A unique name: on a server, the collection must be no one else's.
        name = f"evaluation {uuid4().hex}"
        index = None if self._index == SPARSE_INDEX else VectorIndex.of_kind(self._index)
        with self._open_stores() as stores:
            libraries = Libraries(stores, _CACHE_BYTES)
            try:
                load(
                    libraries,
                    {self._organism: records},
                    library=name,
                    encoder=self._encoder,
                    index=index,
                    progress=progress,
                )
                yield lambda queries: self._predict(libraries, name, queries)
            finally:
                if name in libraries.names():
                    libraries.delete(name)

    @contextmanager
    def _open_stores(self) -> Iterator[Stores]:
        on_server = self._index in SERVER_INDEXES
        with TemporaryDirectory(prefix="genekin-evaluation-") as folder:
            settings = self._settings.model_copy(
                update={
                    "home": Path(folder),
                    "milvus_uri": self._settings.milvus_uri if on_server else "",
                    "database_url": SecretStr(""),
                }
            )
            with Stores(settings) as stores:
                yield stores

    def _predict(self, libraries: Libraries, name: str, queries: Sequence[str]) -> Predictions:
        records = [
            Record("", sequence, position, position)
            for position, sequence in enumerate(queries, start=1)
        ]
        calls = classify(libraries.open(name), records, neighbours=self._neighbours)
        families = [NO_FAMILY if call.family_id is None else call.family_id for call in calls]
        scores = [call.hits[0].score if call.hits else 0.0 for call in calls]
        return Predictions(
            families=np.array(families, dtype=np.int64),
            called=np.array([call.status is Status.CALLED for call in calls], dtype=np.bool_),
            confidences=np.array([call.confidence for call in calls], dtype=np.float64),
            scores=np.array(scores, dtype=np.float64),
        )


def library_methods(settings: Settings, kinds: Sequence[str]) -> list[LibraryMethod]:
    """Return a method for both encoders with each of their indexes, and the published baseline.

    Parameters
    ----------
    kinds
        Index types of dense vectors, the default one first.
    """
    translated = LibraryMethod(
        "translated",
        "GeneKin, translated",
        settings,
        encoder=TranslatedEncoder.name,
        index=SPARSE_INDEX,
    )
    baseline = LibraryMethod(
        "seed",
        "Published baseline: count, nearest neighbour",
        settings,
        encoder="count",
        index=kinds[0],
        neighbours=1,
    )
    dense = [
        LibraryMethod(
            "count" if kind == kinds[0] else f"count-{kind.lower()}",
            f"GeneKin, count, {kind}",
            settings,
            encoder="count",
            index=kind,
        )
        for kind in kinds
    ]
    return [translated, baseline, *dense]
