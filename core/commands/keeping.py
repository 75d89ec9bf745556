"""Commands that look after libraries: what is loaded, and what becomes of it."""

import argparse
import sys
from typing import Any

from core import __version__
from core.commands.checking import BUILT_IN
from core.commands.parts import Commands, library_name, opened, write_json
from core.libraries import Libraries
from core.settings import read_settings


def add_to(commands: Commands) -> None:
    """Add what looks after libraries."""
    status = commands.add(_status, "What is loaded, and where it is kept.", of_library=False)
    status.add_argument("--format", choices=("text", "json"), default="text")

    remove = commands.add(_remove, "Remove an organism with all its sequences.")
    remove.add_argument("organism", metavar="ORGANISM")

    calibrate = commands.add(
        _calibrate, "Fit a library's confidences and threshold again, or choose the threshold."
    )
    calibrate.add_argument("--threshold", type=float, metavar="CONFIDENCE", help="0 to 1")

    rename = commands.add(_rename, "Call a library by another name.")
    rename.add_argument("name", metavar="NEW_NAME", type=library_name)

    delete = commands.add(_delete, "Remove a library with all its organisms.")
    delete.add_argument("--yes", action="store_true", required=True, help="yes, remove it")

    commands.add(_reconcile, "Undo or finish what a crash interrupted.")


def _status(options: argparse.Namespace) -> None:
    with opened(read_settings()) as libraries:
        status = _described(libraries)
    if options.format == "json":
        write_json(status)
        return
    lines = [
        f"GeneKin {status['version']}",
        f"vectors: {status['vectors']['address']} ({status['vectors']['version']})",
        f"labels: {status['labels']['address']}",
    ]
    for library in status["libraries"]:
        lines.append(
            f"library {library['name']}: encoder {library['encoder']}, index {library['index']}"
        )
        lines += [
            f"  {organism['name']}: {organism['sequences']:,} sequences"
            for organism in library["organisms"]
        ]
    if not status["libraries"]:
        lines.append(f"Nothing is loaded yet. Try: python -m core load human={BUILT_IN}")
    sys.stdout.write("\n".join(lines) + "\n")


def _described(libraries: Libraries) -> dict[str, Any]:
    opened = [libraries.open(name) for name in libraries.names()]
    stores = libraries.stores
    return {
        "version": __version__,
        "vectors": {"address": stores.vectors.address, "version": stores.vectors.version()},
        "labels": {"address": stores.database.address},
        "libraries": [
            {
                "name": library.name,
                "encoder": library.encoder.name,
                "fingerprint": library.fingerprint,
                "index": library.index.kind,
                "threshold": library.threshold,
                "families": library.families,
                "organisms": [
                    {
                        "name": organism.name,
                        "sequences": organism.count,
                        "families": organism.families,
                    }
                    for organism in library.organisms()
                ],
            }
            for library in opened
        ],
    }


def _remove(options: argparse.Namespace) -> None:
    with opened(read_settings()) as libraries:
        removed = libraries.remove_organism(options.library, options.organism)
    sys.stdout.write(f"{options.organism}: {removed:,} sequences removed.\n")


def _calibrate(options: argparse.Namespace) -> None:
    with opened(read_settings()) as libraries:
        if options.threshold is None:
            library = libraries.calibrate(options.library)
        else:
            libraries.set_threshold(options.library, options.threshold)
            library = libraries.open(options.library)
    sys.stdout.write(
        f"The library {library.name} calls a family from a confidence of"
        f" {library.threshold:.2f} on.\n"
    )


def _rename(options: argparse.Namespace) -> None:
    with opened(read_settings()) as libraries:
        libraries.rename(options.library, options.name)
    sys.stdout.write(f"The library {options.library} is now called {options.name}.\n")


def _delete(options: argparse.Namespace) -> None:
    with opened(read_settings()) as libraries:
        removed = libraries.delete(options.library)
    sys.stdout.write(f"The library {options.library} is removed: {removed:,} sequences.\n")


def _reconcile(options: argparse.Namespace) -> None:
    with opened(read_settings()) as libraries:
        done = libraries.reconcile(options.library)
    sys.stdout.write(
        f"{done.loads_undone} interrupted loads undone,"
        f" {done.removals_finished} removals finished.\n"
    )
