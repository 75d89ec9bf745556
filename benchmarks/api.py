"""Many programs at once on the API, alone and beside people on the pages.

Run it by hand on a quiet machine, ``scripts/setup load`` and ``python -m benchmarks.api``; it
starts the servers and the dashboards, and writes its section of RESULTS.md. The programs are
Locust's, the people those of :mod:`benchmarks.load`.
"""

import csv
import json
import os
import subprocess
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import PROJECT, log, option_parser, publish, table
from benchmarks.load import Question, deployment, outcome_row, run_visitors

LOCUST = PROJECT / ".venv" / "load" / "bin" / "locust"
_GRACE_SECONDS = 60.0
_SHOWN_ERRORS = 5


def main() -> None:
    """Measure, and write the section."""
    parser = option_parser(__doc__)
    parser.add_argument("--users", type=int, default=50, help="programs, and people beside them")
    parser.add_argument("--minutes", type=float, default=5.0, help="of each of the two parts")
    parser.add_argument("--think", type=float, default=8.0, help="seconds on average")
    parser.add_argument("--processes", type=int, default=2, help="dashboards on the servers")
    parser.add_argument("--locust", type=Path, default=LOCUST, help="program of Locust")
    publish("api", parser.parse_args(), measure)


def measure(options: Namespace) -> str:
    """Measure everything, and return the section."""
    with (
        TemporaryDirectory(prefix="genekin-", ignore_cleanup_errors=True) as folder,
        deployment(Path(folder), options, 0) as (dashboards, questions, _),
    ):
        addresses = [dashboard.address for dashboard in dashboards]
        clients = _Clients(Path(folder), addresses, questions, options)
        with clients.run(pause=0.0) as alone:
            log.info("%s programs without a pause", options.users)
        with clients.run(pause=options.think) as beside:
            people = run_visitors(addresses, questions, options)
    rows = [
        ["programs without a pause, alone", *_row(alone, options.minutes)],
        ["programs that pause, beside people", *_row(beside, options.minutes)],
        ["people on the pages, beside these", *outcome_row(people, options.minutes)],
    ]
    head = ["", "answers", "answers/s", "p50, ms", "p95, ms", "slowest, ms", "errors"]
    return (
        "## Many programs at once\n\n"
        f"{options.users} programs (Locust) for {options.minutes:g} minutes on {options.processes}"
        " processes of the dashboard, Milvus 2.3.5 and MariaDB, all on this machine, with the"
        " programs. Each classifies one gene of chimpanzee or dog, changed as for the visitors of"
        " the pages, a request: first without a pause, then with one of"
        f" {options.think:g} s on average, beside as many visitors who read for as long. Times are"
        " from sending to the complete answer, of the pages from pressing to the complete page. An"
        " error is a status other than 200, or an answer that is not that of the query. Encoder"
        " `count`.\n\n" + table(head, rows)
    )


class _Clients:
    """Programs that ask, spread over the dashboards."""

    def __init__(
        self,
        folder: Path,
        addresses: Sequence[str],
        questions: Sequence[Question],
        options: Namespace,
    ) -> None:
        self._folder = folder
        self._options = options
        file = folder / "questions.json"
        file.write_text(json.dumps([[item.residues, item.answer] for item in questions]))
        self._environment = {"QUESTIONS": str(file), "ADDRESSES": " ".join(addresses)}

    @contextmanager
    def run(self, *, pause: float) -> Iterator[dict[str, str]]:
        """Let them ask beside the block; yield numbers that are there after the block."""
        options, prefix = self._options, self._folder / f"pause {pause:g}"
        seconds = options.minutes * 60
        command = [
            *(str(options.locust), "-f", str(PROJECT / "benchmarks" / "api_clients.py")),
            *("--headless", "--only-summary", "--loglevel", "WARNING", "--exit-code-on-error", "0"),
            *("-u", str(options.users), "-r", str(options.users), "-t", f"{seconds:.0f}s"),
            *("--csv", str(prefix)),
        ]
        environment = {**os.environ, **self._environment, "PAUSE": str(pause)}
        numbers: dict[str, str] = {}
        with subprocess.Popen(
            command, env=environment, cwd=self._folder, stdout=subprocess.DEVNULL
        ) as process:
            try:
                yield numbers
                process.wait(seconds + _GRACE_SECONDS)
            finally:
                process.kill()
        self._show_errors(prefix)
        with Path(f"{prefix}_stats.csv").open(encoding="utf-8") as file:
            numbers |= next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")

    def _show_errors(self, prefix: Path) -> None:
        with Path(f"{prefix}_failures.csv").open(encoding="utf-8") as file:
            for row in list(csv.DictReader(file))[:_SHOWN_ERRORS]:
                log.warning("%s × %s", row["Occurrences"], row["Error"])


def _row(numbers: Mapping[str, str], minutes: float) -> list[str]:
    answers = int(numbers["Request Count"])
    times = (float(numbers[name]) for name in ("50%", "95%", "Max Response Time"))
    return [
        f"{answers:,}",
        f"{answers / (minutes * 60):.1f}",
        *(f"{value:.0f}" for value in times),
        numbers["Failure Count"],
    ]


if __name__ == "__main__":
    main()
