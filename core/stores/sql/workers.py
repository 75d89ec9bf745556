"""Table of workers: the processes that run jobs, each with a heartbeat."""

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update

from core.stores.errors import retry_on_deadlock
from core.stores.sql.clock import clock
from core.stores.sql.database import Database
from core.stores.sql.schema import workers
from core.stores.sql.tables import Tables, utc_now


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker, and the time of its last heartbeat by the clock of the database, in seconds."""

    name: str
    heartbeat: float


class WorkerTable(Tables):
    """Access to the workers; every method may raise :class:`~core.errors.StoreError`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._clock = clock(database)

    @retry_on_deadlock
    def add(self, name: str) -> None:
        """Add a worker."""
        values = {"name": name, "started_at": utc_now(), "heartbeat": self._clock}
        with self._begin("adding a worker") as connection:
            connection.execute(insert(workers).values(values))

    @retry_on_deadlock
    def send_heartbeat(self, name: str) -> bool:
        """Record that a worker is alive; return False if it was removed."""
        with self._begin("sending a heartbeat") as connection:
            query = update(workers).where(workers.c.name == name).values(heartbeat=self._clock)
            return bool(connection.execute(query).rowcount)

    @retry_on_deadlock
    def remove(self, name: str) -> None:
        """Remove a worker that has ended, or is dead."""
        with self._begin("removing a worker") as connection:
            connection.execute(delete(workers).where(workers.c.name == name))

    def all(self) -> list[WorkerRow]:
        """Return all workers."""
        with self._connect("reading the workers") as connection:
            rows = connection.execute(select(workers.c.name, workers.c.heartbeat))
            return [WorkerRow(*row) for row in rows]

    def count_alive(self, seconds: float) -> int:
        """Return the number of workers with a heartbeat in the last so many seconds."""
        recent = self._clock - workers.c.heartbeat < seconds
        with self._connect("reading the workers") as connection:
            query = select(func.count()).select_from(workers).where(recent)
            return int(connection.scalar(query) or 0)
