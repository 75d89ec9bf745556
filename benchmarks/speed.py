"""Speed of GeneKin: encoding, loading, single queries and batches.

Run it by hand on a quiet machine, ``python -m benchmarks.speed``; it writes its section of
RESULTS.md.
"""

import json
import os
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from benchmarks import growth, stages
from benchmarks.common import (
    PROJECT,
    THREADS,
    log,
    open_embedded,
    option_parser,
    publish,
    read_organisms,
    sample_records,
    table,
)
from core.arrays import Vectors
from core.classification.model import Candidate
from core.classification.prediction import Hit
from core.classify import predict_sequences
from core.encoders import CountEncoder, TranslatedEncoder
from core.encoders.base import iter_batches
from core.encoders.count import split_kmers
from core.evaluation.external_tools import BLASTN, DIAMOND, MMSEQS, write_fasta
from core.library.library import Library
from core.sequences.records import Record

REFERENCES = QUERIES = 3_000
REPEATS = 3
NEIGHBOURS = 10


@dataclass(frozen=True, slots=True)
class Work:
    """References and queries of the measurements."""

    organisms: Mapping[str, Sequence[Record]]
    reference: Sequence[Record]
    queries: Sequence[str]
    seed: int


def main() -> None:
    """Measure, and write the section."""
    publish("speed", option_parser(__doc__).parse_args(), measure)


def measure(options: Namespace) -> str:
    """Measure everything, and return the section."""
    work = _work(read_organisms(options.data, options.sample, options.seed), options.seed)
    return "\n".join(["## Speed\n", _encoders(work), _loads(work), _latency(work), _batch(work)])


