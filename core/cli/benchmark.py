"""The command that measures: how often methods are right, on a library or on files."""

import argparse
import sys

from core.cli.files import add_options, check
from core.cli.shared import Commands, current_user, output_file, write
from core.errors import InputError
from core.evaluation.data import MOST, LabelledData, data_of_library, data_of_records
from core.sequences.limits import Limits
from core.sequences.report import Known
from core.settings import Settings, read_settings
from core.stores.sql import LabelStore
from core.stores.sql.database import Database
from core.stores.sql.tables import storable


def add_to(commands: Commands) -> None:
    """Add `benchmark`."""
    measure = commands.add(
        _benchmark,
        "Measure how often GeneKin and other methods are right, on a library or on files.",
    )
    add_options(measure, files="*")
    measure.add_argument("--organism", action="append", metavar="NAME", help="of the library")
    measure.add_argument("--methods", nargs="+", default=[], metavar="METHOD", help="only these")
    measure.add_argument("--splits", nargs="+", default=[], metavar="SPLIT", help="only these")
    measure.add_argument("--seed", type=int, metavar="N", help="of all that is random; default 42")
    measure.add_argument(
        "--most",
        type=int,
        default=MOST,
        metavar="N",
        help=f"of more sequences than this, as many are drawn at random; default {MOST:,}",
    )
    measure.add_argument("--name", default="", help="what to keep it under")
    measure.add_argument("--format", choices=("text", "json"), default="text")
    measure.add_argument("--output", type=output_file, metavar="FILE")


def _benchmark(options: argparse.Namespace) -> None:
    # Classifiers take a second to import, which no other command should wait for.
    from core.evaluation.registry import SEED, make_plan
    from core.evaluation.report_text import as_text
    from core.evaluation.repository import evaluate_and_save, load_report

    if options.most < 2:
        raise InputError(f"{options.most} sequences cannot be evaluated on.", "Give 2 or more.")
    seed = SEED if options.seed is None else options.seed
    plan = make_plan(options.splits, options.methods, seed)
    settings = read_settings()
    # The labels alone: the vectors may be another process's, and evaluating needs none of them.
    database = Database(settings.labels_url, settings.store_timeout)
    try:
        data = _data(options, settings, database).drawn(options.most, seed)
        number = evaluate_and_save(
            data, plan, settings, database, name=options.name, by=current_user(), progress=_show
        )
        report = load_report(database, number)
    finally:
        database.close()
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    write(report.to_json() + "\n" if options.format == "json" else as_text(report), options.output)


def _data(options: argparse.Namespace, settings: Settings, database: Database) -> LabelledData:
    """Of the files that are named; if none are, of the library."""
    if not options.sources:
        return data_of_library(LabelStore(database), options.library, options.organism)
    if options.organism:
        raise InputError(
            "--organism is of a library, and files are given.", "Leave one of them out."
        )
    checked = check(options, Known(), Limits.of_disk(settings))
    source = storable(", ".join(each.file for each in options.sources))
    left_out = sum(len(report.rejected) for report in checked.reports)
    if left_out:
        source += f" ({left_out:,} records left out)"
    return data_of_records(checked.references, source=source, family_names=checked.families)


def _show(doing: str, done: int, total: int) -> None:
    """Say on a terminal how far it is, in one line."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{done:,} of {total:,} queries. {doing}"[:110])
        sys.stderr.flush()
