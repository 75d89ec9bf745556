"""Towhee pipelines over GeneKin's own calls: operators, and the published demo's two pipelines.

The demo loads labelled sequences (encode, insert vectors into Milvus and labels into MySQL), and
classifies others (encode, search in Milvus, recall the labels from MySQL). The operators here do
this by the calls of :mod:`core`, so that a pipeline answers as the pages do. Towhee is an optional
extra (``requirements-towhee.txt``), imported only to compose the pipelines; the operators are plain
callables, which any other framework can call.

A pipeline takes one input, or several by its method ``batch``. An input to classify is one query or
several of them. Towhee turns the error of an operator into a RuntimeError with its text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

from core import defaults
from core.classify import EncodedRecords, SearchedRecords, Stages
from core.errors import EncoderReplaced, InputError
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import read_settings
from genekin.inputs import QueryInput, References, read_input
from genekin.library import Library
from genekin.results import Calls, Loads

__all__ = [
    "Encode",
    "Encoded",
    "Insert",
    "Read",
    "Recall",
    "Search",
    "SearchOptions",
    "Searched",
    "classify_pipeline",
    "insert_pipeline",
]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Options of a search, as of :meth:`genekin.Library.classify`.

    Attributes
    ----------
    organisms
        Search only these organisms; all, if None.
    neighbours
        Maximum number of hits, 1 to 1,000.
    threshold
        Minimum confidence for a call, 0 to 1; the library's own, if None.
    """

    organisms: Sequence[str] | None = None
    neighbours: int = defaults.NEIGHBOURS
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """Encoded queries, with the stages of the library as it was then."""

    stages: Stages
    records: EncodedRecords


@dataclass(frozen=True, slots=True)
class Searched:
    """Queries with their nearest genes, with the stages of the library as it was then."""

    stages: Stages
    records: SearchedRecords


class Read:
    """Operator that reads queries: a file, a text, one sequence or several."""

    def __call__(self, queries: QueryInput) -> Sequence[Record]:
        """Return the queries as records, invalid ones included.

        Raises
        ------
        InputError
            If there are none, or a file cannot be read.
        """
        return read_input(queries, Limits.of_disk(read_settings()))


class Encode:
    """Operator that encodes records by the encoder of a library, as it is at that moment.

    Parameters
    ----------
    library
        The library; it must stay open.
    options
        Options of the search that follows.
    """

    def __init__(self, library: Library, options: SearchOptions | None = None) -> None:
        self._library = library
        self._options = options or SearchOptions()

    def __call__(self, records: Sequence[Record]) -> Encoded:
        """Return the vectors of the records.

        Raises
        ------
        InputError
            If an option is out of range.
        LibraryError
            If there is no such library.
        """
        opened = self._library.manager().open(self._library.name)
        options = self._options
        stages = Stages(
            opened,
            organisms=options.organisms,
            neighbours=options.neighbours,
            threshold=options.threshold,
        )
        return Encoded(stages, stages.encode(records))


class Search:
    """Operator that searches for encoded records in Milvus.

    Parameters
    ----------
    encode
        The operator before it: encodes again if the encoder of the library is replaced meanwhile.
    """

    def __init__(self, encode: Encode) -> None:
        self._encode = encode

    def __call__(self, encoded: Encoded) -> Searched:
        """Return the nearest genes of each record.

        Raises
        ------
        InputError
            If an organism is not in the library.
        StoreError
            If a store fails.
        """
        try:
            return Searched(encoded.stages, encoded.stages.search(encoded.records))
        except EncoderReplaced:
            return self(self._encode(encoded.records.records))


class Recall:
    """Operator that recalls the labels of the nearest genes, and calls the family by them.

    Parameters
    ----------
    encode, search
        The operators before it, for the case that the encoder of the library is replaced meanwhile.
    """

    def __init__(self, encode: Encode, search: Search) -> None:
        self._encode = encode
        self._search = search

    def __call__(self, searched: Searched) -> Calls:
        """Return the call of each record.

        Raises
        ------
        StoreError
            If a store fails.
        """
        try:
            return Calls(searched.stages.call(searched.records))
        except EncoderReplaced:
            return self(self._search(self._encode(searched.records.records)))


class Insert:
    """Operator that loads reference genes: all of them with vectors and labels, or none.

    Parameters
    ----------
    library
        The library; its first load fits its encoder.
    families
        Names by class number, or a file of them.
    encoder
        Encoder of a new library: ``translated`` (the default), or ``count``, the demo's.
    """

    def __init__(
        self,
        library: Library,
        families: Mapping[int, str] | str | PathLike[str] | None = None,
        encoder: str | None = None,
    ) -> None:
        self._library = library
        self._families = families
        self._encoder = encoder

    def __call__(self, references: References) -> Loads:
        """Load the genes, and return what was loaded.

        Raises
        ------
        GeneKinError
            As :meth:`genekin.Library.load` does; nothing is loaded then.
        """
        return self._library.load(references, families=self._families, encoder=self._encoder)


def insert_pipeline(
    library: Library,
    *,
    families: Mapping[int, str] | str | PathLike[str] | None = None,
    encoder: str | None = None,
) -> Any:
    """Compose the pipeline that loads reference genes.

    Parameters
    ----------
    library : Library
        The library; it must stay open.
    families : mapping of int to str, or path, optional
        Names by class number, or a file of them.
    encoder : str, optional
        Encoder of a new library: ``translated`` (the default), or ``count``, the demo's.

    Returns
    -------
    towhee.runtime.RuntimePipeline
        From ``references`` (as :meth:`genekin.Library.load` takes them) to ``loaded``, a
        :class:`genekin.Loads`.

    Raises
    ------
    InputError
        If Towhee is not installed.
    """
    insert = Insert(library, families, encoder)
    return _pipe().input("references").map("references", "loaded", insert).output("loaded")


def classify_pipeline(library: Library, options: SearchOptions | None = None) -> Any:
    """Compose the pipeline that finds the gene family of queries.

    Parameters
    ----------
    library : Library
        The library; it must stay open.
    options : SearchOptions, optional
        Organisms, hits and threshold.

    Returns
    -------
    towhee.runtime.RuntimePipeline
        From ``queries`` (as :meth:`genekin.Library.classify` takes them) to ``calls``, a
        :class:`genekin.Calls`.

    Raises
    ------
    InputError
        If Towhee is not installed.
    """
    encode = Encode(library, options)
    search = Search(encode)
    return (
        _pipe()
        .input("queries")
        .map("queries", "records", Read())
        .map("records", "encoded", encode)
        .map("encoded", "searched", search)
        .map("searched", "calls", Recall(encode, search))
        .output("calls")
    )


def _pipe() -> Any:
    try:
        from towhee import pipe  # Heavy, and optional.
    except ImportError as error:
        message = f"Towhee cannot be imported: {error}."
        raise InputError(
            message, "Install it with: pip install -r requirements-towhee.txt"
        ) from None
    return pipe
