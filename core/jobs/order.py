"""Order of the queue: users take turns, and the jobs of one user keep their order."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from core.stores.sql.job_row import QUEUED, RUNNING, JobRow

_NEVER = datetime(1, 1, 1)  # noqa: DTZ001  (as the tables store it)


def queue_order(active: Sequence[JobRow]) -> list[JobRow]:
    """Return the waiting jobs in the order in which they are to start.

    First come those who have the fewest jobs running, and of them who has waited longest since one
    was started.

    Parameters
    ----------
    active
        All jobs that have not ended, oldest first.
    """
    turns = Counter(job.submitter for job in active if job.state == RUNNING)
    order = []
    for job in active:
        if job.waiting:
            order.append((turns[job.submitter], job.served_at or _NEVER, job.id, job))
            turns[job.submitter] += 1
    return [job for *_, job in sorted(order, key=lambda entry: entry[:3])]


def startable(active: Sequence[JobRow]) -> list[JobRow]:
    """Return the jobs that can start now, in the order of the queue: one of a library at most."""
    numbers = {job.id for job in active}
    busy = {job.library for job in active if job.state == RUNNING}
    found = []
    for job in queue_order(active):
        if job.state == QUEUED and job.library not in busy and job.awaits not in numbers:
            found.append(job)
            busy.add(job.library)
    return found


def jobs_ahead(job: JobRow, active: Sequence[JobRow]) -> int:
    """Return how many jobs come before a waiting one: of its library, or in the whole queue."""
    order = queue_order(active)
    before = order[: next((n for n, other in enumerate(order) if other.id == job.id), 0)]
    running = [other for other in active if other.state == RUNNING]
    same = sum(other.library == job.library for other in (*running, *before))
    return max(same, len(before))
