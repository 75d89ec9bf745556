"""A large file through the command line's `load`, into real servers: rate and memory.

The file has mutated copies of the human reference; it is loaded with the encoder `count` into a
Milvus server and a MariaDB, both started for this and gone afterwards.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.common import (
    Provenance,
    family,
    option_parser,
    read_organisms,
    table,
    write_section,
)
from benchmarks.growth import LEAST_MUTATED, MOST_MUTATED, alone, memory
from benchmarks.tasks import substituted
from core.cli import files, load
from core.cli.main import main as run_command
from core.sequences.records import Record
from tests.support.services import MariaDB, MilvusServer

SEQUENCES = 200_000
STEPS = 10
DATABASE_OPTIONS = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M")
"""A database server that has room for the data, as one for large libraries should: InnoDB's own
default is 128 MB."""
_LINE = 60
_STAGES = {"Fitting the encoder": "Fitting the encoder, making the library"}
"""What a stage is called here, where more is done in it than a person is told."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a load said of itself, when (in seconds from its start), and its memory in MB."""

    doing: str
    done: int
    seconds: float
    resident: float


@dataclass(frozen=True, slots=True)
class Watched:
    """A load of a process of its own: what it said, its seconds, and its peak memory in MB."""

    moments: tuple[Moment, ...]
    seconds: float
    peak: float


def write_fasta(path: Path, reference: Sequence[Record], size: int, seed: int) -> None:
    """Mutated copies of a reference, one after the other, with their class in the header."""
    generator = np.random.default_rng(seed)
    with path.open("w", encoding="ascii") as file:
        for number in range(size):
            model = reference[number % len(reference)]
            share = generator.uniform(LEAST_MUTATED, MOST_MUTATED)
            copy = substituted(model.residues, share, generator)
            file.write(f">gene{number} class={family(model)}\n")
            for start in range(0, len(copy), _LINE):
                file.write(f"{copy[start : start + _LINE]}\n")


def watched_load(file: Path, organism: str, settings: dict[str, str]) -> Watched:
    """Load a file as ``python -m core load`` does, with a watch on its progress."""
    os.environ.update(settings)
    started = time.perf_counter()
    moments: list[Moment] = []

    def watch(doing: str, done: int, _total: int) -> None:
        seconds = time.perf_counter() - started
        moments.append(Moment(doing, done, seconds, memory("VmRSS")))

    for module in (files, load):
        module.show_progress = watch  # type: ignore[attr-defined]
    if run_command(["load", f"{organism}={file}", "--encoder", "count"]):
        raise RuntimeError("the load failed; standard error says why")
    seconds = time.perf_counter() - started
    return Watched(tuple(moments), seconds, memory("VmHWM"))


def stages(found: Watched) -> str:
    """How long each stage took, and its memory at the end."""
    begins: dict[str, Moment] = {}
    for moment in found.moments:
        begins.setdefault(moment.doing, moment)
    names = ["Reading", *(_STAGES.get(name, name) for name in begins)]
    ends = [*begins.values()]
    starts = [0.0, *(moment.seconds for moment in ends)]
    rows = [
        [name, f"{end - start:,.1f}", f"{resident:,.0f}"]
        for name, (start, end), resident in zip(
            names,
            pairwise([*starts, found.seconds]),
            [*(moment.resident for moment in ends), found.moments[-1].resident],
            strict=True,
        )
    ]
    rows.append(["together; peak", f"{found.seconds:,.1f}", f"{found.peak:,.0f}"])
    return table(["stage", "seconds", "memory at its end, MB"], rows)


def loads(first: Watched, again: Watched, more: Watched) -> str:
    """What each load took as a whole, and what it wrote a second."""
    rows = []
    for name, found in (
        ("into a new library", first),
        ("the same file again, which changes nothing", again),
        ("a tenth as many others, into that library", more),
    ):
        written = [moment for moment in found.moments if moment.doing == "Loading"]
        rate = "–"
        if len(written) > 1:
            before, after = written[0], written[-1]
            rate = f"{(after.done - before.done) / (after.seconds - before.seconds):,.0f}"
        rows.append([name, f"{found.seconds:,.1f}", rate, f"{found.peak:,.0f}"])
    return table(["load", "seconds", "sequences/s while writing", "peak memory, MB"], rows)


def rates(found: Watched) -> str:
    """Sequences a second, and memory, as the library grows."""
    written = [moment for moment in found.moments if moment.doing == "Loading"]
    places = np.unique(np.linspace(0, len(written) - 1, STEPS + 1).astype(int))
    rows = [
        [
            f"{after.done:,}",
            f"{(after.done - before.done) / (after.seconds - before.seconds):,.0f}",
            f"{after.resident:,.0f}",
        ]
        for before, after in pairwise([written[place] for place in places])
    ]
    return table(["in the library", "sequences/s", "memory, MB"], rows)


def main() -> None:
    """Make the file, load it, and print what was measured."""
    parser = option_parser(__doc__ or "")
    parser.add_argument("--sequences", type=int, default=SEQUENCES)
    options = parser.parse_args()
    size = options.sample or options.sequences
    provenance = Provenance(options.data, options.seed)
    reference = read_organisms(options.data, None, options.seed)["human"]
    with TemporaryDirectory(prefix="genekin-") as name:
        folder = Path(name)
        file, others = folder / "grown.fasta", folder / "others.fasta"
        write_fasta(file, reference, size, options.seed)
        write_fasta(others, reference, size // 10, options.seed + 1)
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
            first = alone(watched_load, file, "human", settings)
            again = alone(watched_load, file, "human", settings)
            more = alone(watched_load, others, "others", settings)
    text = (
        "## A large file\n\n"
        f"{size:,} mutated copies of the human reference, {LEAST_MUTATED:.0%} to"
        f" {MOST_MUTATED:.0%} of the bases changed: a FASTA file of {megabytes:,.0f} MB, loaded by"
        " the command line with the encoder `count` into a Milvus server (2.3.5) and MariaDB on"
        f" the same machine (`{' '.join(DATABASE_OPTIONS)}`). Memory is that of the loading"
        " process.\n\n"
        f"{loads(first, again, more)}\nThe first of them, stage by stage:\n\n{stages(first)}\n"
        f"The same as its library grows:\n\n{rates(first)}\n{provenance.table()}"
    )
    print(text)
    if options.sample is None:
        write_section("streaming", text)


if __name__ == "__main__":
    main()
