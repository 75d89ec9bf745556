"""The command that tells what is loaded, by whom, and where it is kept."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from core import __version__
from core.cli.files import BUILT_IN
from core.cli.shared import Commands, open_libraries, write_json
from core.library.summary import LibrarySummary, summarize_all
from core.settings import read_settings
from core.stores import Stores
from core.stores.sql import LoadRow


def add_to(commands: Commands) -> None:
    """Add `status`."""
    status = commands.add(_status, "What is loaded, and where it is kept.", of_library=False)
    status.add_argument("--format", choices=("text", "json"), default="text")


def _status(options: argparse.Namespace) -> None:
    with open_libraries(read_settings()) as libraries:
        stores, found = _stores(libraries.stores), summarize_all(libraries)
    if options.format == "json":
        write_json({**stores, "libraries": list(map(_described, found))})
        return
    lines = [
        f"GeneKin {stores['version']}",
        f"vectors: {stores['vectors']['address']} ({stores['vectors']['version']})",
        f"labels: {stores['labels']['address']}",
        *(line for each in found for line in _lines(each)),
    ]
    if not found:
        lines.append(f"Nothing is loaded yet. Try: python -m core load human={BUILT_IN}")
    sys.stdout.write("\n".join(lines) + "\n")


def _stores(stores: Stores) -> dict[str, Any]:
    return {
        "version": __version__,
        "vectors": {"address": stores.vectors.address, "version": stores.vectors.version()},
        "labels": {"address": stores.database.address},
    }


def _lines(library: LibrarySummary) -> Iterator[str]:
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


def _described(library: LibrarySummary) -> dict[str, Any]:
    return {
        "name": library.name,
        "encoder": library.encoder,
        "fingerprint": library.fingerprint,
        "index": library.index,
        "threshold": library.threshold,
        "added_since_fit": library.added_since_fit,
        "problem": library.problem,
        "families": library.families,
        "organisms": [
            {
                "name": organism.name,
                "sequences": organism.count,
                "families": organism.families,
                "loads": list(map(_load, library.loads[organism.name])),
            }
            for organism in library.organisms
        ],
    }


def _load(load: LoadRow) -> dict[str, Any]:
    told = asdict(load)
    return {"sequences": told.pop("count"), **told, "date": f"{load.date:%Y-%m-%dT%H:%M:%SZ}"}
