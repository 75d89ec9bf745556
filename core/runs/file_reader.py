"""Run files, read: bounded and checked, whatever they say."""

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from core.calls import Call, Status
from core.classification.prediction import Hit
from core.classification.profile_evidence import ProfileHit
from core.errors import InputError
from core.runs.file_format import (
    FORMAT,
    KIND,
    MAX_HITS,
    MAX_PROBABILITIES,
    MAX_SHARES,
    FileCall,
    FileGene,
    FileHit,
    FileProfile,
    FileQuery,
    FileTrace,
    Header,
    Version,
    count_probabilities,
)
from core.runs.run import Run, RunKind, RunSettings
from core.runs.serialization import StoredQuery
from core.schema import describe_fault
from core.sequences.limits import Limits
from core.tracing import TraceResult

_Line = TypeVar("_Line", bound=BaseModel)
_Query = TypeVar("_Query", bound=FileQuery)
_Result = TypeVar("_Result")

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
class OpenedClassification:
    """A classification from a file.

    Attributes
    ----------
    run
        Its id is made of the contents of the file, and is not that of any stored run.
    queries, calls
        In the same order.
    genes
        None if it has none, as its library was gone.
    """

    run: Run
    queries: Sequence[StoredQuery]
    calls: Sequence[Call]
    genes: FileGenes | None


@dataclass(frozen=True, slots=True)
class OpenedTrace:
    """A trace from a file.

    Attributes
    ----------
    run
        As that of a classification.
    queries, traces
        In the same order.
    """

    run: Run
    queries: Sequence[StoredQuery]
    traces: Sequence[TraceResult]


OpenedRun: TypeAlias = OpenedClassification | OpenedTrace


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
        self._hits = self._shares = 0

    def read(self) -> OpenedRun:
        header = self._header()
        genes = dict(self._gene() for _ in range(header.genes))
        if len(genes) != header.genes:
            raise self._damaged("a gene is listed twice")
        if header.question is RunKind.TRACE:
            return self._trace(header)
        return self._classification(header, FileGenes(genes) if genes else None)

    def _classification(self, header: Header, genes: FileGenes | None) -> OpenedClassification:
        calls, queries = self._queries(header, FileCall, _call)
        families = Counter(call.family_id for call in calls if call.status is Status.CALLED)
        run = replace(
            self._run(header, calls),
            called={family: n for family, n in sorted(families.items()) if family is not None},
        )
        return OpenedClassification(run, queries, calls, genes)

    def _trace(self, header: Header) -> OpenedTrace:
        traces, queries = self._queries(header, FileTrace, _trace)
        if count_probabilities(traces) > MAX_PROBABILITIES:
            raise self._damaged(f"there are more than {MAX_PROBABILITIES:,} probabilities")
        return OpenedTrace(self._run(header, traces), queries, traces)

    def _run(self, header: Header, results: Sequence[Call | TraceResult]) -> Run:
        settings = header.settings
        return Run(
            id=f"file {self._digest}",
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
            queries=len(results),
            statuses=Counter(result.status for result in results),
            called={},
            seconds=header.seconds,
            kind=header.question,
        )

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

    def _queries(
        self, header: Header, model: type[_Query], convert: Callable[[_Query], _Result]
    ) -> tuple[list[_Result], list[StoredQuery]]:
        results, queries = list[_Result](), list[StoredQuery]()
        for _ in range(header.queries):
            query = self._query(model)
            results.append(convert(query))
            queries.append(StoredQuery(query.name, query.residues))
        if self._lines.read(1):
            raise self._damaged("there are more lines than it says")
        return results, queries

    def _query(self, model: type[_Query]) -> _Query:
        line = self._next_line()
        query = self._parse(model, line)
        if query.status is not Status.INVALID:
            self._check_length(query.residues)
        self._hits += len(query.hits)
        if self._hits > MAX_HITS:
            raise self._damaged(f"there are more than {MAX_HITS:,} hits")
        if isinstance(query, FileCall):
            self._shares += len(query.families) + len(query.profiles)
        if self._shares > MAX_SHARES:
            raise self._damaged(f"there are more than {MAX_SHARES:,} probabilities and profiles")
        return query

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


def _call(query: FileCall) -> Call:
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
        profiles=tuple(map(_profile, query.profiles)),
    )


def _trace(query: FileTrace) -> TraceResult:
    return TraceResult(
        query=query.query,
        length=len(query.residues),
        organisms={hit.organism: hit.probability for hit in query.hits},
        closest={hit.organism: _hit(hit) for hit in query.hits},
        identity=query.identity,
        problem=query.reason,
        is_valid=query.status is not Status.INVALID,
    )


def _hit(hit: FileHit) -> Hit:
    return Hit(int(hit.gene), hit.organism, hit.family, hit.name, hit.score, hit.length)


def _profile(profile: FileProfile) -> ProfileHit:
    return ProfileHit(**dict(profile))
