"""Calls: the answers of a classification, one per query, and their stored form."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from operator import attrgetter
from typing import Any, Self

from core.classification.prediction import Hit, Prediction
from core.classification.profile_evidence import ProfileHit
from core.sequences.records import Record

_NEARLY_CERTAIN = 0.99


class Status(StrEnum):
    """Status of a query after classification."""

    CALLED = "called"
    UNKNOWN = "unknown"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Call:
    """The answer for one query.

    The stored form has these fields by name; a new one belongs at the end, with a default.

    Attributes
    ----------
    query
        Name of the query.
    length
        Length in bp.
    family_id
        Class number of the most probable family, whatever the status; None if invalid.
    family
        Name of that family; empty if invalid.
    confidence
        Probability of that family, 0 to 1, calibrated on sequences whose homologs were held out;
        with the encoder count, the family's share of the votes. Without any evidence, its share of
        the library.
    families
        Probability of every family by class number, the largest first; empty without evidence.
    hits
        Neighbours, best first.
    organism, organism_confidence
        Organism that has the closest gene, and the probability that no other has a closer one.
    strand, frame
        Strand (``+`` or ``-``) and reading frame (1 to 3) of the evidence; empty and 0 if unknown.
    unreadable
        Share of ambiguous bases, 0 to 1.
    reason
        Why the query is unknown or invalid; empty if it is called.
    start, end
        First and last base of the evidence, from 1 on, on the forward strand; 0 if unknown.
    profiles
        Profile HMMs that match the query, best first; empty where a close neighbour decides, and in
        a library without profiles.
    """

    query: str
    length: int
    status: Status
    family_id: int | None
    family: str
    confidence: float
    families: Mapping[int, float]
    hits: tuple[Hit, ...]
    organism: str
    organism_confidence: float
    strand: str
    frame: int
    unreadable: float
    reason: str
    start: int = 0
    end: int = 0
    profiles: tuple[ProfileHit, ...] = ()

    @classmethod
    def invalid(cls, record: Record) -> Self:
        """Return the call of a record with a problem."""
        return cls(
            query=query_name(record),
            length=record.length,
            status=Status.INVALID,
            family_id=None,
            family="",
            confidence=0.0,
            families={},
            hits=(),
            organism="",
            organism_confidence=0.0,
            strand="",
            frame=0,
            unreadable=0.0,
            reason=record.problem.message if record.problem else "",
        )

    @classmethod
    def of(
        cls,
        record: Record,
        prediction: Prediction,
        *,
        family_id: int,
        family: str,
        confidence: float,
        reason: str,
    ) -> Self:
        """Return the call of a valid record: of that family if there is no reason against it."""
        organism = next(iter(prediction.organisms), "")
        return cls(
            query=query_name(record),
            length=len(record.residues),
            status=Status.UNKNOWN if reason else Status.CALLED,
            family_id=family_id,
            family=family,
            confidence=confidence,
            families=prediction.families,
            hits=prediction.hits,
            organism=organism,
            organism_confidence=prediction.organisms.get(organism, 0.0),
            strand=prediction.reading_frame.strand,
            frame=prediction.reading_frame.frame,
            start=prediction.reading_frame.start,
            end=prediction.reading_frame.end,
            unreadable=_ambiguous_share(record.residues),
            reason=reason,
            profiles=prediction.profiles,
        )

    @property
    def closest(self) -> Hit | None:
        """Best hit of the closest organism; the best of all if it has none, None without hits."""
        best = next(iter(self.hits), None)
        return next((hit for hit in self.hits if hit.organism == self.organism), best)

    @property
    def best_guess(self) -> str:
        """Most probable family of an unknown query with some evidence; else empty."""
        return self.family if self.status is Status.UNKNOWN and self.families else ""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form, for :mod:`json`; hits are lists of values to save space."""
        values = {name: getattr(self, name) for name in _FIELDS}
        values["families"] = list(self.families.items())  # JSON has no integer keys.
        values["hits"] = list(map(_hit_values, self.hits))
        del values["profiles"]
        if self.profiles:  # Runs of libraries without profiles stay as they were.
            values["profiles"] = list(map(astuple, self.profiles))
        return values


_FIELDS = tuple(field.name for field in fields(Call))
_hit_values = attrgetter(*(field.name for field in fields(Hit)))


def confidence_percent(confidence: float) -> str:
    """Return a confidence as a percentage that is never 100% or 0%.

    >>> [confidence_percent(share) for share in (0.974, 0.9999, 0.001)]
    ['97%', '> 99%', '< 1%']
    """
    if confidence > _NEARLY_CERTAIN:
        return f"> {_NEARLY_CERTAIN:.0%}"
    least = 1 - _NEARLY_CERTAIN
    return f"< {least:.0%}" if confidence < least else f"{confidence:.0%}"


def query_name(record: Record) -> str:
    """Return the name of a query: its own, or one made of its position."""
    return record.name or f"record_{record.position}"


def _ambiguous_share(residues: str) -> float:
    return 1 - sum(map(residues.count, "ACGT")) / len(residues)
