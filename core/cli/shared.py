"""Building blocks of the commands: their options, the opened stores, progress and output."""

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from core import defaults
from core.access.machine import command_access
from core.cli.loopback import Dashboard
from core.cli.questions import QUESTIONS, Options, Source, to_json
from core.cli.table_output import (
    PARQUET,
    asked_format,
    check_not_begun,
    check_output,
    encode,
    is_stream,
)
from core.cli.terminal import print_notes, print_text, terminal_progress
from core.errors import InputError, read_error, write_error
from core.library.naming import check_library_name
from core.output import replacing
from core.stores.availability import wait_once

if TYPE_CHECKING:
    from core.library.manager import Libraries
    from core.sequences.input_file import InputFile
    from core.sequences.limits import Limits

_Command = TypeVar("_Command", bound=Callable[..., object])

TABLE_FORMATS = ("tsv", "csv", "json", "ndjson", "parquet")
"""Formats of a table that a command prints."""
QUERY_FORMATS = "FASTA, FASTQ, a table, Excel or one bare sequence; plain, .gz or .zip"
"""Formats of a file of queries, for help texts."""


def library_name(name: str) -> str:
    """Return the name of a library, checked.

    Raises
    ------
    InputError
        If a library cannot have it.
    """
    check_library_name(name)
    return name


def output_file(path: str) -> Path:
    """Return a file to write, checked before minutes of work rather than after them.

    Raises
    ------
    InputError
        If it is a folder, or its folder does not exist.
    """
    file = Path(path)
    if not path or file.is_dir():
        raise InputError(f"{path!r} cannot be written: it is not a file.", "Give a file name.")
    if not file.parent.is_dir():
        message = f"{file} cannot be written: the folder {file.parent} does not exist."
        raise InputError(message, "Create it first.")
    return file


library_option = click.option(
    "--library",
    type=library_name,
    default=defaults.LIBRARY,
    show_default=True,
    metavar="NAME",
    help="Library to work on.",
)
output_option = click.option(
    "--output",
    type=output_file,
    metavar="FILE",
    help="Write to a file instead of the terminal; gzipped if its name ends in .gz.",
)
resume_option = click.option(
    "--resume",
    is_flag=True,
    help="Go on with the --output of a large file where a stopped command left it.",
)
query_argument = click.argument("file", metavar="FILE|-")


def format_option(*formats: str) -> Callable[[_Command], _Command]:
    """Return the option ``--format``, whose default is the first one."""
    return click.option(
        "--format",
        "file_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Output format.",
    )


def help_examples(*lines: str) -> str:
    """Return the examples at the end of a command's help; each starts with ``genekin``."""
    return "\n".join(["\b", "Examples:", *(f"  genekin {line}" for line in lines)])


