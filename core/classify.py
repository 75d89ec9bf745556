"""Classification of queries against a library: encode, search, predict, call."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from core import defaults
from core.arrays import Vectors
from core.calls import Call
from core.classification.prediction import Hit, Prediction
from core.classification.repeats import repeat_share
from core.classification.votes import predict_by_vote
from core.encoders.translated import TranslatedEncoder
from core.errors import EncoderReplaced, InputError
from core.events import timed_question
from core.library.library import Library, check_threshold
from core.predictor import EncodedQueries, ModelPredictor, SearchedQuery, predict_sequences
from core.progress import Progress, no_progress
from core.sequences.records import Record

MAX_NEIGHBOURS = 1_000
MAX_REPEAT_SHARE = 0.8
"""Share of a query in simple repeats from which it is unknown; genes of the reference data have at
most 0.6."""
_REPEAT = "It is a simple repeat: parts of unrelated genes look like it."
_SAME = 0.999
"""Cosine similarity from which two vectors are the same."""


def classify(
    library: Library,
    records: Sequence[Record],
    *,
    organisms: Sequence[str] | None = None,
    neighbours: int = defaults.NEIGHBOURS,
    threshold: float | None = None,
    progress: Progress = no_progress,
) -> list[Call]:
    """Call the family of each record; an invalid record does not stop the others.

    Parameters
    ----------
    organisms
        Organisms to search; all, if None.
    neighbours
        Maximum number of hits (with the encoder count, of votes), 1 to 1,000.
    threshold
        Minimum confidence for a call, 0 to 1; the library's own, if None.
    progress
        Called with the number of records done, and their total.

    Returns
    -------
    list of Call
        In the order of the records.

    Raises
    ------
    InputError
        If `neighbours` or `threshold` is out of range, or an organism is not in the library.
    """
    _check_neighbours(neighbours)
    with timed_question(len(records)):
        return _classify(library, records, organisms, neighbours, threshold, progress)


def _check_neighbours(neighbours: int) -> None:
    if not 1 <= neighbours <= MAX_NEIGHBOURS:
        message = f"{neighbours:,} is not a valid number of neighbours."
        raise InputError(message, f"Choose 1 to {MAX_NEIGHBOURS:,}.")


def _classify(  # noqa: PLR0917
    library: Library,
    records: Sequence[Record],
    organisms: Sequence[str] | None,
    neighbours: int,
    threshold: float | None,
    progress: Progress,
) -> list[Call]:
    residues = [record.residues for record in records if record.problem is None]
    while True:
        caller = _Caller(library, library.threshold if threshold is None else threshold)
        if not residues:
            library.search([], organisms=organisms)  # Validate organisms even without queries.
        predictions = predict_sequences(library, residues, organisms, neighbours)
        try:
            return caller.call_all(records, predictions, progress)
        except EncoderReplaced:
            library = library.reopened()


class _Caller:
    """Turns predictions into calls, by the threshold and the family names of a library."""

    def __init__(self, library: Library, threshold: float) -> None:
        check_threshold(threshold)
        self._library = library
        self._threshold = threshold

    def call_all(
        self, records: Sequence[Record], predictions: Iterator[Prediction], progress: Progress
    ) -> list[Call]:
        """Call each record; the valid ones by the next prediction."""
        calls = []
        for record in records:
            if record.problem is None:
                calls.append(self._call(record, next(predictions)))
            else:
                calls.append(Call.invalid(record))
            progress("Classifying", len(calls), len(records))
        return calls

    def _call(self, record: Record, prediction: Prediction) -> Call:
        is_repeat = _is_mere_repeat(record, prediction)
        if is_repeat:
            prediction = replace(prediction, families={})
        families = prediction.families or self._library_shares
        family_id, confidence = next(iter(families.items()))
        family = self._library.family_name(family_id)
        return Call.of(
            record,
            prediction,
            family_id=family_id,
            family=family,
            confidence=confidence,
            reason=_REPEAT if is_repeat else self._reason(prediction, family, confidence),
        )

    def _reason(self, prediction: Prediction, family: str, confidence: float) -> str:
        """Say why the query is unknown; return an empty string if it is called."""
        if not (prediction.hits or (prediction.profiles and prediction.significant)):
            return "No similar gene in the library."
        if not prediction.significant:
            return "The closest gene is no more similar than expected by chance."
        if confidence < self._threshold:
            return (
                f"{family} is the best guess, but its confidence of {confidence:.0%} is below the"
                f" threshold of {self._threshold:.0%}."
            )
        return ""

    @cached_property
    def _library_shares(self) -> dict[int, float]:
        """Share of the library's sequences by family, the largest first."""
        counts: Counter[int] = Counter()
        for organism in self._library.organisms():
            counts.update(organism.families)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return {family: count / counts.total() for family, count in ranked}


