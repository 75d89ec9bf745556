"""Batches of the queries of a large file, of which an earlier run may have answered the first."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from core.cli.part_file import Checkpoint
from core.errors import InputError
from core.sequences.input_file import InputFile
from core.sequences.query_stream import QueryStream
from core.sequences.records import Record

BATCH_RECORDS = 2_048
_BATCH_BASES = 4_000_000
"""Records of a batch, and bases after which it ends."""


@dataclass(frozen=True, slots=True)
class QueryBatch:
    """Some queries of a file.

    Attributes
    ----------
    records
        The queries.
    done
        Number of queries of the file up to the last of them.
    digest
        Digest of all these.
    position
        Bytes of the file that were read by then.
    """

    records: list[Record]
    done: int
    digest: str
    position: int


class QueryBatches:
    """Batches of the queries that an earlier run has not answered.

    Attributes
    ----------
    size
        Bytes of the file; None if that is unknown.
    error
        Why the file cannot be read to its end, once all batches before were read.
    """

    def __init__(self, queries: QueryStream, file: InputFile, answered: Checkpoint | None) -> None:
        self._queries = queries
        self._file = file
        self._answered = answered
        self._digest = hashlib.blake2b(digest_size=16)
        self.size = file.size
        self.error: InputError | None = None

    def __iter__(self) -> Iterator[QueryBatch]:
        records: list[Record] = []
        bases = 0
        try:
            for record in self._iter_unanswered():
                records.append(record)
                bases += len(record.residues)
                if len(records) == BATCH_RECORDS or bases >= _BATCH_BASES:
                    yield self._batch(records)
                    records, bases = [], 0
        except InputError as error:
            self.error = error
        if records:
            yield self._batch(records)

    def _batch(self, records: list[Record]) -> QueryBatch:
        digest = self._digest.hexdigest()
        return QueryBatch(records, self._queries.count, digest, self._file.position)

    def _iter_unanswered(self) -> Iterator[Record]:
        """Yield the queries after the answered ones.

        Raises
        ------
        InputError
            If those are others than were answered.
        """
        answered = self._answered.records if self._answered else 0
        for record in self._queries:
            self._add_to_digest(record)
            if self._queries.count > answered:
                yield record
            elif self._queries.count == answered:
                self._check_answered()
        if self._queries.count < answered:
            self._check_answered()

    def _add_to_digest(self, record: Record) -> None:
        problem = record.problem.message if record.problem else ""
        text = f"{record.name}\0{record.residues}\0{record.line}\0{problem}\n"
        self._digest.update(text.encode("utf-8", errors="surrogatepass"))

    def _check_answered(self) -> None:
        if self._answered and self._digest.hexdigest() != self._answered.digest:
            message = (
                f"The first {self._answered.records:,} records of {self._file.name} are not those"
                " that were answered before."
            )
            raise InputError(message, "Give the same file, or start again without --resume.")
