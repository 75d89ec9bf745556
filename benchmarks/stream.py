"""A file of a million queries through ``classify``: rate and memory, beside blastn.

The queries are fragments of the human reference with some bases substituted. They are classified by
the command line, in a process of its own, against that reference in embedded stores.
"""

import csv
import gzip
import json
import os
import subprocess
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks import growth
from benchmarks.common import (
    PROJECT,
    THREADS,
    family_of,
    log,
    option_parser,
    publish,
    read_organisms,
    table,
)
from core.evaluation.external_tools import BLASTN, write_fasta
from core.evaluation.perturbations import cut_fragment, substitute
from core.sequences.records import Record
from tests.support.memory import process_memory

RECORDS = 1_000_000
LENGTHS = 200, 600
"""Shortest and longest fragment, in bases; shorter genes are taken whole."""
MAX_SUBSTITUTED = 0.02
"""Largest share of substituted bases."""
SEARCHED = 2_000
"""Queries that blastn searches for."""
SHARES = 0.01, 0.1, 0.25, 0.5, 0.75, 1.0
"""Shares of the file after which the figures are given."""
_PAUSE = 2.0
"""Seconds between two looks at the process."""
_KB = 1024


@dataclass(frozen=True, slots=True)
class Moment:
    """Records answered, seconds since the start, and resident memory in MB."""

    done: int
    seconds: float
    resident: float