def _is_mere_repeat(record: Record, prediction: Prediction) -> bool:
    """Tell whether a query is a simple repeat, and no gene is one and the same as a whole."""
    if prediction.hits and prediction.hits[0].score > _SAME:
        return False
    return repeat_share(record.residues) >= MAX_REPEAT_SHARE


@dataclass(frozen=True, slots=True)
class EncodedRecords:
    """Records that are encoded.

    Attributes
    ----------
    vectors
        Those of the valid records: float32, shape (valid records, dimension).
    queries
        The same with what prediction needs; None if the neighbours vote.
    """

    records: Sequence[Record]
    vectors: Vectors
    queries: EncodedQueries | None


@dataclass(frozen=True, slots=True)
class SearchedRecords:
    """Records that are searched for.

    Attributes
    ----------
    hits
        Nearest genes of each valid record with their labels, best first.
    queries
        The same with what prediction needs; None if the neighbours vote.
    """

    records: Sequence[Record]
    hits: Sequence[Sequence[Hit]]
    queries: Sequence[SearchedQuery] | None


class Stages:
    """The stages of :func:`classify`, for programs that run them one by one.

    Parameters
    ----------
    library, organisms, neighbours, threshold
        As for :func:`classify`.

    Raises
    ------
    InputError
        If `neighbours` or `threshold` is out of range.
    """

    def __init__(
        self,
        library: Library,
        *,
        organisms: Sequence[str] | None = None,
        neighbours: int = defaults.NEIGHBOURS,
        threshold: float | None = None,
    ) -> None:
        _check_neighbours(neighbours)
        self._caller = _Caller(library, library.threshold if threshold is None else threshold)
        self._library = library
        self._search_vectors = partial(
            library.search_vectors, organisms=organisms, limit=neighbours
        )
        self._predictor: ModelPredictor | None = None
        if library.model is not None and isinstance(library.encoder, TranslatedEncoder):
            self._predictor = ModelPredictor(
                library, library.encoder, library.model, organisms, neighbours
            )

    def encode(self, records: Sequence[Record]) -> EncodedRecords:
        """Encode the valid records."""
        residues = [record.residues for record in records if record.problem is None]
        if self._predictor is None:
            vectors = self._library.encoder.encode_queries(residues)
            return EncodedRecords(records, vectors, None)
        queries = self._predictor.encode(residues)
        return EncodedRecords(records, queries.vectors, queries)

    def search(self, encoded: EncodedRecords) -> SearchedRecords:
        """Find the nearest genes of encoded records, with their labels.

        Raises
        ------
        EncoderReplaced
            If the library has another encoder by now: encode with its stages then.
        InputError
            If an organism is not in the library.
        """
        if self._predictor is None or encoded.queries is None:
            return SearchedRecords(encoded.records, self._search_vectors(encoded.vectors), None)
        queries = self._predictor.search(encoded.queries)
        return SearchedRecords(encoded.records, [query.hits for query in queries], queries)

    def call(self, searched: SearchedRecords) -> list[Call]:
        """Call the family of each record.

        Raises
        ------
        EncoderReplaced
            As :meth:`search` does: some records need a second search.
        """
        predictions: Iterator[Prediction] = map(predict_by_vote, searched.hits)
        if self._predictor is not None and searched.queries is not None:
            predictions = iter(self._predictor.predict(searched.queries))
        return self._caller.call_all(searched.records, predictions, no_progress)
