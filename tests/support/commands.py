"""A command of ``python -m core``, run in this process, and what it did."""

import csv
import io
from dataclasses import dataclass

from core.cli.main import main


@dataclass(frozen=True)
class Done:
    """Outcome of a command."""

    status: int
    out: str
    err: str

    @property
    def rows(self):
        """Its standard output, read as TSV."""
        return list(csv.DictReader(io.StringIO(self.out), delimiter="\t"))

    def refused(self):
        """Check that it is bad usage or bad input, and return the one line that says so."""
        return self._failed(2)

    def broke(self):
        """Check that a service failed, and return the one line that says so."""
        return self._failed(1)

    def _failed(self, status):
        assert (self.status, self.out) == (status, "")
        assert self.err.startswith("genekin")
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1
        return self.err


def run_command(capsys, *arguments) -> Done:
    """Run a command; `capsys` is pytest's."""
    capsys.readouterr()
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as end:  # argparse's way
        status = int(end.code or 0)
    return Done(status, *capsys.readouterr())
