"""A run from a file beside a library of today: what differs, and what its calls would be."""

from collections.abc import Iterator, Mapping
from itertools import islice

from core.calls import Call, Status
from core.classify import classify
from core.library.library import Library
from core.runs.file_reader import OpenedRun
from core.runs.run import Run, organism_changes
from core.sequences.families import family_name
from core.sequences.records import Problem, Record

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


def classify_again(opened: OpenedRun, library: Library) -> list[Call]:
    """Classify the queries of a run from a file by a library, with the settings of the run.

    Organisms that the library does not have are not searched; all, if it has none of them. Nothing
    is stored.
    """
    settings = opened.run.settings
    names = library.organism_names()
    organisms = [name for name in settings.organisms or () if name in names]
    return classify(
        library,
        list(_records(opened)),
        organisms=organisms or None,
        neighbours=max(1, settings.neighbours),
        threshold=settings.threshold,
    )


def describe_call(call: Call) -> str:
    """Return the family of a call, or its status if there is none.

    Two GeneKins may have different class numbers for a family: calls are compared by this.
    """
    return call.family if call.status is Status.CALLED else call.status.value


def _records(opened: OpenedRun) -> Iterator[Record]:
    pairs = zip(opened.queries, opened.calls, strict=True)
    for position, (query, call) in enumerate(pairs, start=1):
        is_valid = call.status is not Status.INVALID
        problem = None if is_valid else Problem("invalid", call.reason)
        yield Record(query.name, query.residues, position, position, problem=problem)


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