class ListCommand(click.Command):
    """A command with options that take several values: ``--methods knn blastn``.

    Click knows only one value an option, or the option again for each.
    """

    def __init__(self, *args: object, lists: Sequence[str] = (), **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self._lists = frozenset(lists)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option before every value, as Click expects it."""
        return super().parse_args(ctx, list(self._repeat(args)))

    def _repeat(self, args: Sequence[str]) -> Iterator[str]:
        option = ""
        is_first = False
        for arg in args:
            if arg in self._lists or arg.startswith("-"):
                option, is_first = (arg if arg in self._lists else ""), True
            elif option and not is_first:
                yield option
            else:
                is_first = False
            yield arg


def disk_limits() -> "Limits":
    """Return the limits on files of this machine, by the settings."""
    from core.sequences.limits import Limits  # Imported when run: see core.cli.
    from core.settings import read_settings

    return Limits.of_disk(read_settings())


@contextmanager
def open_source(file: str) -> Iterator["InputFile"]:
    """Open a file of queries, or standard input if it is ``-``.

    Raises
    ------
    InputError
        If the file does not exist or may not be read.
    """
    from core.sequences.input_file import InputFile  # Imported when run: see core.cli.

    if file == "-":
        yield InputFile(sys.stdin.buffer, "standard input")
        return
    path = Path(file)
    with ExitStack() as stack:
        try:
            opened = InputFile(stack.enter_context(path.open("rb")), file)
        except OSError as error:
            raise read_error(path, error) from None
        yield opened


def read_source(file: "InputFile") -> Source:
    """Return all of a file of queries, or of standard input."""
    limits = disk_limits()
    return Source(file.name, file.read_whole(limits.max_bytes), limits)


def answer(question: str, options: Options, source: Source | None = None) -> str:
    """Return the answer to a question, from a dashboard that has the stores open, or from here.

    Notes on how the source was read go to standard error.
    """
    from core.settings import read_settings  # Imported when run: see core.cli.

    with (
        wait_once(),
        Dashboard.find(read_settings()) as dashboard,
        terminal_progress() as progress,
    ):
        if dashboard is not None:
            found = dashboard.ask(question, options, source, progress)
        else:
            sources = [] if source is None else [source]
            found = QUESTIONS[question](open_libraries, progress, *sources, **options)
    print_notes(found.notes)
    return found.text


def answer_file(
    question: str,
    options: Options,
    file: str,
    file_format: str,
    output: Path | None,
    *,
    resume: bool,
) -> None:
    """Write the answers to the queries of a file, of any size.

    Parameters
    ----------
    question, options
        What to ask.
    file
        Name of the file; ``-`` for standard input.
    file_format
        Format of the output.
    output
        File to write; None for standard output.
    resume
        Whether to go on where an earlier run was stopped.
    """
    check_output(file_format, output, resume=resume)
    with open_source(file) as opened:
        if not opened.is_small:
            from core.cli.stream import Table, answer_stream  # Imported when run: see core.cli.
            from core.sequences.query_stream import open_stream

            if queries := open_stream(opened, disk_limits()):
                table = Table(question, options, file_format, output, resume)
                answer_stream(queries, opened, table, open_libraries)
                return
        if resume and output is not None:
            check_not_begun(output)
        source = read_source(opened)
    asked = {**options, "file_format": asked_format(file_format)}
    write_table(answer(question, asked, source), file_format, output)


@contextmanager
def open_libraries() -> Iterator["Libraries"]:
    """Open the stores that the settings name, until the end of the block."""
    from core.settings import read_settings  # Imported when run: see core.cli.

    settings = read_settings()
    from core.library.manager import Libraries  # Slower to import: only for valid settings.
    from core.stores.stores import Stores

    with Stores(settings) as stores:
        libraries = Libraries(stores, settings.cache_mb * 1_000_000)
        yield libraries.acting_as(command_access(settings))


def write_table(text: str, file_format: str, output: Path | None) -> None:
    """Write a table in a format that was checked for the output; Parquet is made of TSV.

    Raises
    ------
    GeneKinError
        If the file cannot be written; an InputError, unless the disk is full.
    """
    if output is None or file_format != PARQUET:
        write(text, output)
        return
    from core.runs.parquet import write_parquet  # Imported when run: see core.cli.

    try:
        write_parquet(io.BytesIO(text.encode()), output)
    except OSError as error:
        raise write_error(output, error) from None


def write(text: str, output: Path | None) -> None:
    """Write to standard output, or to a file that is complete or not there; gzipped as it is named.

    Raises
    ------
    GeneKinError
        If the file cannot be written; an InputError, unless the disk is full.
    """
    if output is None:
        print_text(text)
        return
    try:
        if is_stream(output):  # Written to, never replaced.
            output.write_text(text, encoding="utf-8")
            return
        with replacing(output) as file:
            file.write(encode(text, output))
    except OSError as error:
        raise write_error(output, error) from None


def write_json(value: object) -> None:
    """Write JSON to standard output, for programs and people alike."""
    print_text(to_json(value))
