"""Files of jobs: their input, and what they have published so far, compressed and in pieces."""

import zlib
from collections.abc import Iterable, Iterator

from sqlalchemy import delete, insert, select, update

from core.errors import Cancelled
from core.stores.errors import retry_on_deadlock
from core.stores.sql.clock import clock
from core.stores.sql.database import Database
from core.stores.sql.job_row import RUNNING, SUBMITTING
from core.stores.sql.schema import job_files, jobs
from core.stores.sql.tables import Tables, raw, split_bytes

_LEVEL = 1
"""DNA in text compresses to about a third at any level; this one is the fastest."""
_PIECE_BYTES = 4_000_000


class JobFiles(Tables):
    """Access to the files of jobs; every method may raise :class:`~core.errors.StoreError`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._clock = clock(database)

    def write(self, job_id: int, name: str, content: Iterable[bytes]) -> None:
        """Write the input of a job that is being submitted, a piece at a time.

        Raises
        ------
        Cancelled
            If the job was cancelled meanwhile.
        """
        for part, data in enumerate(_compress(content)):
            self._write(job_id, name, part, data)

    @retry_on_deadlock
    def _write(self, job_id: int, name: str, part: int, data: bytes) -> None:
        submitting = (jobs.c.id == job_id) & (jobs.c.state == SUBMITTING)
        with self._begin("saving the input of a job") as connection:
            alive = update(jobs).where(submitting).values(heartbeat=self._clock)
            if not connection.execute(alive).rowcount:
                raise Cancelled("The job was cancelled.")
            row = {"job_id": job_id, "name": name, "part": part, "data": data}
            connection.execute(insert(job_files).values(row))

    @retry_on_deadlock
    def publish(self, job_id: int, owner: str, name: str, content: bytes) -> None:
        """Replace a file of a running job, unless another worker has it now."""
        own = (jobs.c.id == job_id) & (jobs.c.owner == owner) & (jobs.c.state == RUNNING)
        with self._begin("publishing results of a job") as connection:
            counted = update(jobs).where(own).values(published=jobs.c.published + 1)
            if not connection.execute(counted).rowcount:
                return
            known = (job_files.c.job_id == job_id) & (job_files.c.name == name)
            connection.execute(delete(job_files).where(known))
            for part, data in enumerate(split_bytes(zlib.compress(content, _LEVEL))):
                row = {"job_id": job_id, "name": name, "part": part, "data": data}
                connection.execute(insert(job_files).values(row))

    def read(self, job_id: int, name: str) -> Iterator[bytes]:
        """Yield the content of a file, a piece at a time; nothing if there is none.

        Raises
        ------
        ValueError
            If it is damaged.
        """
        stream = zlib.decompressobj()
        part = 0
        while (data := self._read(job_id, name, part)) is not None:
            try:
                yield stream.decompress(data)
            except (zlib.error, TypeError) as error:
                raise ValueError(str(error)) from error
            part += 1
        if part and not stream.eof:
            message = "incomplete"
            raise ValueError(message)

    def _read(self, job_id: int, name: str, part: int) -> bytes | None:
        key = (
            (job_files.c.job_id == job_id) & (job_files.c.name == name) & (job_files.c.part == part)
        )
        with self._database.scan("reading the input of a job") as connection:
            data: bytes | None = connection.scalar(select(raw(job_files.c.data)).where(key))
        return data


def _compress(content: Iterable[bytes]) -> Iterator[bytes]:
    """Compress content into pieces that a server accepts in one row."""
    stream = zlib.compressobj(_LEVEL)
    piece = bytearray()
    for data in content:
        piece += stream.compress(data)
        while len(piece) >= _PIECE_BYTES:
            yield bytes(piece[:_PIECE_BYTES])
            del piece[:_PIECE_BYTES]
    piece += stream.flush()
    yield from split_bytes(bytes(piece))
