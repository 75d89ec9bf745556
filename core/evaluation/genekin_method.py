"""The library's own search: a library of the training part, asked as any other is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np
from pydantic import SecretStr

from core.classify import DEFAULT_NEIGHBOURS, Call, Status, classify
from core.encoders import TranslatedEncoder
from core.evaluation.data import LabelledData
from core.evaluation.methods import NONE, Answering, Predictions
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.records import Record
from core.settings import Settings
from core.stores import Stores
from core.stores.milvus.index import SPARSE_INDEX, VectorIndex

ON_SERVERS = ("GPU_IVF_FLAT",)
"""Index types that Milvus Lite has not."""

_ORGANISM = "training"
_CACHE_BYTES = 64_000_000


class LibrarySearch:
    """A library with one encoder and one index, in stores that go when it is no more used.

    The stores are embedded ones in a folder of their own. What only a Milvus server has is searched
    on the one that the settings name, in a collection of its own; the labels stay in the folder.

    Parameters
    ----------
    encoder, index
        Names of both.
    neighbours
        How many of them decide, where they vote.
    """

    def __init__(
        self,
        name: str,
        title: str,
        settings: Settings,
        *,
        encoder: str,
        index: str,
        neighbours: int = DEFAULT_NEIGHBOURS,
    ) -> None:
        self.name = name
        self.title = title
        self._settings = settings
        self._encoder = encoder
        self._index = index
        self._neighbours = neighbours

    def settings(self) -> Mapping[str, str | int | float]:
        """Encoder, index with its parameters, and neighbours."""
        index = VectorIndex.of_kind(self._index)
        told: dict[str, str | int | float] = {"encoder": self._encoder, "index": index.kind}
        return {**told, **index.build, **index.search, "neighbours": self._neighbours}

    def missing(self) -> str:
        """Say whether it needs a server, and there is none."""
        if self._index in ON_SERVERS and self._settings.embedded_vectors:
            return f"{self._index} needs a Milvus server with a GPU; this is Milvus Lite."
        return ""

    @contextmanager
    def fitted(self, training: LabelledData, step: Callable[[], None]) -> Iterator[Answering]:
        """Load a library of one organism; exact copies are kept once, as always."""
        records = [
            Record(
                "", training.sequences[place], place + 1, place + 1, int(training.families[place])
            )
            for place in training.distinct().tolist()
        ]
        # A name of its own, so that its collection is nobody else's.
        name = f"evaluation {uuid4().hex}"
        index = None if self._index == SPARSE_INDEX else VectorIndex.of_kind(self._index)
        with self._stores() as stores:
            libraries = Libraries(stores, _CACHE_BYTES)
            try:
                load(
                    libraries,
                    {_ORGANISM: records},
                    library=name,
                    encoder=self._encoder,
                    index=index,
                    progress=lambda _doing, _done, _total: step(),
                )
                yield lambda asked: self._answer(libraries, name, asked)
            finally:
                if name in libraries.names():
                    libraries.delete(name)

    @contextmanager
    def _stores(self) -> Iterator[Stores]:
        server = self._index in ON_SERVERS
        with TemporaryDirectory(prefix="genekin-evaluation-") as folder:
            settings = self._settings.model_copy(
                update={
                    "home": Path(folder),
                    "milvus_uri": self._settings.milvus_uri if server else "",
                    "database_url": SecretStr(""),
                }
            )
            with Stores(settings) as stores:
                yield stores

    def _answer(self, libraries: Libraries, name: str, sequences: Sequence[str]) -> Predictions:
        records = [
            Record("", sequence, position, position)
            for position, sequence in enumerate(sequences, start=1)
        ]
        library = libraries.open(name)
        calls = classify(library, records, neighbours=self._neighbours)
        return Predictions(
            families=np.array([_family(call) for call in calls], dtype=np.int64),
            called=np.array([call.status is Status.CALLED for call in calls], dtype=np.bool_),
            confidences=np.array([call.confidence for call in calls], dtype=np.float64),
            scores=np.array(
                [call.hits[0].score if call.hits else 0.0 for call in calls], dtype=np.float64
            ),
        )


def _family(call: Call) -> int:
    return NONE if call.family_id is None else call.family_id


def library_searches(settings: Settings, kinds: Sequence[str]) -> list[LibrarySearch]:
    """Both encoders with every index that they can have, and the seed's way to ask.

    Parameters
    ----------
    kinds
        Index types of dense vectors; the first is the usual one.
    """
    sparse = LibrarySearch(
        "translated",
        "GeneKin, translated",
        settings,
        encoder=TranslatedEncoder.name,
        index=SPARSE_INDEX,
    )
    seed = LibrarySearch(
        "seed",
        "the seed: count, nearest neighbour",
        settings,
        encoder="count",
        index=kinds[0],
        neighbours=1,
    )
    dense = [
        LibrarySearch(
            "count" if kind == kinds[0] else f"count-{kind.lower()}",
            f"GeneKin, count, {kind}",
            settings,
            encoder="count",
            index=kind,
        )
        for kind in kinds
    ]
    return [sparse, seed, *dense]
