"""Schemas of libraries, runs, jobs and evaluations, as :mod:`core.api.question_schemas`."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from core.api.question_schemas import CallRow, Digest
from core.runs.run import RunKind

UtcTime = Annotated[datetime, AfterValidator(lambda time: time.replace(tzinfo=UTC))]
"""A time as the tables have it, without its time zone."""


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