def main() -> None:
    """Measure, and write the section."""
    parser = option_parser(__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    publish("stream", parser.parse_args(), measure)


def measure(options: Namespace) -> str:
    """Make the file, classify it, and return the section."""
    size = options.sample or options.records
    reference = read_organisms(options.data, None, options.seed)["human"]
    with TemporaryDirectory(prefix="genekin-") as name:
        folder = Path(name)
        queries, output = folder / "queries.fasta", folder / "calls.tsv.gz"
        write_queries(queries, reference, size, options.seed)
        growth.run_alone(growth.load_all, folder / "home", {"human": reference}, "translated")
        moments = classify(folder / "home", queries, output, size)
        statuses = count_statuses(output)
        megabytes = queries.stat().st_size / 1e6
        searched = search_sample(folder, reference, queries, options.seed)
    shortest, longest = LENGTHS
    called = statuses["called, right"] + statuses["called, wrong"]
    return (
        "## A file of many queries\n\n"
        f"{size:,} fragments of {shortest} to {longest} bp of {len(reference):,} human genes, with"
        f" up to {MAX_SUBSTITUTED:.0%} of the bases substituted: a FASTA file of {megabytes:,.0f}"
        " MB, classified by the command line against these genes in embedded stores, with the"
        " encoder `translated`, into a gzipped table. Memory is that of the process, seen every"
        f" {_PAUSE:.0f} s.\n\n{moment_table(moments, size)}\n"
        f"{called / size:.2%} of the queries are called, {statuses['called, right'] / called:.2%}"
        " of these with the family of their gene.\n\n"
        f"{rate_table(moments[-1], searched, len(reference))}"
    )


def write_queries(path: Path, reference: Sequence[Record], size: int, seed: int) -> None:
    """Write fragments of random genes as FASTA, named by their number and class number."""
    generator = np.random.default_rng(seed)
    shortest, longest = LENGTHS
    with path.open("w", encoding="ascii") as file:
        for number in range(size):
            gene = reference[int(generator.integers(len(reference)))]
            length = min(len(gene.residues), int(generator.integers(shortest, longest + 1)))
            fragment = cut_fragment(gene.residues, length, generator)
            query = substitute(fragment, generator.uniform(0, MAX_SUBSTITUTED), generator)
            file.write(f">{number}_{family_of(gene)}\n{query}\n")


def classify(home: Path, queries: Path, output: Path, size: int) -> list[Moment]:
    """Classify a file as ``python -m core`` does, and record progress and memory."""
    command = [sys.executable, "-m", "core", "classify", str(queries), "--output", str(output)]
    environment = {**os.environ, "GENEKIN_HOME": str(home)}
    started = time.perf_counter()
    moments = []
    with subprocess.Popen(command, cwd=PROJECT, env=environment) as process:
        while process.poll() is None:
            time.sleep(_PAUSE)
            if (resident := resident_memory(process.pid)) is not None:
                moment = Moment(answered(output), time.perf_counter() - started, resident)
                moments.append(moment)
                if len(moments) % 30 == 0:
                    log.info("%s of %s, %.0f s, %.0f MB", *_values(moment, size))
    if process.returncode:
        raise RuntimeError("classify failed; standard error says why")
    return [*moments, Moment(size, time.perf_counter() - started, moments[-1].resident)]


def _values(moment: Moment, size: int) -> tuple[str, str, float, float]:
    return f"{moment.done:,}", f"{size:,}", moment.seconds, moment.resident


def resident_memory(process: int) -> float | None:
    """Return the resident memory of a process in MB; None if it has ended."""
    try:
        return process_memory("VmRSS", process) / _KB
    except OSError:
        return None


def answered(output: Path) -> int:
    """Return the number of records up to the last checkpoint."""
    try:
        lines = Path(f"{output}.part.state").read_bytes().split(b"\n")[1:-1]
    except OSError:
        return 0
    return int(json.loads(lines[-1])["records"]) if lines else 0


def count_statuses(output: Path) -> Counter[str]:
    """Count the queries by status, called ones by whether the family is right."""
    statuses: Counter[str] = Counter()
    with gzip.open(output, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            right = row["query"].rpartition("_")[2] == row["family_id"]
            is_called = row["status"] == "called"
            statuses[
                f"called, {'right' if right else 'wrong'}" if is_called else row["status"]
            ] += 1
    return statuses


def search_sample(
    folder: Path, reference: Sequence[Record], queries: Path, seed: int
) -> tuple[int, float]:
    """Return the number of random queries that blastn searched for, and the seconds it took."""
    if reason := BLASTN.unavailable_reason():
        log.info("Skipped, blastn: %s", reason)
        return 0, 0.0
    sequences = list(_iter_sequences(queries))
    chosen = np.random.default_rng(seed).permutation(len(sequences))[:SEARCHED]
    file = write_fasta(folder / "sample.fasta", [sequences[index] for index in chosen])
    tool = folder / "blastn"
    tool.mkdir()
    BLASTN.make_database(tool, [record.residues for record in reference])
    started = time.perf_counter()
    BLASTN.run_search(tool, file)
    return len(chosen), time.perf_counter() - started


def _iter_sequences(path: Path) -> Iterator[str]:
    with path.open(encoding="ascii") as file:
        yield from (line.strip() for line in file if not line.startswith(">"))


def moment_table(moments: Sequence[Moment], size: int) -> str:
    """Return a table of memory and rate after shares of the file."""
    rows = []
    before = Moment(0, 0.0, 0.0)
    for share in SHARES:
        reached = next(moment for moment in moments if moment.done >= share * size)
        if reached.done == before.done:
            continue
        between = [m.resident for m in moments if before.seconds < m.seconds <= reached.seconds]
        rate = (reached.done - before.done) / (reached.seconds - before.seconds)
        rows.append(
            [
                f"{reached.done / size:.0%}",
                f"{reached.done:,}",
                f"{reached.seconds:,.0f}",
                f"{rate:,.0f}",
                f"{reached.resident:,.0f}",
                f"{max(between):,.0f}",
            ]
        )
        before = reached
    head = ["", "queries", "seconds", "queries/s since then", "memory, MB", "highest since, MB"]
    return table(head, rows)


def rate_table(last: Moment, searched: tuple[int, float], genes: int) -> str:
    """Return a table of the rates of GeneKin and blastn."""
    rows = [["GeneKin, all queries", f"{last.done:,}", f"{last.done / last.seconds:,.0f}"]]
    if searched[0]:
        rows.append(
            ["blastn -task blastn", f"{searched[0]:,}", f"{searched[0] / searched[1]:,.0f}"]
        )
    return f"Rates against {genes:,} genes, on {THREADS} threads.\n\n" + table(
        ["", "queries", "queries/s"], rows
    )


if __name__ == "__main__":
    main()
