"""Who runs a command.

What the commands share: how they are described, the opened stores, and where they write.
"""

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from core import __version__
from core.errors import InputError, write_error
from core.library.manager import DEFAULT_LIBRARY, Libraries
from core.library.naming import check_library_name
from core.settings import Settings
from core.stores import Stores


def current_user() -> str:
    """The user's name on this machine; empty where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # As in a container that knows only a number.
        return ""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """End with exit status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class Commands:
    """The commands, each added by the module that runs it."""

    def __init__(self) -> None:
        self.parser = Parser(prog="genekin", description="From a DNA sequence to its gene family.")
        version = f"genekin {__version__}"
        self.parser.add_argument("--version", action="version", version=version)
        self._commands = self.parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        self, run: Callable[[argparse.Namespace], None], about: str, *, of_library: bool = True
    ) -> argparse.ArgumentParser:
        """Add a command that is called as its function is.

        Parameters
        ----------
        run
            What it does with its options.
        about
            A sentence that says so.
        of_library
            Whether it works on one library, which `--library` names.
        """
        added: argparse.ArgumentParser = self._commands.add_parser(
            run.__name__.strip("_"), help=about, description=about
        )
        added.set_defaults(run=run)
        if of_library:
            added.add_argument(
                "--library", type=library_name, default=DEFAULT_LIBRARY, metavar="NAME"
            )
        return added


def library_name(name: str) -> str:
    """The name, which is one that a library can have.

    Raises
    ------
    InputError
        If it is not.
    """
    check_library_name(name)
    return name


def output_file(path: str) -> Path:
    """A file to write; refused at once, rather than after minutes of work, if there is no place.

    Raises
    ------
    InputError
        If its folder is not there, or it is a folder itself.
    """
    file = Path(path)
    if not path or file.is_dir():
        raise InputError(f"{path!r} cannot be written: it is no file.", "Name one.")
    if not file.parent.is_dir():
        message = f"{file} cannot be written: there is no folder {file.parent}."
        raise InputError(message, "Make it first.")
    return file


@contextmanager
def open_libraries(settings: Settings) -> Iterator[Libraries]:
    """The libraries in the stores that the settings name, until the end of the block."""
    with Stores(settings) as stores:
        yield Libraries(stores, settings.cache_mb * 1_000_000)


def write(text: str, output: Path | None) -> None:
    """To standard output, or to a file that is complete or not there.

    Raises
    ------
    GeneKinError
        If the file cannot be written; an InputError, unless the disk is full.
    """
    if output is None:
        sys.stdout.write(text)
        return
    part = output.parent / f".{output.name}.part"
    try:
        # A link, such as /dev/stdout, a device or a pipe is written to, never replaced.
        if output.is_symlink() or (output.exists() and not output.is_file()):
            output.write_text(text, encoding="utf-8")
            return
        part.write_text(text, encoding="utf-8")
        part.replace(output)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise write_error(output, error) from None


def write_json(value: object) -> None:
    """To standard output, for programs and people alike."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def show_progress(doing: str, done: int, total: int) -> None:
    """Say on a terminal how far a load is: a line while it is checked, and one while it loads."""
    if sys.stderr.isatty():
        end = "\n" if doing in {"Checked", "Counting"} else ""
        sys.stderr.write(f"\r\x1b[K{doing}: {done:,} of {total:,}{end}")
        sys.stderr.flush()
