"""Profile HMMs of libraries in the tables."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, literal, select, update

from core.arrays import Arrays
from core.stores.errors import retry_on_deadlock
from core.stores.sql.rows import ProfileRow
from core.stores.sql.schema import libraries, profile_arrays, profiles
from core.stores.sql.tables import Tables, raw, read_arrays, save_arrays

_DESCRIBED = tuple(
    column for column in profiles.c if column.name not in {"library_id", "number", "data"}
)


class ProfileLabels(Tables):
    """Profile HMMs, and what was learned about them."""

    def profiles(self, library_id: int, *, with_data: bool = True) -> list[ProfileRow]:
        """Return the profiles of a library, in the order of their numbers.

        Parameters
        ----------
        with_data
            With the profiles themselves; otherwise their data is empty.

        Raises
        ------
        ValueError
            If the data of one of them is damaged.
        """
        columns = (*_DESCRIBED, raw(profiles.c.data) if with_data else literal(b""))
        query = select(*columns).where(profiles.c.library_id == library_id)
        with self._connect("reading the profiles") as connection:
            rows = connection.execute(query.order_by(profiles.c.number)).all()
        found = [ProfileRow(*row) for row in rows]
        if any(not isinstance(row.data, bytes) for row in found):
            message = "not bytes"
            raise ValueError(message)
        return found

    def profile_state(self, library_id: int) -> dict[str, NDArray[Any]]:
        """Return the arrays given to :meth:`replace_profiles`.

        Raises
        ------
        ValueError
            If one of them is damaged.
        """
        with self._connect("reading the profiles") as connection:
            return read_arrays(connection, profile_arrays, library_id)

    @retry_on_deadlock
    def replace_profiles(
        self, library_id: int, rows: Sequence[ProfileRow], digest: str, state: Arrays
    ) -> None:
        """Replace all profiles of a library, and what was learned, in one transaction.

        Parameters
        ----------
        rows
            All profiles that it has from now on, in the order of the arrays.
        digest
            Digest of the profiles and of the state; empty without any.
        """
        with self._begin("saving the profiles") as connection:
            connection.execute(delete(profiles).where(profiles.c.library_id == library_id))
            for number, row in enumerate(rows):  # One at a time: each may have megabytes.
                values = {"library_id": library_id, "number": number, **asdict(row)}
                connection.execute(insert(profiles).values(values))
            save_profile_state(connection, library_id, digest, state)


def save_profile_state(connection: Connection, library_id: int, digest: str, state: Arrays) -> None:
    """Save what was learned about the profiles of a library within a transaction."""
    of_library = profile_arrays.c.library_id == library_id
    connection.execute(delete(profile_arrays).where(of_library))
    save_arrays(connection, profile_arrays, library_id, state)
    values = {"profiles": digest}
    connection.execute(update(libraries).where(libraries.c.id == library_id).values(values))
