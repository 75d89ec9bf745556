"""Hits, and the prediction for a query: its family, closest organism, strand and frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from core.classification.closest_organism import rank_organisms
from core.classification.model import Candidate, FamilyModel, Query
from core.classification.profile_evidence import ProfileEvidence, ProfileHit
from core.classification.reading_frame import NO_FRAME, ReadingFrame, reading_frame
from core.encoders.proteins import encode_bases
from core.encoders.translated import TranslatedEncoder


@dataclass(frozen=True, slots=True)
class Hit:
    """One neighbour of a query.

    Attributes
    ----------
    id
        Id of the sequence in its library.
    score
        Cosine similarity of the two vectors: 1 is the same composition, 0 nothing in common.
    length
        Length of the neighbour in bp.
    """

    id: int
    organism: str
    family: int
    name: str
    score: float
    length: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """Outcome of weighing the evidence for a query.

    Attributes
    ----------
    hits
        Neighbours, best first.
    families
        Probability of each family by class number, the largest first; empty without evidence.
    significant
        True if the evidence is stronger than random DNA reaches.
    organisms
        Confidence that each organism has the closest gene, the closest first.
    reading_frame
        Strand, frame and place of the evidence.
    profiles
        Profile HMMs that match the query, best first, where these count.
    """

    hits: tuple[Hit, ...] = ()
    families: Mapping[int, float] = field(default_factory=dict)
    significant: bool = False
    organisms: Mapping[str, float] = field(default_factory=dict)
    reading_frame: ReadingFrame = NO_FRAME
    profiles: tuple[ProfileHit, ...] = ()


def predict(
    encoder: TranslatedEncoder,
    model: FamilyModel,
    query: Query,
    *,
    hits: Sequence[Hit],
    candidates: Sequence[Candidate],
    similarities: NDArray[np.float32],
    max_hits: int,
    profiles: ProfileEvidence | None = None,
) -> Prediction:
    """Predict the family of a query from its candidates, which may come in any order.

    Parameters
    ----------
    hits, candidates
        Candidates as the search returned them, and their sequence data.
    similarities
        Cosine similarity of the query to each candidate, float32; it replaces the search's score,
        which compares truncated vectors.
    max_hits
        Maximum number of hits in the prediction.
    profiles
        Evidence of profile HMMs, for a query without a close neighbour.
    """
    order = np.argsort(-similarities, kind="stable")
    ranked = [candidates[index] for index in order.tolist()]
    ranked_hits = [hits[index] for index in order.tolist()]
    scores = similarities[order]
    families, significant = model.family_probabilities(query, ranked, scores, profiles)
    bases = encode_bases(query.sequence)
    profile_hits = profiles.hits() if profiles else ()
    return Prediction(
        hits=tuple(
            _rescore(hit, score)
            for hit, score in islice(zip(ranked_hits, scores.tolist(), strict=True), max_hits)
        ),
        families=families,
        significant=significant,
        organisms=rank_organisms(
            bases,
            [candidate.bases for candidate in ranked],
            [hit.organism for hit in ranked_hits],
        ),
        reading_frame=_reading_frame(encoder, bases, ranked, profile_hits),
        profiles=profile_hits,
    )


def _reading_frame(
    encoder: TranslatedEncoder,
    bases: NDArray[np.uint8],
    candidates: Sequence[Candidate],
    profiles: Sequence[ProfileHit],
) -> ReadingFrame:
    """Return the reading frame of the candidates, or that of the best profile without any."""
    frame = reading_frame(encoder, bases, candidates)
    if frame == NO_FRAME and profiles:
        best = profiles[0]
        return ReadingFrame(best.strand, best.frame, best.start, best.end)
    return frame


def _rescore(hit: Hit, score: float) -> Hit:
    """Return the hit with another score; :func:`dataclasses.replace` takes five times as long."""
    return Hit(hit.id, hit.organism, hit.family, hit.name, score, hit.length)
