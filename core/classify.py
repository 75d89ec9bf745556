"""Classification of queries against a library: encode, search, predict, call.

Candidates are searched for in two rounds: a few, with few k-mers, for every query; many for the
queries that have no close neighbour among these.
"""

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from core import defaults
from core.arrays import Vectors
from core.calls import Call
from core.classification.evidence import is_clear
from core.classification.model import Candidate, FamilyModel, Query, cosine_similarities
from core.classification.prediction import Hit, Prediction, predict
from core.classification.profile_evidence import ProfileEvidence
from core.classification.votes import predict_by_vote
from core.encoders.base import iter_batches
from core.encoders.translated import MAX_POSTINGS, TranslatedEncoder
from core.errors import EncoderReplaced, InputError
from core.events import timed_question
from core.library.library import Library, check_threshold
from core.progress import Progress, no_progress
from core.sequences.records import Record
from core.thread_pool import in_stages, map_in_threads

MAX_NEIGHBOURS = 1_000
FIRST_ROUND = 400, 10
"""Postings and candidates for every query, for each organism searched: 99 in 100 genes with a close
neighbour find it, and what each organism has of it."""
SECOND_ROUND = MAX_POSTINGS, 150
"""Postings and candidates for the queries that the first round does not make clear."""

_BATCH_SIZE = 256
_UNCLEAR_BATCH_SIZE = 32
"""Queries that are predicted at once, such that their candidates fit into memory."""


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
        families = prediction.families or self._library_shares
        family_id, confidence = next(iter(families.items()))
        family = self._library.family_name(family_id)
        return Call.of(
            record,
            prediction,
            family_id=family_id,
            family=family,
            confidence=confidence,
            reason=self._reason(prediction, family, confidence),
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


def predict_sequences(
    library: Library, sequences: Sequence[str], organisms: Sequence[str] | None, neighbours: int
) -> Generator[Prediction, None, None]:
    """Predict the family of each sequence, in their order: by the library's model, or by votes.

    Batches pass through three stages at once: the next one is encoded and the one before it
    searched for while one is predicted, so that no stage waits for the answers of a server.

    Parameters
    ----------
    organisms
        Organisms to search; all, if None.
    neighbours
        Maximum number of hits.
    """
    batches = list(iter_batches(sequences, _BATCH_SIZE))
    if library.model is None or not isinstance(library.encoder, TranslatedEncoder):
        search = partial(library.search, organisms=organisms, limit=neighbours)
        for hits in in_stages(batches, search):
            yield from map(predict_by_vote, hits)
        return
    predictor = _ModelPredictor(library, library.encoder, library.model, organisms, neighbours)
    for searched in in_stages(batches, predictor.encode, predictor.search):
        yield from predictor.predict(searched)


@dataclass(frozen=True, slots=True)
class _EncodedQueries:
    """Queries and their vectors, float32 of shape (queries, dimension)."""

    queries: Sequence[Query]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class _SearchedQuery:
    """A query, its hits, their sequence data, and the profiles that match it."""

    query: Query
    hits: Sequence[Hit]
    candidates: Sequence[Candidate]
    profiles: ProfileEvidence | None = None

    def similarities(self) -> NDArray[np.float32]:
        return cosine_similarities(self.query.profile, self.candidates)


class _ModelPredictor:
    """Prediction by a model: few candidates for every query, many where these are not clear."""

    def __init__(
        self,
        library: Library,
        encoder: TranslatedEncoder,
        model: FamilyModel,
        organisms: Sequence[str] | None,
        neighbours: int,
    ) -> None:
        self._library = library
        self._encoder = encoder
        self._model = model
        self._organisms = organisms
        self._neighbours = neighbours
        searched = len(library.organism_names() if organisms is None else organisms)
        self._first_postings, self._first_candidates = (
            min(searched * first, second)
            for first, second in zip(FIRST_ROUND, SECOND_ROUND, strict=True)
        )

    def encode(self, sequences: Sequence[str]) -> _EncodedQueries:
        """Encode a batch of queries, with the k-mers of the first round."""
        profiles = self._encoder.profiles(sequences)
        queries = [Query(*pair) for pair in zip(sequences, profiles, strict=True)]
        return self._encode(queries, self._first_postings)

    def search(self, encoded: _EncodedQueries) -> list[_SearchedQuery]:
        """Find the first candidates of a batch."""
        return self._search(encoded, self._first_candidates)

    def predict(self, searched: Sequence[_SearchedQuery]) -> list[Prediction]:
        """Predict a batch; queries without a close neighbour, by more candidates."""
        predictions = self._predict_clear(searched)
        unclear = [index for index in range(len(searched)) if index not in predictions]
        others = self._predict_unclear([searched[index].query for index in unclear])
        predictions.update(zip(unclear, others, strict=True))
        return [predictions[index] for index in range(len(searched))]

    def _predict_clear(self, searched: Sequence[_SearchedQuery]) -> dict[int, Prediction]:
        """Predict the queries that have a close neighbour, by their index.

        Without threads, which would cost more than they save here.
        """
        predictions = {}
        for index, query in enumerate(searched):
            similarities = query.similarities()
            if is_clear(similarities):
                predictions[index] = self._predict(query, similarities)
        return predictions

    def _predict_unclear(self, queries: Sequence[Query]) -> Iterator[Prediction]:
        """Predict queries by many candidates, found for the next ones meanwhile."""
        postings, candidates = SECOND_ROUND
        batches = list(iter_batches(queries, _UNCLEAR_BATCH_SIZE))
        for searched in in_stages(
            batches,
            lambda batch: self._encode(batch, postings),
            lambda encoded: self._search_profiles(self._search(encoded, candidates)),
        ):
            yield from map_in_threads(
                lambda query: self._predict(query, query.similarities()), searched
            )

    def _search_profiles(self, searched: list[_SearchedQuery]) -> list[_SearchedQuery]:
        """Add the evidence of the library's profiles to queries that still have no close hit."""
        profiles = self._library.profiles
        if profiles is None or not profiles.is_used:
            return searched
        unclear = [
            index for index, query in enumerate(searched) if not is_clear(query.similarities())
        ]
        found = profiles.search([searched[index].query.sequence for index in unclear])
        evidence = dict(zip(unclear, found, strict=True))
        return [
            replace(query, profiles=evidence.get(index)) for index, query in enumerate(searched)
        ]

    def _encode(self, queries: Sequence[Query], postings: int) -> _EncodedQueries:
        """Encode queries with k-mers of so many postings each."""
        profiles = [query.profile for query in queries]
        return _EncodedQueries(queries, self._encoder.encode_query_profiles(profiles, postings))

    def _search(self, encoded: _EncodedQueries, candidates: int) -> list[_SearchedQuery]:
        """Search for so many candidates of each query."""
        hits = self._library.search_vectors(
            encoded.vectors, organisms=self._organisms, limit=max(candidates, self._neighbours)
        )
        made = iter(self._library.candidates([hit for query_hits in hits for hit in query_hits]))
        return [
            _SearchedQuery(query, query_hits, list(islice(made, len(query_hits))))
            for query, query_hits in zip(encoded.queries, hits, strict=True)
        ]

    def _predict(self, searched: _SearchedQuery, similarities: NDArray[np.float32]) -> Prediction:
        if not searched.query.profile.keys.size:  # It has no k-mers to compare.
            return Prediction()
        return predict(
            self._encoder,
            self._model,
            searched.query,
            hits=searched.hits,
            candidates=searched.candidates,
            similarities=similarities,
            max_hits=self._neighbours,
            profiles=searched.profiles,
        )


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
    queries: _EncodedQueries | None


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
    queries: Sequence[_SearchedQuery] | None


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
        self._predictor: _ModelPredictor | None = None
        if library.model is not None and isinstance(library.encoder, TranslatedEncoder):
            self._predictor = _ModelPredictor(
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
