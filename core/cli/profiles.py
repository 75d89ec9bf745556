"""Commands ``profiles``: profile HMMs of a library."""

from collections.abc import Sequence
from pathlib import Path

import click

from core.access.machine import current_user
from core.cli.shared import (
    help_examples,
    library_option,
    open_libraries,
)
from core.cli.terminal import print_text, terminal_progress


@click.group(
    "profiles",
    no_args_is_help=False,
    epilog=help_examples("profiles add pfam.hmm.gz", "profiles list", "profiles remove PF00069"),
)
def profiles_command() -> None:
    """Manage a library's profile HMMs: evidence where no relative is near."""


@profiles_command.command(
    "add",
    epilog=help_examples(
        "profiles add pfam.hmm.gz", 'profiles add own.hmm --family "kin_1=Tyrosine kinase"'
    ),
)
@click.argument("file", type=Path)
@library_option
@click.option(
    "--family",
    "families",
    multiple=True,
    metavar="PROFILE=FAMILY",
    help="Family of a profile; without, it is learned from the library. Can be repeated.",
)
def _add(file: Path, library: str, families: Sequence[str]) -> None:
    """Add the profiles of a HMMER3 file (.hmm, .gz or .zip)."""
    # Imported when run: see core.cli.
    from core.library.profile_families import parse_families
    from core.library.profile_file import MAX_FILE_BYTES
    from core.library.profiles import NO_WEIGHT_TEXT, add_profiles
    from core.sequences.files import read_bytes

    named = parse_families(families)
    content = read_bytes(file, MAX_FILE_BYTES)
    with open_libraries() as libraries, terminal_progress() as progress:
        found = add_profiles(
            libraries,
            library,
            content,
            file.name,
            families=named,
            by=current_user(),
            progress=progress,
        )
    use = f"Their weight is {found.weight:.2f}." if found.weight else NO_WEIGHT_TEXT
    print_text(f"The library {library} has {len(found.profiles):,} profiles. {use}\n")


@profiles_command.command(
    "list", epilog=help_examples("profiles list", "profiles list --library lab")
)
@library_option
def _list(library: str) -> None:
    """List the profiles, and the clusters of homologs in each family that they match."""
    from core.library.profiles import list_profiles  # Imported when run: see core.cli.

    with open_libraries() as libraries:
        found = list_profiles(libraries, library)
    rows = (
        (profile.name, profile.accession, str(profile.length), found.family_text(profile))
        for profile in found.profiles
    )
    print_text("".join("\t".join(row) + "\n" for row in rows))


@profiles_command.command(
    "remove", epilog=help_examples("profiles remove PF00069", "profiles remove --all")
)
@click.argument("names", nargs=-1)
@library_option
@click.option("--all", "all_", is_flag=True, help="Remove all of them.")
def _remove(names: Sequence[str], library: str, *, all_: bool) -> None:
    """Remove profiles by their names."""
    if all_ == bool(names):
        message = "Give the names of profiles, or '--all'."
        raise click.UsageError(message)
    from core.library.profiles import remove_profiles  # Imported when run: see core.cli.

    with open_libraries() as libraries, terminal_progress() as progress:
        count = remove_profiles(libraries, library, None if all_ else names, progress=progress)
    print_text(f"{count:,} profiles removed from the library {library}.\n")
