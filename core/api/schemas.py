"""Schemas of answers, for validation and for the OpenAPI document."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from core.calls import Status
from core.runs.run import RunKind

Probability = Annotated[float, Field(ge=0, le=1)]
UtcTime = Annotated[datetime, AfterValidator(lambda time: time.replace(tzinfo=UTC))]
"""A time as the tables have it, without its time zone."""
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
    families: list[FamilyShare]
    hits: list[HitRow]


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


class LoadInfo(BaseModel):
    """The part of a load that belongs to an organism."""

    source: str
    date: UtcTime
    by: str
    sequences: int


class OrganismInfo(BaseModel):
    """An organism of a library."""

    name: str
    sequences: int
    families: dict[int, int] = Field(description="Number of sequences by class number.")
    loads: list[LoadInfo]


class LibraryInfo(BaseModel):
    """A library."""

    name: str
    encoder: str
    fingerprint: str
    index: str
    threshold: float | None
    sequences: int
    families: dict[int, str] = Field(description="Family names by class number.")
    added_since_fit: int
    problem: str = Field(description="Why it cannot be searched; empty if it can.")
    unfinished: str = Field(description="A change that is not finished; empty without one.")
    digest: Digest | None
    organisms: list[OrganismInfo]


class LibraryList(BaseModel):
    """The libraries that the caller may use."""

    libraries: list[LibraryInfo]


class OrganismList(BaseModel):
    """The organisms of a library."""

    library: str
    digest: Digest
    organisms: list[OrganismInfo]


class Removed(BaseModel):
    """Removal of an organism or a library."""

    library: str
    organism: str | None = None
    sequences: int


class SimilarityInfo(BaseModel):
    """Mean best cosine similarity of the genes of an organism with those of another."""

    library: str
    digest: Digest
    of: str
    to: str
    mean: float
    low: float = Field(description="Lower end of the 95% interval.")
    high: float
    n: int = Field(description="Number of genes that were compared.")


class RunInfo(BaseModel):
    """A stored run."""

    id: str
    kind: RunKind
    name: str
    created_at: UtcTime
    by: str
    library: str
    encoder: str
    contents: str = Field(description="Digest of the library at that time.")
    queries: int
    statuses: dict[str, int]
    families: dict[str, int] = Field(description="Number of called queries by family.")
    organisms: list[str] | None = Field(description="Organisms that were searched; null: all.")
    neighbours: int
    threshold: float
    seconds: float
    source: str
    shared: bool
    page: str


class RunList(BaseModel):
    """Runs, the latest first."""

    total: int
    runs: list[RunInfo]


class RunCalls(BaseModel):
    """Calls of a run, from `start` on."""

    run: str
    start: int
    calls: list[CallRow]


class JobInfo(BaseModel):
    """Long work in the background."""

    id: int
    kind: str
    state: str = Field(
        description="submitting, queued, running, done, failed, cancelled or lost.",
    )
    active: bool
    library: str
    title: str
    by: str
    step: str
    done: int
    total: int
    seconds_left: float | None
    message: str = Field(description="Why it failed or ended early.")
    hint: str
    result: Any = None
    cancel_asked: bool
    submitted_at: UtcTime
    started_at: UtcTime | None
    finished_at: UtcTime | None


class JobList(BaseModel):
    """The last jobs, newest first."""

    jobs: list[JobInfo]


class Accepted(BaseModel):
    """A load that was checked and is queued."""

    job: JobInfo
    records: int | None = Field(description="Valid records; null if a key was sent again.")
    rejected: int | None = Field(description="Records that are left out; null likewise.")
    notes: list[str]


class EvaluationInfo(BaseModel):
    """A stored evaluation."""

    id: int
    name: str
    created_at: UtcTime
    by: str
    source: str
    digest: str
    seed: int
    seconds: int
    settings: dict[str, list[str]] = Field(description="Evaluated methods by split.")


class EvaluationList(BaseModel):
    """Evaluations, newest first."""

    evaluations: list[EvaluationInfo]