def _work(organisms: Mapping[str, Sequence[Record]], seed: int) -> Work:
    """Choose human genes as references, and other genes of all organisms as queries."""
    human = organisms["human"]
    reference = sample_records(human, min(REFERENCES, len(human) * 4 // 5), seed)
    known = {record.residues for record in reference}
    records = [record for records in organisms.values() for record in records]
    others = [record for record in records if record.residues not in known]
    queries = [record.residues for record in sample_records(others, QUERIES, seed)]
    return Work(organisms, reference, queries, seed)


# Encoders


def _encoders(work: Work) -> str:
    """Measure megabases per second on one core, beside the published baseline."""
    log.info("encoders")
    sequences = [record.residues for record in work.organisms["human"]]
    translated, count = TranslatedEncoder.fit(sequences), CountEncoder.fit(sequences)
    baseline = CountVectorizer(ngram_range=(4, 4), max_features=768)
    baseline.fit(split_kmers(sequence) for sequence in sequences)
    ways: dict[str, Callable[[], object]] = {
        "published baseline: words, CountVectorizer": lambda: baseline.transform(
            [split_kmers(sequence) for sequence in sequences]
        ),
        "`count`, vectors": lambda: count.encode(sequences),
        "`translated`, profiles": lambda: [
            len(translated.profiles(batch)) for batch in iter_batches(sequences)
        ],
        "`translated`, profiles and vectors to store": lambda: translated.encode(sequences),
    }
    seconds = {name: _best_of(way) for name, way in ways.items()}
    expected = normalize(baseline.transform(map(split_kmers, sequences)))
    deviation = np.abs(expected - count.encode(sequences)).max()
    bases = sum(map(len, sequences)) / 1e6
    slowest = next(iter(seconds.values()))
    rows = [
        [name, f"{bases / time_:.2f}", f"{slowest / time_:.1f} ×"]
        for name, time_ in seconds.items()
    ]
    return (
        f"Encoding {len(sequences):,} human sequences ({bases:.1f} MB) on one core, best of"
        f" {REPEATS}. The vectors of `count` equal those of the published baseline to within"
        f" {deviation:.0e}.\n\n" + table(["", "MB/s", "relative to the baseline"], rows)
    )


def _best_of(work: Callable[[], object]) -> float:
    return min(_seconds(work) for _ in range(REPEATS))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


# Loading and single queries


def _loads(work: Work) -> str:
    """Measure loading all organisms into a new embedded library."""
    total = sum(map(len, work.organisms.values()))
    rows = []
    for encoder in ("translated", "count"):
        log.info("load, %s", encoder)
        with TemporaryDirectory(prefix="genekin-") as folder:
            loaded = growth.run_alone(growth.load_all, Path(folder), work.organisms, encoder)
        rate = f"{total / loaded.seconds:,.0f}"
        rows.append([f"`{encoder}`", f"{loaded.seconds:.1f}", rate, f"{loaded.peak:,.0f}"])
    return (
        f"Loading all {total:,} sequences of three organisms into a new embedded library, with"
        " fitting of the encoder and training of the classifier.\n\n"
        + table(["encoder", "seconds", "sequences/s", "peak memory, MB"], rows)
    )


def _latency(work: Work) -> str:
    return growth.size_table(work.reference, work.queries, [REFERENCES], work.seed)


# Batches


def _batch(work: Work) -> str:
    """Measure a batch on the command line, external tools, and the stages of GeneKin."""
    with TemporaryDirectory(prefix="genekin-") as folder:
        path = Path(folder)
        queries = write_fasta(path / "queries.fasta", work.queries)
        tools = dict(_tool_seconds(work, path, queries))
        seconds = {}
        stage_seconds = {}
        for encoder in ("translated", "count"):
            home = path / encoder
            growth.run_alone(growth.load_all, home, {"human": work.reference}, encoder)
            log.info("batch, %s", encoder)
            seconds[f"GeneKin `{encoder}`"] = _command_line_seconds(home, queries)
            stage_seconds[encoder] = _stage_seconds(home, queries)
        log.info("prediction alone")
        alone = growth.run_alone(_prediction_seconds, path / "translated", list(work.queries))
        seconds["GeneKin `translated`, encoding, ranking and deciding alone"] = alone
    rates = {name: len(work.queries) / time_ for name, time_ in {**tools, **seconds}.items()}
    rows = [
        [name, f"{rate:,.0f}", *(f"{rate / rates[tool]:.2f} ×" for tool in tools)]
        for name, rate in rates.items()
    ]
    head = ["", "queries/s", *(f"relative to {tool}" for tool in tools)]
    return (
        f"{len(work.queries):,} queries in one batch against {len(work.reference):,} references, on"
        f" {THREADS} threads; command lines including start-up, best of {REPEATS}. The last line"
        " has its candidates given: all but Milvus, SQL and start-up.\n\n"
        + table(head, rows)
        + "\nTime of GeneKin in such a batch by stage, in seconds.\n\n"
        + _stage_table(stage_seconds)
    )


def _tool_seconds(work: Work, path: Path, queries: Path) -> Iterator[tuple[str, float]]:
    for tool in (BLASTN, DIAMOND, MMSEQS):
        if reason := tool.unavailable_reason():
            log.info("Skipped, %s: %s", tool.title, reason)
            continue
        log.info("batch, %s", tool.title)
        folder = path / tool.name
        folder.mkdir()
        tool.make_database(folder, [record.residues for record in work.reference])
        yield tool.title, _best_of(partial(tool.run_search, folder, queries))


def _command_line_seconds(home: Path, queries: Path) -> float:
    command = [sys.executable, "-m", "core", "classify", str(queries)]
    command += ["--output", str(home / "calls.tsv")]
    return _best_of(lambda: _run(command, home))


def _run(command: Sequence[str], home: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GENEKIN_")}
    environment = {**kept, "GENEKIN_HOME": str(home)}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def _stage_seconds(home: Path, queries: Path) -> dict[str, float]:
    """Return the seconds of each stage of a command line run."""
    launched = time.time()
    command = [sys.executable, "-m", "benchmarks.stages", repr(launched), str(home)]
    output = _run([*command, str(queries), str(home / "calls.tsv")], home)
    total = time.time() - launched
    seconds: dict[str, float] = json.loads(output)
    seconds[stages.EXIT] = total - sum(seconds.values())
    return {**seconds, stages.TOTAL: total}


def _stage_table(seconds: Mapping[str, Mapping[str, float]]) -> str:
    last = (stages.OTHER, stages.EXIT, stages.TOTAL)
    names = dict.fromkeys(name for spent in seconds.values() for name in spent)
    rows = [
        [name, *(f"{spent.get(name, 0):.2f}" for spent in seconds.values())]
        for name in [*(name for name in names if name not in last), *last]
    ]
    return table(["", *(f"`{encoder}`" for encoder in seconds)], rows)


class _ReplayLibrary(Library):
    """A library that records the results of its searches, and can replay them."""

    def __init__(self, library: Library) -> None:
        self.__dict__.update(vars(library))
        self._hits: list[list[list[Hit]]] = []
        self._candidates: list[list[Candidate]] = []
        self._next_hits: Iterator[list[list[Hit]]] = iter(())
        self._next_candidates: Iterator[list[Candidate]] = iter(())

    def replay(self) -> None:
        """Return the recorded results from now on, in the same order."""
        self._next_hits, self._next_candidates = iter(self._hits), iter(self._candidates)

    def search_vectors(
        self, vectors: Vectors, *, organisms: Sequence[str] | None = None, limit: int = 10
    ) -> list[list[Hit]]:
        """Return the recorded hits, or search and record."""
        if (hits := next(self._next_hits, None)) is None:
            hits = super().search_vectors(vectors, organisms=organisms, limit=limit)
            self._hits.append(hits)
        return hits

    def candidates(self, hits: Sequence[Hit]) -> list[Candidate]:
        """Return the recorded candidates, or read and record them."""
        if (candidates := next(self._next_candidates, None)) is None:
            candidates = super().candidates(hits)
            self._candidates.append(candidates)
        return candidates


def _prediction_seconds(home: Path, queries: Sequence[str]) -> float:
    """Return the seconds to encode queries, rank their candidates and predict."""
    with open_embedded(home) as libraries:
        library = _ReplayLibrary(libraries.open())
        list(predict_sequences(library, queries, None, NEIGHBOURS))
        seconds = []
        for _ in range(REPEATS):
            library.replay()
            seconds.append(
                _seconds(lambda: list(predict_sequences(library, queries, None, NEIGHBOURS)))
            )
    return min(seconds)


if __name__ == "__main__":
    main()
