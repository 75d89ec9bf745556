"""Command ``status``: libraries, their loads, and where they are stored."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from core import __version__
from core.cli.files import BUILT_IN
from core.cli.questions import to_json
from core.cli.shared import answer, format_option, help_examples, write

if TYPE_CHECKING:
    from core.library.manager import Libraries
    from core.library.summary import LibrarySummary
    from core.stores.sql import LoadRow
    from core.stores.stores import Stores


@click.command("status", epilog=help_examples("status", "status --format json"))
@format_option("text", "json")
def status_command(file_format: str) -> None:
    """Show the libraries and where they are stored."""
    write(answer("status", {"file_format": file_format}), None)


def describe(libraries: "Libraries", file_format: str) -> str:
    """Return the libraries and where they are stored, as text or as JSON."""
    from core.library.summary import summarize_all  # Imported when run: see core.cli.

    stores, summaries = _describe_stores(libraries.stores), summarize_all(libraries)
    if file_format == "json":
        return to_json({**stores, "libraries": list(map(_describe_library, summaries))})
    lines = [
        f"GeneKin {stores['version']}",
        f"vectors: {stores['vectors']['address']} ({stores['vectors']['version']})",
        f"labels: {stores['labels']['address']}",
        *(line for summary in summaries for line in _format_library(summary)),
    ]
    if not summaries:
        lines.append(f"No library yet. Try: python -m core load human={BUILT_IN}")
    return "\n".join(lines) + "\n"


def _describe_stores(stores: "Stores") -> dict[str, Any]:
    return {
        "version": __version__,
        "vectors": {"address": stores.vectors.address, "version": stores.vectors.version()},
        "labels": {"address": stores.database.address},
    }


def _format_library(library: "LibrarySummary") -> Iterator[str]:
    yield f"library {library.name}: encoder {library.encoder}, index {library.index}"
    for organism in library.organisms:
        yield f"  {organism.name}: {organism.count:,} sequences"
    if library.added_since_fit:
        yield (
            f"  {library.added_since_fit:,} of {library.count:,} sequences were added since the"
            " encoder was fitted; refit fits it to all of them"
        )
    if library.problem:
        yield f"  cannot be searched: {library.problem}"
    if library.unfinished:
        yield f"  {library.unfinished}"


def _describe_library(library: "LibrarySummary") -> dict[str, Any]:
    return {
        "name": library.name,
        "encoder": library.encoder,
        "fingerprint": library.fingerprint,
        "index": library.index,
        "threshold": library.threshold,
        "added_since_fit": library.added_since_fit,
        "problem": library.problem,
        "unfinished": library.unfinished,
        "families": library.families,
        "organisms": [
            {
                "name": organism.name,
                "sequences": organism.count,
                "families": organism.families,
                "loads": list(map(_describe_load, library.loads[organism.name])),
            }
            for organism in library.organisms
        ],
    }


def _describe_load(load: "LoadRow") -> dict[str, Any]:
    fields = asdict(load)
    return {"sequences": fields.pop("count"), **fields, "date": f"{load.date:%Y-%m-%dT%H:%M:%SZ}"}
