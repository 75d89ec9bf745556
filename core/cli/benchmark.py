"""Command ``benchmark``: accuracy of methods, on a library or on files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core import defaults
from core.access.machine import current_user
from core.cli.files import FILES_HELP, FileOptions, file_options
from core.cli.shared import (
    ListCommand,
    disk_limits,
    format_option,
    help_examples,
    library_option,
    output_option,
    write,
)
from core.cli.terminal import print_notes, terminal_progress
from core.errors import InputError

if TYPE_CHECKING:
    from core.evaluation.data import LabelledData
    from core.stores.sql.database import Database


@click.command(
    "benchmark",
    cls=ListCommand,
    lists=("--methods", "--splits"),
    help="Measure how often GeneKin and other methods are right, on a library or on files.\n\n"
    + FILES_HELP,
    epilog=help_examples(
        "benchmark --splits seed --methods library knn",
        "benchmark human=human.txt --name 'my genes' --format json --output report.json",
    ),
)
@file_options(required=False)
@library_option
@click.option("--organism", multiple=True, metavar="NAME", help="Only these organisms; repeatable.")
@click.option("--methods", multiple=True, metavar="METHOD...", help="Only these methods.")
@click.option("--splits", multiple=True, metavar="SPLIT...", help="Only these splits.")
@click.option("--seed", type=int, metavar="N", help="Random seed; default: 42.")
@click.option(
    "--most",
    type=int,
    default=defaults.EVALUATED_SEQUENCES,
    metavar="N",
    help="Maximum sequences; of more, a random sample is taken;"
    f" default: {defaults.EVALUATED_SEQUENCES:,}.",
)
@click.option("--name", default="", help="Name of the evaluation.")
@format_option("text", "json")
@output_option
def benchmark_command(
    *,
    files: FileOptions,
    library: str,
    organism: Sequence[str],
    methods: Sequence[str],
    splits: Sequence[str],
    seed: int | None,
    most: int,
    name: str,
    file_format: str,
    output: Path | None,
) -> None:
    """Evaluate the methods and print the report."""
    if most < 2:
        raise InputError(f"--most {most} is too few sequences.", "Give 2 or more.")
    from core.evaluation.registry import DEFAULT_SEED, make_plan  # Imported when run: see core.cli.
    from core.evaluation.report_text import format_report
    from core.evaluation.repository import evaluate_and_save, load_report
    from core.settings import read_settings
    from core.stores.sql.database import Database

    seed = DEFAULT_SEED if seed is None else seed
    plan = make_plan(splits, methods, seed)
    settings = read_settings()
    # The labels alone: the vectors may be another process's, and evaluating needs none of them.
    database = Database(settings.labels_url, settings.store_timeout)
    try:
        data = _data(files, library, organism, database).sample(most, seed)
        with terminal_progress() as progress:
            number = evaluate_and_save(
                data, plan, settings, database, name=name, by=current_user(), progress=progress
            )
        report = load_report(database, number)
    finally:
        database.close()
    write(report.to_json() + "\n" if file_format == "json" else format_report(report), output)


def _data(
    files: FileOptions,
    library: str,
    organisms: Sequence[str],
    database: "Database",
) -> "LabelledData":
    """Read the labelled data of the files; without files, of the library."""
    from core.cli.checked_files import check_files  # Imported when run: see core.cli.
    from core.evaluation.data import data_of_library, data_of_records
    from core.sequences.checks import Known
    from core.stores.sql import LabelStore
    from core.stores.sql.tables import replace_surrogates

    if not files.sources:
        return data_of_library(LabelStore(database), library, list(organisms) or None)
    if organisms:
        raise InputError(
            "--organism selects from a library, but files are given.", "Leave one of them out."
        )
    checked = check_files(files, Known(), disk_limits())
    print_notes(checked.notes())
    source = replace_surrogates(", ".join(item.file for item in files.sources))
    left_out = sum(len(report.rejected) for report in checked.reports)
    if left_out:
        source += f" ({left_out:,} records left out)"
    return data_of_records(checked.references, source=source, family_names=checked.families)
