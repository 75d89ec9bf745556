"""A run from a file beside a library of today: what differs, and what its answers would be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from core.calls import Call, Status
from core.classify import MAX_NEIGHBOURS, classify
from core.library.library import Library
from core.runs.file_reader import OpenedRun, OpenedTrace
from core.runs.run import Run, RunSettings, organism_changes
from core.sequences.families import family_name
from core.sequences.records import Problem, Record
from core.tracing import TraceResult, trace

_SAME_PROBABILITY = 1e-6
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
    status, names
        Name of the family, or of the organisms that are equally close; none if the query has none.
        Class numbers of families may differ between two GeneKins.
    confidence
        None if the query is invalid or has no relative.
    """

    query: str
    status: Status
    names: frozenset[str]
    confidence: float | None

    @property
    def text(self) -> str:
        """The names, or the status if there is none."""
        return ", ".join(sorted(self.names)) or self.status.value

    def agrees_with(self, other: "Answer") -> bool:
        """Return whether another answer says the same of the query."""
        return (self.status, self.names) == (other.status, other.names)


def answers_then(opened: OpenedRun) -> list[Answer]:
    """Return the answers of a run from a file."""
    if isinstance(opened, OpenedTrace):
        return list(map(_traced, opened.traces))
    return list(map(_called, opened.calls))


def possible_settings(run: Run, library: Library) -> RunSettings:
    """Return the settings of a run as a library can answer them.

    Organisms that it does not have are not searched; all, if it has none of them.
    """
    settings, names = run.settings, frozenset(library.organism_names())
    organisms = tuple(name for name in settings.organisms or () if name in names)
    neighbours = min(max(1, settings.neighbours), MAX_NEIGHBOURS)
    return RunSettings(organisms or None, neighbours, settings.threshold)


def answers_today(opened: OpenedRun, library: Library) -> list[Answer]:
    """Ask a library about the queries of a run from a file, with :func:`possible_settings`.

    Nothing is stored.

    Raises
    ------
    LibraryError
        If the library is empty.
    """
    records = list(_records(opened))
    if isinstance(opened, OpenedTrace):
        return list(map(_traced, trace(library, records)))
    settings = possible_settings(opened.run, library)
    calls = classify(
        library,
        records,
        organisms=settings.organisms,
        neighbours=settings.neighbours,
        threshold=settings.threshold,
    )
    return list(map(_called, calls))


def _called(call: Call) -> Answer:
    confidence = None if call.status is Status.INVALID else call.confidence
    names = {call.family} if call.status is Status.CALLED else ()
    return Answer(call.query, call.status, frozenset(names), confidence)


def _traced(result: TraceResult) -> Answer:
    confidence = result.confidence if result.organisms else None
    # Which of several is the first depends on the order in which they were loaded.
    closest = (
        name
        for name, probability in result.organisms.items()
        if probability >= result.confidence - _SAME_PROBABILITY
    )
    return Answer(result.query, result.status, frozenset(closest), confidence)


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
