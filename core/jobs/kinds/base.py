"""Base of all kinds of jobs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.errors import StoreError
from core.library.manager import Libraries
from core.progress import Progress
from core.schema import StrictModel
from core.sequences.record_lines import unpack_records
from core.sequences.records import Record
from core.settings import Settings
from core.stores.sql.job_files import JobFiles
from core.stores.sql.job_row import JobRow

_Arguments = TypeVar("_Arguments", bound=StrictModel)

RECORDS = "records"
"""Name of the file of a job that has its records (:mod:`core.sequences.record_lines`)."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """Surroundings of a job: the stores of the worker, and its own files."""

    libraries: Libraries
    settings: Settings
    row: JobRow
    files: JobFiles

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the content of an input file, cut anywhere.

        Raises
        ------
        StoreError
            If it is damaged.
        """
        try:
            yield from self.files.read(self.row.id, name)
        except ValueError as error:
            raise damaged_input(str(error)) from None

    def records(self) -> dict[str, list[Record]]:
        """Return the records that were submitted, by organism.

        Raises
        ------
        StoreError
            If they are damaged.
        """
        try:
            return unpack_records(self.files.read(self.row.id, RECORDS))
        except ValueError as error:
            raise damaged_input(str(error)) from None

    def publish(self, name: str, content: bytes) -> None:
        """Let pages see what the job has found so far."""
        self.files.publish(self.row.id, self.row.owner, name, content)


@dataclass(frozen=True, slots=True)
class JobKind(Generic[_Arguments]):
    """A kind of jobs.

    A job may run again from its start, if its worker dies: nothing may come of it twice.

    Attributes
    ----------
    name
        Such as ``"load"``.
    arguments
        Schema of its arguments.
    run
        Does the work; its result must be representable as JSON.
    is_long
        True if it usually takes minutes: a worker keeps a slot free for the others.
    """

    name: str
    arguments: type[_Arguments]
    run: Callable[[JobContext, _Arguments, Progress], object]
    is_long: bool = True


def damaged_input(reason: str) -> StoreError:
    """Return the error for a job whose arguments or input the database has lost."""
    return StoreError(f"The input of the job is damaged: {reason}.", "Start the job again.")
