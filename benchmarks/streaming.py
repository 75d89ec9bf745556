"""A large file loaded into real servers by the command line: rate and memory.

The file has mutated copies of the human reference; it is loaded with the encoder `count` into a
Milvus server and a MariaDB, both started for this and stopped afterwards.
"""

import os
import time
from argparse import Namespace
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.common import family_of, option_parser, publish, read_organisms, table
from benchmarks.growth import MAX_DIVERGENCE, MIN_DIVERGENCE, mutate, read_memory, run_alone
from core.cli import load
from core.cli.main import main as run_command
from core.sequences.records import Record
from tests.support.services import MariaDB, MilvusServer

SEQUENCES = 200_000
STEPS = 10
DATABASE_OPTIONS = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M")
"""Options of a database server for large libraries: InnoDB's default buffer pool is 128 MB."""
_LINE = 60
_STAGES = {"Fitting the encoder": "Fitting the encoder, creating the library"}
"""Names of stages that include more than their progress says."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Progress of a load, with seconds from its start and memory in MB."""

    step: str
    done: int
    seconds: float
    resident: float


@dataclass(frozen=True, slots=True)
class RecordedLoad:
    """Progress of a load in a process of its own, its seconds, and its peak memory in MB."""

    moments: tuple[Moment, ...]
    seconds: float
    peak: float


def main() -> None:
    """Measure, and write the section."""
    parser = option_parser(__doc__)
    parser.add_argument("--sequences", type=int, default=SEQUENCES)
    publish("streaming", parser.parse_args(), measure)


def measure(options: Namespace) -> str:
    """Make the file, load it, and return the section."""
    size = options.sample or options.sequences
    reference = read_organisms(options.data, None, options.seed)["human"]
    with TemporaryDirectory(prefix="genekin-") as name:
        folder = Path(name)
        file, others = folder / "grown.fasta", folder / "others.fasta"
        write_mutated(file, reference, size, options.seed)
        write_mutated(others, reference, size // 10, options.seed + 1)
        megabytes = file.stat().st_size / 1e6
        with (
            MilvusServer(folder / "milvus") as milvus,
            MariaDB(folder / "mariadb", DATABASE_OPTIONS) as mariadb,
        ):
            settings = {
                "GENEKIN_HOME": str(folder / "home"),
                "GENEKIN_MILVUS_URI": milvus.uri,
                "GENEKIN_DATABASE_URL": mariadb.url("streaming"),
                "GENEKIN_MAX_DISK_FILE_MB": "20000",
            }
            first = run_alone(record_load, file, "human", settings)
            again = run_alone(record_load, file, "human", settings)
            more = run_alone(record_load, others, "others", settings)
    return (
        "## A large file\n\n"
        f"{size:,} mutated copies of the human reference, with {MIN_DIVERGENCE:.0%} to"
        f" {MAX_DIVERGENCE:.0%} of the bases substituted: a FASTA file of {megabytes:,.0f} MB,"
        " loaded by the command line with the encoder `count` into a Milvus server (2.3.5) and"
        f" MariaDB on the same machine (`{' '.join(DATABASE_OPTIONS)}`). Memory is that of the"
        " loading process.\n\n"
        f"{load_table(first, again, more)}\nThe first load by stage:\n\n{stage_table(first)}\n"
        f"The first load as its library grows:\n\n{rate_table(first)}"
    )


def write_mutated(path: Path, reference: Sequence[Record], size: int, seed: int) -> None:
    """Write mutated copies of a reference as FASTA, with the class number in the header."""
    generator = np.random.default_rng(seed)
    with path.open("w", encoding="ascii") as file:
        for number in range(size):
            model = reference[number % len(reference)]
            copy = mutate(model.residues, generator)
            file.write(f">gene{number} class={family_of(model)}\n")
            for start in range(0, len(copy), _LINE):
                file.write(f"{copy[start : start + _LINE]}\n")


def record_load(file: Path, organism: str, settings: dict[str, str]) -> RecordedLoad:
    """Load a file as ``python -m core load`` does, and record its progress."""
    os.environ.update(settings)
    started = time.perf_counter()
    moments: list[Moment] = []

    def record(step: str, done: int, _total: int) -> None:
        moments.append(Moment(step, done, time.perf_counter() - started, read_memory("VmRSS")))

    # In place of the display: the command itself is unchanged.
    vars(load)["terminal_progress"] = lambda: nullcontext(record)
    if run_command(["load", f"{organism}={file}", "--encoder", "count"]):
        raise RuntimeError("the load failed; standard error says why")
    seconds = time.perf_counter() - started
    return RecordedLoad(tuple(moments), seconds, read_memory("VmHWM"))


def stage_table(recorded: RecordedLoad) -> str:
    """Return a table of each stage's duration and its memory at the end."""
    begins: dict[str, Moment] = {}
    for moment in recorded.moments:
        begins.setdefault(moment.step, moment)
    names = ["Reading", *(_STAGES.get(name, name) for name in begins)]
    ends = [*begins.values()]
    starts = [0.0, *(moment.seconds for moment in ends)]
    rows = [
        [name, f"{end - start:,.1f}", f"{resident:,.0f}"]
        for name, (start, end), resident in zip(
            names,
            pairwise([*starts, recorded.seconds]),
            [*(moment.resident for moment in ends), recorded.moments[-1].resident],
            strict=True,
        )
    ]
    rows.append(["total; peak", f"{recorded.seconds:,.1f}", f"{recorded.peak:,.0f}"])
    return table(["stage", "seconds", "memory at its end, MB"], rows)


def load_table(first: RecordedLoad, again: RecordedLoad, more: RecordedLoad) -> str:
    """Return a table of the duration and the write rate of each load."""
    rows = []
    for name, recorded in (
        ("into a new library", first),
        ("the same file again, which changes nothing", again),
        ("a tenth as many others, into that library", more),
    ):
        written = [moment for moment in recorded.moments if moment.step == "Loading"]
        rate = _rate(written[0], written[-1]) if len(written) > 1 else "–"
        rows.append([name, f"{recorded.seconds:,.1f}", rate, f"{recorded.peak:,.0f}"])
    return table(["load", "seconds", "sequences/s while writing", "peak memory, MB"], rows)


def rate_table(recorded: RecordedLoad) -> str:
    """Return a table of sequences per second and memory, as the library grows."""
    written = [moment for moment in recorded.moments if moment.step == "Loading"]
    indexes = np.unique(np.linspace(0, len(written) - 1, STEPS + 1).astype(int))
    rows = [
        [f"{after.done:,}", _rate(before, after), f"{after.resident:,.0f}"]
        for before, after in pairwise([written[index] for index in indexes])
    ]
    return table(["in the library", "sequences/s", "memory, MB"], rows)


def _rate(before: Moment, after: Moment) -> str:
    return f"{(after.done - before.done) / (after.seconds - before.seconds):,.0f}"


if __name__ == "__main__":
    main()
