"""Schemas of the answers to questions, for validation and for the OpenAPI document."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from core.calls import Status

Probability = Annotated[float, Field(ge=0, le=1)]
Digest = Annotated[str, Field(description="Changes with all that answers depend on; the ETag.")]


class FamilyShare(BaseModel):
    """The probability of a family."""

    family_id: int
    family: str
    confidence: Probability


class AlignmentColumns(BaseModel):
    """Columns of an alignment, with `align=true`."""

    identity: Probability | None = None
    coverage: float | None = None
    evalue: float | None = None


class HitRow(AlignmentColumns):
    """A neighbour of a query."""

    rank: int
    id: str
    hit: str
    organism: str
    family_id: int
    family: str
    score: float = Field(description="Cosine similarity.")
    length: int
    alignment: dict[str, Any] | None = Field(
        None, description="Positions and letters, with `align=true`."
    )


class ProfileRow(BaseModel):
    """A profile HMM that matches a query."""

    profile: str
    accession: str | None
    description: str | None
    family_id: int | None
    family: str | None
    bits: float
    evalue: float
    strand: str
    frame: int
    query_start: int
    query_end: int


class CallRow(AlignmentColumns):
    """The call of a query: the columns of the command line, and the evidence."""

    query: str
    length: int
    status: Status
    family_id: int | None
    family: str | None
    confidence: Probability | None
    organism: str | None
    hit: str | None
    score: float | None
    organism_confidence: Probability | None
    strand: str | None
    frame: int | None
    unreadable: Probability | None
    note: str | None
    best_guess: str | None
    best_guess_confidence: Probability | None
    evidence_start: int | None
    evidence_end: int | None
    profile: str | None
    profile_evalue: float | None
    families: list[FamilyShare]
    hits: list[HitRow]
    profiles: list[ProfileRow] = Field(
        [], description="Matching profiles, best first; left out if there are none."
    )


class RunLink(BaseModel):
    """A stored run."""

    id: str
    page: str = Field(description="Path of its page on this server.")


class _Answer(BaseModel):
    library: str
    digest: Digest
    notes: list[str] = Field(description="How the body was read.")
    run: RunLink | None = Field(None, description="The stored run, with `save=true`.")


class Calls(_Answer):
    """The calls of all queries, in their order."""

    calls: list[CallRow]


class TraceRow(BaseModel):
    """The closest relative of a query."""

    query: str
    length: int
    organism: str | None
    confidence: Probability | None
    identity: float | None
    gene: str | None
    next: str | None
    note: str | None
    organisms: dict[str, float]


class ShareRow(BaseModel):
    """The share of an organism in a batch, with its 95% interval."""

    organism: str
    queries: int
    share: float
    low: float
    high: float


class Traces(_Answer):
    """The closest relatives of all queries, and the estimated composition."""

    queries: list[TraceRow]
    organisms: list[ShareRow]


class NeighbourRow(BaseModel):
    """The nearest neighbours of a query."""

    query: str
    length: int
    problem: str | None
    hits: list[HitRow]


class Neighbours(_Answer):
    """The nearest neighbours of all queries."""

    queries: list[NeighbourRow]
