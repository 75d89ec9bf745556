"""Running a command, under a contract that scripts can rely on.

Exit status 0 done, 2 bad usage or bad input, 1 a service failed; then one line on standard error
says what and where. Ctrl+C: 130, as shells have it.
"""

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from core.cli import benchmark, classify, load, maintenance, status, trace
from core.cli.shared import Commands
from core.errors import GeneKinError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    logging.basicConfig(level=logging.CRITICAL)
    _open_what_was_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As files are, whatever the terminal says; a name that is no text comes out as it is.
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        options = _commands().parse_args(arguments)
        options.run(options)
        sys.stdout.flush()
    except GeneKinError as error:
        _say(" ".join(str(error).split()))
        return error.exit_status
    except OSError as error:
        # What is still buffered can go nowhere; Python would complain of it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # A reader, such as head, that has had enough.
            where = error.filename or "Standard output"
            _say(f"{where} cannot be written: {error.strerror}.")
            return 1
    except KeyboardInterrupt:
        _say("stopped; nothing was left half done.")
        return 130
    return 0


def _commands() -> argparse.ArgumentParser:
    commands = Commands()
    for module in (load, classify, trace, benchmark, status, maintenance):
        module.add_to(commands)
    return commands.parser


def _open_what_was_closed() -> None:
    """Give standard streams that a script has closed somewhere to go, as `/dev/null`.

    Otherwise the next file, such as a database, gets the number of one, and what a library prints.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _say(line: str) -> None:
    with suppress(OSError):  # The exit status still says it.
        sys.stderr.write(f"genekin: {line}\n")
