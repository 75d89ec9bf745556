"""Commands on a whole deployment: back up, restore, and take the tables back."""

from pathlib import Path

import click

from core.cli.shared import help_examples, open_libraries, output_file
from core.cli.terminal import print_text, terminal_progress

_MB = 1_000_000


@click.command("backup", epilog=help_examples("backup genekin.backup"))
@click.argument("file", type=output_file)
def _backup(file: Path) -> None:
    """Write everything into one file: libraries, runs, evaluations, users.

    The dashboard can go on working. What is under way, such as a load, is not in the file.
    """
    from core.backup import write_backup  # Imported when run: see core.cli.
    from core.settings import read_settings
    from core.stores.sql.database import Database

    settings = read_settings()
    database = Database(settings.labels_url, settings.store_timeout)
    try:
        with terminal_progress() as progress:
            report = write_backup(database, file, progress=progress)
    finally:
        database.close()
    rows = report.rows
    print_text(
        f"{file}: {rows['libraries']:,} libraries with {rows['sequences']:,} sequences,"
        f" {rows['runs']:,} runs, {rows['evaluations']:,} evaluations;"
        f" {report.size / _MB:,.1f} MB, {report.seconds:.1f} s.\n"
    )
    for name in report.unfinished:
        print_text(f"A change of the library {name} was under way: it is not in the backup.\n")


@click.command("restore", epilog=help_examples("restore genekin.backup"))
@click.argument("file", type=Path)
@click.option("--replace", is_flag=True, help="Delete everything that the stores have first.")
@click.option("--yes", is_flag=True, help="Confirm the deletion (required with --replace).")
def _restore(file: Path, *, replace: bool, yes: bool) -> None:
    """Restore a backup into empty stores, completely or not at all."""
    from core.backup import restore_backup  # Imported when run: see core.cli.

    if replace and not yes:
        message = "Everything in the stores will be deleted: confirm with '--yes'."
        raise click.UsageError(message)
    with open_libraries() as libraries, terminal_progress() as progress:
        report = restore_backup(libraries, file, replace=replace, progress=progress)
    rows = report.rows
    print_text(
        f"{report.libraries:,} libraries with {rows.get('sequences', 0):,} sequences and"
        f" {rows.get('runs', 0):,} runs restored, {report.vectors:,} vectors made,"
        f" in {report.seconds:.1f} s.\n"
    )


@click.command("downgrade", epilog=help_examples("downgrade 0001 --yes"))
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Confirm that newer tables are dropped (required).")
def _downgrade(revision: str, *, yes: bool) -> None:
    """Take the database back to the tables of an earlier version."""
    from core.settings import read_settings  # Imported when run: see core.cli.
    from core.stores.sql.database import Database
    from core.stores.sql.migrations import revisions

    if revision not in revisions():
        known = ", ".join(revisions())
        message = f"There is no revision {revision!r}. There are: {known}."
        raise click.UsageError(message)
    if not yes:
        message = "What only later versions know is deleted: back up, then confirm with '--yes'."
        raise click.UsageError(message)
    settings = read_settings()
    database = Database(settings.labels_url, settings.store_timeout)
    try:
        database.downgrade(revision)
    finally:
        database.close()
    print_text(
        f"The tables are those of revision {revision}. The next start upgrades them again.\n"
    )


COMMANDS = (_backup, _restore, _downgrade)
"""All of them, in the order of the help."""
