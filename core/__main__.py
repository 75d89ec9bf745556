"""The command line: the same calls as the pages, under a contract that scripts can rely on.

Exit status 0 done, 2 bad usage or bad input, 1 a service failed; then one line on standard error
says what and where.
"""

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence

from core.commands import archiving, asking, keeping, loading, measuring, status, tracing
from core.commands.parts import Commands
from core.errors import GeneKinError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    logging.basicConfig(level=logging.CRITICAL)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # As files are, whatever the terminal says.
    try:
        options = _commands().parse_args(arguments)
        options.run(options)
        sys.stdout.flush()
    except GeneKinError as error:
        sys.stderr.write(f"genekin: {' '.join(str(error).split())}\n")
        return error.exit_status
    except OSError as error:
        # What is still buffered can go nowhere; Python would complain of it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # A reader, such as head, that has had enough.
            where = error.filename or "Standard output"
            sys.stderr.write(f"genekin: {where} cannot be written: {error.strerror}.\n")
            return 1
    except KeyboardInterrupt:
        sys.stderr.write("genekin: stopped; nothing was left half done.\n")
        return 130
    return 0


def _commands() -> argparse.ArgumentParser:
    commands = Commands()
    for module in (loading, asking, tracing, measuring, status, keeping, archiving):
        module.add_to(commands)
    return commands.parser


if __name__ == "__main__":
    sys.exit(main())
