"""Predictions for queries against a library.

Candidates are searched for in two rounds: a few, with few k-mers, for every query; many for the
queries that have no close neighbour among these.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from core.arrays import Vectors
from core.classification.evidence import is_clear
from core.classification.model import Candidate, FamilyModel, Query, cosine_similarities
from core.classification.prediction import Hit, Prediction, predict
from core.classification.profile_evidence import ProfileEvidence
from core.classification.votes import predict_by_vote
from core.encoders.base import iter_batches
from core.encoders.translated import MAX_POSTINGS, TranslatedEncoder
from core.library.library import Library
from core.thread_pool import in_stages, map_in_threads

FIRST_ROUND = 400, 10
"""Postings and candidates for every query, for each organism searched: 99 in 100 genes with a close
neighbour find it, and what each organism has of it."""
SECOND_ROUND = MAX_POSTINGS, 150
"""Postings and candidates for the queries that the first round does not make clear."""

_BATCH_SIZE = 256
_UNCLEAR_BATCH_SIZE = 32
"""Queries that are predicted at once, such that their candidates fit into memory."""


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
    predictor = ModelPredictor(library, library.encoder, library.model, organisms, neighbours)
    for searched in in_stages(batches, predictor.encode, predictor.search):
        yield from predictor.predict(searched)


@dataclass(frozen=True, slots=True)
class EncodedQueries:
    """Queries and their vectors, float32 of shape (queries, dimension)."""

    queries: Sequence[Query]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class SearchedQuery:
    """A query, its hits, their sequence data, and the profiles that match it."""

    query: Query
    hits: Sequence[Hit]
    candidates: Sequence[Candidate]
    profiles: ProfileEvidence | None = None

    def similarities(self) -> NDArray[np.float32]:
        """Return the cosine similarity with each candidate: float32, shape (candidates,)."""
        return cosine_similarities(self.query.profile, self.candidates)


class ModelPredictor:
    """Prediction by a model: few candidates for every query, many where these are not clear.

    Parameters
    ----------
    encoder, model
        Those of the library.
    organisms, neighbours
        As for :func:`predict_sequences`.
    """

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

    def encode(self, sequences: Sequence[str]) -> EncodedQueries:
        """Encode a batch of queries, with the k-mers of the first round."""
        profiles = self._encoder.profiles(sequences)
        queries = [Query(*pair) for pair in zip(sequences, profiles, strict=True)]
        return self._encode(queries, self._first_postings)

    def search(self, encoded: EncodedQueries) -> list[SearchedQuery]:
        """Find the first candidates of a batch."""
        return self._search(encoded, self._first_candidates)

    def predict(self, searched: Sequence[SearchedQuery]) -> list[Prediction]:
        """Predict a batch; queries without a close neighbour, by more candidates."""
        predictions = self._predict_clear(searched)
        unclear = [index for index in range(len(searched)) if index not in predictions]
        others = self._predict_unclear([searched[index].query for index in unclear])
        predictions.update(zip(unclear, others, strict=True))
        return [predictions[index] for index in range(len(searched))]

    def _predict_clear(self, searched: Sequence[SearchedQuery]) -> dict[int, Prediction]:
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

    def _search_profiles(self, searched: list[SearchedQuery]) -> list[SearchedQuery]:
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

    def _encode(self, queries: Sequence[Query], postings: int) -> EncodedQueries:
        """Encode queries with k-mers of so many postings each."""
        profiles = [query.profile for query in queries]
        return EncodedQueries(queries, self._encoder.encode_query_profiles(profiles, postings))

    def _search(self, encoded: EncodedQueries, candidates: int) -> list[SearchedQuery]:
        """Search for so many candidates of each query."""
        hits = self._library.search_vectors(
            encoded.vectors, organisms=self._organisms, limit=max(candidates, self._neighbours)
        )
        made = iter(self._library.candidates([hit for query_hits in hits for hit in query_hits]))
        return [
            SearchedQuery(query, query_hits, list(islice(made, len(query_hits))))
            for query, query_hits in zip(encoded.queries, hits, strict=True)
        ]

    def _predict(self, searched: SearchedQuery, similarities: NDArray[np.float32]) -> Prediction:
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
