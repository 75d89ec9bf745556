"""Table of stored results: bytes by name, of which those used last are kept."""

from collections.abc import Iterable, Iterator

from sqlalchemy import delete, func, insert, select, update

from core.stores.errors import retry_on_deadlock
from core.stores.sql.schema import stored_results
from core.stores.sql.tables import Tables, raw, split_bytes, utc_now


class ResultTable(Tables):
    """Access to stored results; every method may raise :class:`~core.errors.StoreError`."""

    def save(self, name: str, content: Iterable[bytes]) -> None:
        """Store a result completely or not at all, in the place of an earlier one."""
        self._save(name, list(content))

    @retry_on_deadlock
    def _save(self, name: str, content: Iterable[bytes]) -> None:
        pieces = (piece for data in content for piece in split_bytes(data))
        with self._begin("storing a result") as connection:
            connection.execute(delete(stored_results).where(stored_results.c.name == name))
            for part, data in enumerate(pieces):
                row = {"name": name, "part": part, "data": data, "used_at": utc_now()}
                connection.execute(insert(stored_results).values(row))

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the pieces of a result; nothing if there is none."""
        part = 0
        while (data := self._read(name, part)) is not None:
            yield data
            part += 1
        if part:
            self._touch(name)

    def size(self, name: str) -> int | None:
        """Return the size of a result in bytes; None if there is none."""
        query = select(func.sum(func.length(stored_results.c.data)))
        with self._connect("looking for a result") as connection:
            size = connection.scalar(query.where(stored_results.c.name == name))
        return None if size is None else int(size)

    @retry_on_deadlock
    def keep_last(self, prefix: str, count: int) -> None:
        """Delete all but the results used last of those whose name begins like this."""
        is_kind = stored_results.c.name.startswith(prefix, autoescape=True)
        by_use = (
            select(stored_results.c.name)
            .where(is_kind & (stored_results.c.part == 0))
            .order_by(stored_results.c.used_at.desc())
        )
        with self._begin("deleting old results") as connection:
            old = list(connection.scalars(by_use))[count:]
            connection.execute(delete(stored_results).where(stored_results.c.name.in_(old)))

    @retry_on_deadlock
    def delete(self, name: str) -> None:
        """Delete a result."""
        with self._begin("deleting a result") as connection:
            connection.execute(delete(stored_results).where(stored_results.c.name == name))

    def _read(self, name: str, part: int) -> bytes | None:
        key = (stored_results.c.name == name) & (stored_results.c.part == part)
        with self._database.scan("reading a result") as connection:
            data: bytes | None = connection.scalar(select(raw(stored_results.c.data)).where(key))
        return data

    @retry_on_deadlock
    def _touch(self, name: str) -> None:
        first = (stored_results.c.name == name) & (stored_results.c.part == 0)
        with self._begin("reading a result") as connection:
            connection.execute(update(stored_results).where(first).values(used_at=utc_now()))
