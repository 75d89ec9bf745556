"""A run from a file beside a library of today: what differs, and what its answers would be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from core.calls import Call, Status
from core.classify import classify
from core.library.library import Library
from core.runs.file_reader import OpenedRun, OpenedTrace
from core.runs.run import Run, organism_changes
from core.sequences.families import family_name
from core.sequences.records import Problem, Record
from core.tracing import TraceResult, trace

_MAX_LISTED = 5
"""Changes of one kind that are listed."""
_SAME_NUMBERS = (
    "Encoder, families and numbers of genes are the same, but the library was loaded at another"
    " time: sequences or the model may be different."
)


def list_differences(run: Run, library: Library) -> list[str]:
    """Return in sentences how a library differs from that of a run; empty if it does not.

    Libraries that were loaded at different times have different digests, even with the same genes.
    """
    if library.contents() == run.contents:
        return []
    current = {organism.name: organism.count for organism in library.organisms()}
    return [
        *_encoder_change(run, library),
        *_sentence("Organisms", organism_changes(run.organisms, current)),
        *_sentence("Families", _family_changes(run.families, library.families)),
    ] or [_SAME_NUMBERS]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a GeneKin says about a query, in a word that another one may say too.

    Attributes
    ----------
    text
        Name of the family or of the closest organism; the status of a query that has none. Class
        numbers of families may differ between two GeneKins.
    confidence
        None if the query is invalid or has no relative.
    """

    query: str
    text: str
    confidence: float | None


def answers_then(opened: OpenedRun) -> list[Answer]:
    """Return the answers of a run from a file."""
    if isinstance(opened, OpenedTrace):
        return list(map(_traced, opened.traces))
    return list(map(_called, opened.calls))


def answers_today(opened: OpenedRun, library: Library) -> list[Answer]:
    """Ask a library about the queries of a run from a file, with the settings of the run.

    Organisms that the library does not have are not searched; all, if it has none of them. Nothing
    is stored.

    Raises
    ------
    LibraryError
        If the library is empty.
    """
    records = list(_records(opened))
    if isinstance(opened, OpenedTrace):
        return list(map(_traced, trace(library, records)))
    settings = opened.run.settings
    names = library.organism_names()
    organisms = [name for name in settings.organisms or () if name in names]
    calls = classify(
        library,
        records,
        organisms=organisms or None,
        neighbours=max(1, settings.neighbours),
        threshold=settings.threshold,
    )
    return list(map(_called, calls))


def _called(call: Call) -> Answer:
    text = call.family if call.status is Status.CALLED else call.status.value
    return Answer(call.query, text, None if call.status is Status.INVALID else call.confidence)


def _traced(result: TraceResult) -> Answer:
    text = result.organism or result.status.value
    return Answer(result.query, text, result.confidence if result.organisms else None)


def _records(opened: OpenedRun) -> Iterator[Record]:
    pairs = zip(opened.queries, _problems(opened), strict=True)
    for position, (query, problem) in enumerate(pairs, start=1):
        yield Record(query.name, query.residues, position, position, problem=problem)


def _problems(opened: OpenedRun) -> Iterator[Problem | None]:
    """Yield what is wrong with each query."""
    if isinstance(opened, OpenedTrace):
        reasons = [(result.status, result.problem) for result in opened.traces]
    else:
        reasons = [(call.status, call.reason) for call in opened.calls]
    for status, reason in reasons:
        yield Problem("invalid", reason) if status is Status.INVALID else None


def _encoder_change(run: Run, library: Library) -> Iterator[str]:
    if library.encoder.name != run.encoder:
        yield f"The encoder is {library.encoder.name} instead of {run.encoder}."
    elif library.fingerprint != run.fingerprint:
        yield "The encoder was fitted to other sequences."


def _family_changes(then: Mapping[int, str], now: Mapping[int, str]) -> Iterator[str]:
    for number in sorted({**then, **now}):
        if number not in then:
            yield f"{family_name(now, number)} was added"
        elif number not in now:
            yield f"{family_name(then, number)} was removed"
        elif then[number] != now[number]:
            yield f"class {number} is {now[number]} instead of {then[number]}"


def _sentence(subject: str, changes: Iterator[str]) -> Iterator[str]:
    listed = list(islice(changes, _MAX_LISTED))
    if listed:
        more = sum(1 for _ in changes)
        listed += [f"and {more:,} more"] * bool(more)
        yield f"{subject}: {', '.join(listed)}."
