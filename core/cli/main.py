"""Entry point of the command line, under a contract that scripts can rely on.

Exit status 0: done; 2: bad usage or bad input; 1: a service failed; 130: Ctrl+C. Every failure
prints one line on standard error: what was wrong, where, and what to do.
"""

import io
import logging
import os
import sys
from collections.abc import Sequence

import click
from click.shell_completion import shell_complete

from core import __version__
from core.cli import (
    api,
    backup,
    benchmark,
    classify,
    load,
    maintenance,
    profiles,
    run_files,
    status,
    users,
    worker,
)
from core.cli.shared import help_examples
from core.cli.terminal import print_error
from core.errors import GeneKinError

_NAME = "genekin"
_COMPLETE = "_GENEKIN_COMPLETE"
"""Set by the completion script of a shell, which ``_GENEKIN_COMPLETE=bash_source`` prints."""


@click.group(
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=help_examples("demo", "load human=builtin:human", "classify queries.fasta --format csv"),
)
@click.version_option(__version__, prog_name=_NAME, message="%(prog)s %(version)s")
def _genekin() -> None:
    """Find the gene family of DNA sequences."""


for _command in (
    load.load_command,
    load.demo_command,
    classify.classify_command,
    classify.similarity_command,
    classify.trace_command,
    benchmark.benchmark_command,
    status.status_command,
    worker.worker_command,
    api.api_command,
    *maintenance.COMMANDS,
    run_files.export_run_command,
    profiles.profiles_command,
    users.users_command,
    *backup.COMMANDS,
):
    _genekin.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Parameters
    ----------
    arguments
        Those of the process, if None.
    """
    logging.basicConfig(level=logging.CRITICAL)
    _reopen_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # UTF-8 whatever the terminal says; file names that are not text come out unchanged.
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        status = _run(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except click.ClickException as error:
        return _report_usage(error)
    except GeneKinError as error:
        print_error(_NAME, str(error))
        return error.exit_status
    except OSError as error:
        return _report_write_failure(error)
    except KeyboardInterrupt:
        print_error(_NAME, "cancelled; no changes were left half done.")
        return 130
    return status


def _run(arguments: list[str]) -> int:
    if instruction := os.environ.get(_COMPLETE):
        return shell_complete(_genekin, {}, _NAME, _COMPLETE, instruction)
    # Not Click's own main(): it prints errors in several lines, and catches Ctrl+C.
    try:
        with _genekin.make_context(_NAME, arguments) as context:
            _genekin.invoke(context)
    except click.exceptions.Exit as end:  # --help and --version
        return end.exit_code
    return 0


def _report_usage(error: click.ClickException) -> int:
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else _NAME
    print_error(command, f"{error.format_message()} (see {command} --help)")
    return error.exit_code


def _report_write_failure(error: OSError) -> int:
    # The rest of the buffer has nowhere to go; Python would complain when it exits.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):  # A reader, such as head, has read enough.
        return 0
    print_error(
        _NAME, f"{error.filename or 'Standard output'} cannot be written: {error.strerror}."
    )
    return 1


def _reopen_closed_streams() -> None:
    """Open standard streams that a script has closed as `/dev/null`.

    Otherwise the next file, such as a database, gets the number of one, and what a library prints.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
