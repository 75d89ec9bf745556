"""Row of a job in its table, and the states that a job can have."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SUBMITTING, QUEUED, RUNNING = "submitting", "queued", "running"
DONE, FAILED, CANCELLED, LOST = "done", "failed", "cancelled", "lost"
WAITING = (SUBMITTING, QUEUED)
"""States of a job that has not started; the input of one that is submitted is still written."""
ACTIVE = (*WAITING, RUNNING)
"""States of a job that has not ended."""


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Progress of a job.

    Attributes
    ----------
    step
        Name of the current step; empty before the first report.
    done, total
        How much of the step is done, and of how much (sequences, bytes, or steps).
    rate
        Units per second; None until it is known.
    seconds_left
        Time until the step is finished; None until it is known.
    """

    step: str = ""
    done: int = 0
    total: int = 0
    rate: float | None = None
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        """Fraction of the step that is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total > 0 else 0.0


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job: long work in the background.

    Attributes
    ----------
    kind
        Such as ``"load"``.
    title
        Short description for the user, such as a file name.
    digest
        Digest of its inputs: no two active jobs of a library have the same.
    by
        The user who submitted it; may be empty.
    role
        Role of the user when it was submitted.
    submitter
        Whose turn it is: stands for the user, or for a session without sign-in.
    awaits
        Id of a job that must end before this one starts.
    state
        ``submitting``, ``queued``, ``running``, ``done``, ``failed``, ``cancelled``, or ``lost``:
        the workers that ran it died.
    message, hint
        Why it failed or ended early, and what to do about it.
    result
        Its result as JSON; None unless it is done.
    cancel_asked
        True if a user requested its cancellation.
    owner
        Name of the worker that runs it; empty while it is queued.
    attempts
        How often a worker has started it.
    published
        How often it has published results so far.
    heartbeat
        Changes while its input is written.
    served_at
        When a job of its submitter was started last; known of active jobs.
    submitted_at, started_at, finished_at
        UTC; a lost job finished when its loss was noticed.
    """

    id: int
    kind: str
    library: str
    title: str
    digest: str
    by: str
    submitted_at: datetime
    owner: str = ""
    submitter: str = ""
    role: str = ""
    awaits: int | None = None
    state: str = QUEUED
    progress: JobProgress = field(default_factory=JobProgress)
    message: str = ""
    hint: str = ""
    result: Any = None
    cancel_asked: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    published: int = 0
    heartbeat: float = 0.0
    served_at: datetime | None = None

    @property
    def active(self) -> bool:
        """True if it has not ended."""
        return self.state in ACTIVE

    @property
    def waiting(self) -> bool:
        """True if it has not started."""
        return self.state in WAITING
