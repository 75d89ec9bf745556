"""Commands that load: files, and the demo."""

import argparse
import sys
from functools import partial

from core.classify import Status, classify
from core.cli.files import Checked, add_options, check
from core.cli.shared import Commands, current_user, open_libraries, show_progress, write
from core.encoders import DEFAULT_ENCODER, ENCODERS
from core.library.load import LoadReport, OrganismReport, load
from core.library.manager import Libraries
from core.runs.call_table import confidence_phrase
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.sequences.references.examples import examples
from core.sequences.references.human import FAMILIES, SOURCE, human_reference
from core.sequences.report import Known
from core.settings import read_settings
from core.stores.milvus.index import INDEX_KINDS, VectorIndex

_PATIENCE = 600.0
"""Seconds to wait for another writer to finish."""


def add_to(commands: Commands) -> None:
    """Add `load` and `demo`."""
    add = commands.add(_load, "Load reference sequences, an organism at a time or several at once.")
    add_options(add)
    add.add_argument("--encoder", choices=sorted(ENCODERS), help=f"default {DEFAULT_ENCODER}")
    add.add_argument("--index", choices=INDEX_KINDS, help="default FLAT, which is exact")
    add.add_argument(
        "--replace",
        action="store_true",
        help="put these organisms in the place of those that are there, instead of adding to them",
    )

    commands.add(_demo, "Load the human reference, classify an example file, print the answers.")


def _load(options: argparse.Namespace) -> None:
    settings = read_settings()
    sources = ", ".join(f"{each.organism}={each.file}".lstrip("=") for each in options.sources)
    with open_libraries(settings) as libraries:
        known = _known(libraries, options.library, replace=options.replace)
        checked = check(options, known, Limits.of_disk(settings))
        report = load(
            libraries,
            checked.references,
            library=options.library,
            encoder=options.encoder,
            index=VectorIndex.of_kind(options.index) if options.index else None,
            families=checked.families,
            source=sources,
            by=current_user(),
            replace=options.replace,
            progress=show_progress,
            timeout=_PATIENCE,
        )
    sys.stdout.write(_said(checked) + _told(report))


def _known(libraries: Libraries, name: str, *, replace: bool) -> Known:
    """What a library has, without what a crash left of other loads, and what is to be replaced."""
    labels = libraries.stores.labels
    if labels.library(name) is None:
        return Known()
    libraries.reconcile(name, timeout=_PATIENCE)
    if (row := labels.library(name)) is None:
        return Known()
    if replace:
        return Known(library=labels.families(row.id))
    return Known(
        library=labels.families(row.id),
        sequences=partial(labels.known_families, row.id),
        partitions=labels.partitions(row.id),
    )


def _said(checked: Checked) -> str:
    """How files were read, where that may surprise, and what was left out of them."""
    left_out = [
        f"{report.source}: {len(report.rejected):,} of {report.records:,} records were left out;"
        f" the first: {report.rejected[0].reasons[0]}"
        for report in checked.reports
        if report.rejected
    ]
    return "".join(f"{line}\n" for line in (*checked.notes, *left_out))


def _told(report: LoadReport) -> str:
    lines = [
        f"{each.organism}: {each.added:,} sequences {_how(each)}; of {each.records:,} records"
        f" {each.copies:,} were exact copies, {each.known:,} were there already"
        + (
            f"; {each.without_vector:,} are kept but can not be found: the encoder recognises"
            " nothing in them"
            if each.without_vector
            else ""
        )
        for each in report.organisms
    ]
    return "\n".join([*lines, f"Loaded in {report.seconds:.1f} s.", ""])


def _how(report: OrganismReport) -> str:
    return f"in the place of {report.replaced:,}" if report.replaced else "added"


def _demo(options: argparse.Namespace) -> None:
    settings = read_settings()
    file = settings.home / "example.fasta"
    with open_libraries(settings) as libraries:
        if options.library not in libraries.names():
            report = load(
                libraries,
                {"human": human_reference()},
                library=options.library,
                families=FAMILIES,
                source=SOURCE,
                progress=show_progress,
            )
            sys.stdout.write(_told(report))
        write(examples(), file)
        queries = read_text_queries(examples(), str(file), Limits.of_disk(settings))
        calls = classify(libraries.open(options.library), queries)
    sys.stdout.write(f"{file}: {len(calls)} sequences\n")
    for call in calls:
        answer = (
            f"{call.family}, {confidence_phrase(call.confidence)}"
            if call.status is Status.CALLED
            else call.status.value
        )
        sys.stdout.write(f"  {call.query:16} {answer}\n")
