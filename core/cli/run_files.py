"""Command that writes a stored run into a run file, to be opened in any GeneKin."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.access.machine import command_access
from core.cli.shared import help_examples, output_file
from core.cli.terminal import print_text
from core.errors import write_error
from core.output import replacing

if TYPE_CHECKING:
    from core.runs.exports.downloads import Download
    from core.settings import Settings

_LINK = re.compile(r"[?&]run=([A-Za-z0-9_-]+)")


@click.command(
    "export-run",
    # Ids may begin with a hyphen.
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
    epilog=help_examples("export-run 'http://localhost:8501/?run=…' plate7.genekin-run.jsonl.gz"),
)
@click.argument("run", metavar="RUN|LINK")
@click.argument("file", type=output_file)
def export_run_command(run: str, file: Path) -> None:
    """Write a result into one file, to open it in any GeneKin.

    RUN is the id of a result, the end of its link. The dashboard may stay open.
    """
    from core.settings import read_settings  # Imported when run: see core.cli.

    link = _LINK.search(run)
    made = _make(read_settings(), link[1] if link else run)
    try:
        with replacing(file) as opened:
            opened.write(made.data)
    except OSError as error:
        raise write_error(file, error) from None
    print_text(f"{file}: {len(made.data):,} bytes.\n")


def _make(settings: "Settings", run_id: str) -> "Download":
    """Return the run file; this needs the database only."""
    from core.library.stored_genes import find_genes
    from core.runs import Runs
    from core.runs.file_writer import export_run
    from core.stores.sql.database import Database

    database = Database(settings.labels_url, settings.store_timeout)
    try:
        access = command_access(settings)
        runs = Runs(database, settings.keep_runs_days, access)
        run = runs.get(run_id)
        return export_run(runs, run, find_genes(database, run.library, access.user))
    finally:
        database.close()
