"""Run files, read: bounded and checked, whatever they say."""

import hashlib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from core.calls import Call, Status
from core.classification.prediction import Hit
from core.errors import InputError
from core.runs.file_format import (
    FORMAT,
    KIND,
    MAX_HITS,
    FileGene,
    FileHit,
    FileQuery,
    Header,
    Version,
)
from core.runs.run import Run, RunSettings
from core.runs.serialization import StoredQuery
from core.schema import describe_fault
from core.sequences.limits import Limits

_Line = TypeVar("_Line", bound=BaseModel)

_DAMAGED_HINT = "Download the run file again, or copy the file again."
_UPDATE_HINT = "Update GeneKin, then open it."
_NOT_A_RUN_HINT = "Choose a file downloaded from a result as run file."
_ID_LETTERS = 16


class FileGenes:
    """The genes of a run file."""

    def __init__(self, residues: Mapping[int, str]) -> None:
        self._residues = residues

    def residues(self, ids: Sequence[int]) -> dict[int, str]:
        """Return the residues of those genes that the file has, by id."""
        return {number: self._residues[number] for number in ids if number in self._residues}


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run from a file.

    Attributes
    ----------
    run
        Its id is made of the contents of the file, and is not that of any stored run.
    calls, queries
        In the same order.
    genes
        None if it has none, as its library was gone.
    """

    run: Run
    calls: Sequence[Call]
    queries: Sequence[StoredQuery]
    genes: FileGenes | None


def is_run_file(data: bytes) -> bool:
    """Return whether unpacked data begin as a run file does, of whatever version."""
    return data[:100].replace(b" ", b"").startswith(f'{{"kind":"{KIND}"'.encode())


def read_run_file(data: bytes, name: str, limits: Limits) -> OpenedRun:
    """Read a run file, unpacked within the limits.

    Parameters
    ----------
    name
        Name of the file, for messages.

    Raises
    ------
    InputError
        If it is not a run file, damaged, or of a newer GeneKin.
    """
    if not is_run_file(data):
        raise InputError(f"{name} is not a GeneKin run file.", _NOT_A_RUN_HINT)
    return _Reader(data, name, limits).read()


class _Reader:
    """The lines of one file, from the first one on."""

    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self._lines = io.BytesIO(data)
        self._digest = hashlib.sha256(data).hexdigest()[:_ID_LETTERS]
        self._name = name
        self._limits = limits
        self._number = 0
        self._hits = 0

    def read(self) -> OpenedRun:
        header = self._header()
        genes = dict(self._gene() for _ in range(header.genes))
        if len(genes) != header.genes:
            raise self._damaged("a gene is listed twice")
        pairs = [self._query() for _ in range(header.queries)]
        if self._lines.read(1):
            raise self._damaged("there are more lines than it says")
        calls = [call for call, _ in pairs]
        run = _run(header, calls, f"file {self._digest}")
        queries = [query for _, query in pairs]
        return OpenedRun(run, calls, queries, FileGenes(genes) if genes else None)

    def _header(self) -> Header:
        line = self._next_line()
        version = self._parse(Version, line).format
        if version > FORMAT:
            message = (
                f"{self._name} was written by a newer version of GeneKin (format {version}; this"
                f" version reads format {FORMAT})."
            )
            raise InputError(message, _UPDATE_HINT)
        return self._parse(Header, line)

    def _gene(self) -> tuple[int, str]:
        line = self._next_line()
        gene = self._parse(FileGene, line)
        self._check_length(gene.residues)
        return int(gene.gene), gene.residues

    def _query(self) -> tuple[Call, StoredQuery]:
        line = self._next_line()
        query = self._parse(FileQuery, line)
        if query.status is not Status.INVALID:
            self._check_length(query.residues)
        self._hits += len(query.hits)
        if self._hits > MAX_HITS:
            raise self._damaged(f"there are more than {MAX_HITS:,} hits")
        return _call(query), StoredQuery(query.name, query.residues)

    def _check_length(self, residues: str) -> None:
        if len(residues) > self._limits.max_record_bases:
            limit = f"{self._limits.max_record_bases:,} bp"
            message = f"{self._name}, line {self._number:,}: a sequence is longer than {limit}."
            raise InputError(message, "The administrator can raise GENEKIN_MAX_RECORD_BASES.")

    def _next_line(self) -> bytes:
        self._number += 1
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            raise self._damaged("the end is missing")
        return line

    def _parse(self, model: type[_Line], line: bytes) -> _Line:
        try:
            return model.model_validate_json(line)
        except ValidationError as error:
            raise self._damaged(describe_fault(error)) from None

    def _damaged(self, reason: str) -> InputError:
        message = f"{self._name} is damaged, line {self._number:,}: {reason}."
        return InputError(message, _DAMAGED_HINT)


def _call(query: FileQuery) -> Call:
    return Call(
        query=query.query,
        length=len(query.residues),
        status=query.status,
        family_id=query.family_id,
        family=query.family,
        confidence=query.confidence,
        families=query.families,
        hits=tuple(map(_hit, query.hits)),
        organism=query.organism,
        organism_confidence=query.organism_confidence,
        strand=query.strand,
        frame=query.frame,
        unreadable=query.unreadable,
        reason=query.reason,
        start=query.start,
        end=query.end,
    )


def _hit(hit: FileHit) -> Hit:
    return Hit(int(hit.gene), hit.organism, hit.family, hit.name, hit.score, hit.length)


def _run(header: Header, calls: Sequence[Call], run_id: str) -> Run:
    families = Counter(call.family_id for call in calls if call.status is Status.CALLED)
    settings = header.settings
    return Run(
        id=run_id,
        name=header.name,
        created_at=header.created_at,
        by="",
        library=header.library,
        encoder=header.encoder,
        fingerprint=header.fingerprint,
        contents=header.contents,
        settings=RunSettings(settings.organisms, settings.neighbours, settings.threshold),
        families=header.families,
        organisms=header.organisms,
        versions=header.versions,
        queries=len(calls),
        statuses=Counter(call.status for call in calls),
        called={family: n for family, n in sorted(families.items()) if family is not None},
        seconds=header.seconds,
    )
