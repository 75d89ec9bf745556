"""Questions that commands ask: each reads libraries, and its answer has the text to print.

A command answers its question itself, or has the dashboard answer it that has the stores open
(:mod:`core.cli.loopback`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from core.errors import StoreError, UnavailableError
from core.progress import Progress

if TYPE_CHECKING:
    from core.library.manager import Libraries
    from core.runs.alignments import Alignments
    from core.sequences.limits import Limits
    from core.sequences.queries import Queries
    from core.sequences.records import Record

OpenLibraries: TypeAlias = "Callable[[], AbstractContextManager[Libraries]]"
"""Opens the stores, until the end of a block; called once the input is known to be good."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question.

    Attributes
    ----------
    text
        For standard output.
    notes
        What the user should know about the source, for standard error.
    library
        Digest of what the library has, where it is asked for.
    """

    text: str
    notes: Sequence[str] = ()
    library: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file of queries.

    Attributes
    ----------
    name
        Its name in messages.
    content
        All of it.
    limits
        Limits on its records.
    """

    name: str
    content: bytes
    limits: "Limits"

    def records(self) -> "Queries":
        """Return the queries.

        Raises
        ------
        InputError
            If the file has none, or is not readable.
        """
        from core.sequences.queries import read_queries  # Imported when asked: see core.cli.

        return read_queries(self.content, self.name, self.limits)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some queries of a file that is read while they are answered."""

    content: Sequence["Record"]

    def records(self) -> "Queries":
        """Return the queries."""
        from core.sequences.queries import Queries  # Imported when asked: see core.cli.

        queries = Queries()
        queries.extend(self.content)
        return queries


def classify(
    open_libraries: OpenLibraries,
    progress: Progress,
    source: Source | Batch,
    *,
    library: str,
    organisms: Sequence[str],
    neighbours: int,
    threshold: float | None,
    align: bool,
    file_format: Literal["tsv", "csv", "json", "ndjson", "blast6"],
) -> Answer:
    """Classify the queries of a file; see the command's help."""
    records = source.records()
    from core.classify import classify as classify_records  # Imported when asked: see core.cli.
    from core.runs.call_table import format_calls

    alignments: Alignments | None = None
    with open_libraries() as libraries:
        opened = libraries.open(library)
        calls = classify_records(
            opened,
            records,
            organisms=organisms or None,
            neighbours=neighbours,
            threshold=threshold,
            progress=progress,
        )
        if align or file_format == "blast6":
            from core.runs.alignments import align_hits  # Imported when asked: see core.cli.

            alignments = align_hits(
                opened,
                [record.residues for record in records],
                calls,
                searched=opened.count_genes(organisms or None),
                closest_only=file_format in {"tsv", "csv"},
                progress=progress,
            )
        families, contents = opened.families, opened.contents()
    if file_format == "blast6":
        from core.runs.blast_table import format_blast_table  # Imported when asked: see core.cli.

        text = format_blast_table(calls, alignments or {})
        return Answer(text, _notes(records, listed=False), contents)
    text = format_calls(calls, file_format, families, alignments)
    return Answer(text, _notes(records), contents)


def trace(
    open_libraries: OpenLibraries,
    progress: Progress,
    source: Source | Batch,
    *,
    library: str,
    summary: bool,
    file_format: Literal["tsv", "csv", "json", "ndjson"],
) -> Answer:
    """Trace the queries of a file; see the command's help."""
    records = source.records()
    from core.tracing import trace as trace_records  # Imported when asked: see core.cli.
    from core.tracing.trace_table import format_results

    with open_libraries() as libraries:
        opened = libraries.open(library)
        traced = trace_records(opened, records, progress=progress)
        contents = opened.contents()
    text = format_results(traced, file_format, summary=summary)
    listed = file_format == "json" or not summary
    return Answer(text, _notes(records, listed=listed), contents)


def _notes(records: "Queries", *, listed: bool = True) -> list[str]:
    """Return notes on how queries were read.

    Parameters
    ----------
    listed
        Whether the text of the answer has all queries, invalid ones too.
    """
    from core.sequences.queries import invalid_records, unreadable_files  # See core.cli.

    notes = [*unreadable_files(records), *records.notes]
    invalid = [] if listed else invalid_records(records)
    if invalid:
        total = f"{len(invalid):,} of {len(records):,} records are invalid"
        notes.append(f"{total}. The first: {invalid[0]}")
    return notes


def similarity(
    open_libraries: OpenLibraries,
    progress: Progress,  # noqa: ARG001  (every question is asked with it)
    *,
    library: str,
    of: str,
    to: str,
    limit: int | None,
    file_format: Literal["text", "json"],
) -> Answer:
    """Compare the genes of two organisms; see the command's help."""
    from core.similarity import compare_organisms  # Imported when asked: see core.cli.

    with open_libraries() as libraries:
        result = compare_organisms(libraries.open(library), of, to, limit)
    if file_format == "json":
        values = {"of": result.organism, "to": result.reference, **asdict(result.estimate)}
        return Answer(to_json(values))
    return Answer(
        f"{result.mean:.4f}\tmean best inner product of {result.n:,} genes of {result.organism}"
        f" with those of {result.reference}\n"
    )


def vectors(open_libraries: OpenLibraries, progress: Progress) -> Answer:  # noqa: ARG001
    """Return the address at which the process that answers serves the embedded vectors.

    Python asks: with it, all work is done there as with stores of its own (see
    :mod:`genekin.stores`).
    """
    with open_libraries() as libraries:
        return Answer(libraries.stores.vectors.server_address)


def status(
    open_libraries: OpenLibraries,
    progress: Progress,  # noqa: ARG001  (every question is asked with it)
    *,
    file_format: Literal["text", "json"],
) -> Answer:
    """Describe the libraries; see the command's help."""
    from core.cli.status import describe  # It asks this question.

    try:
        with open_libraries() as libraries:
            return Answer(describe(libraries, file_format))
    except UnavailableError as error:
        raise _name_failed_stores(error) from error


def _name_failed_stores(error: UnavailableError) -> StoreError:
    """Return the error of one store with that of the other, or with the news that it answers."""
    from core.settings import read_settings  # Imported when asked: see core.cli.
    from core.stores.stores import check_servers

    others = (text for text in check_servers(read_settings()) if text != str(error))
    return StoreError(" ".join([str(error), *others]))


def to_json(value: object) -> str:
    """Return JSON for programs and people alike."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


QUESTIONS: Mapping[str, Callable[..., Answer]] = {
    "classify": classify,
    "trace": trace,
    "similarity": similarity,
    "status": status,
    "vectors": vectors,
}
"""Questions by the name of their command."""

Options = Mapping[str, Any]
"""Named options of a question, as JSON can hold them."""
