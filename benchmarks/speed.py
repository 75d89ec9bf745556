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
from scipy.sparse import csr_array
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
    table,
)
from core.arrays import Vectors
from core.classification.model import Candidate
from core.classification.prediction import Hit
from core.cli.loopback import answer_commands
from core.encoders import CountEncoder, TranslatedEncoder
from core.encoders.base import iter_batches
from core.encoders.count import split_kmers
from core.evaluation.external_tools import BLASTN, DIAMOND, MMSEQS, write_fasta
from core.evaluation.perturbations import substitute
from core.library.library import Library
from core.predictor import predict_sequences
from core.sequences.records import Record
from core.settings import Settings

REFERENCES = 3_000
"""References of the single queries."""
BATCHES = 1, 100, 2_500, 20_000
"""Queries of a batch."""
STAGED = 2_500
"""Queries of the batch that is timed by stage."""
DIVERGENCE = 0.02
"""Share of the bases that are substituted from one generation of copies to the next."""
REPEATS = 5
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
    return "\n".join(["## Speed\n", _encoders(work), _loads(work), _latency(work), _batches(work)])


def _work(organisms: Mapping[str, Sequence[Record]], seed: int) -> Work:
    """Choose human genes as references, and those of other organisms as queries."""
    genes = [
        record.residues
        for organism, records in organisms.items()
        for record in records
        if organism != "human"
    ]
    generator = np.random.default_rng(seed)
    queries = [genes[index] for index in generator.permutation(len(genes))]
    while len(queries) < max(BATCHES):
        queries.append(substitute(queries[len(queries) - len(genes)], DIVERGENCE, generator))
    return Work(organisms, organisms["human"], queries, seed)


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


def _median_of(work: Callable[[], object]) -> float:
    return float(np.median([_seconds(work) for _ in range(REPEATS)]))


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
    queries = [record.residues for record in work.organisms["dog"]]
    return growth.size_table(work.reference, queries, [REFERENCES], work.seed)


# Batches


def _batches(work: Work) -> str:
    """Measure batches of all sizes on the command line, and the stages of GeneKin in one."""
    with TemporaryDirectory(prefix="genekin-") as folder:
        path = Path(folder)
        files = {size: write_fasta(path / f"{size}.fasta", work.queries[:size]) for size in BATCHES}
        home = path / "home"
        growth.run_alone(growth.load_all, home, {"human": work.reference}, "translated")
        seconds = {
            name: {size: _median_of(partial(search, file)) for size, file in files.items()}
            for name, search in _searches(work, path, home)
        }
        settings = Settings(home=home, milvus_uri="", database_url="")
        with open_embedded(home) as libraries, answer_commands(libraries, settings):
            _classify(home, files[STAGED])  # A dashboard warms up when it starts.
            seconds["GeneKin, beside an open dashboard"] = {
                size: _median_of(partial(_classify, home, file)) for size, file in files.items()
            }
        stage_seconds = _stage_seconds(home, files[STAGED])
        alone = growth.run_alone(_prediction_seconds, home, list(work.queries[:STAGED]))
    return (
        f"Batches against {len(work.reference):,} human genes, on {THREADS} threads, by command"
        f" line; median of {REPEATS}. The queries are the genes of chimpanzee and dog; beyond"
        f" these, copies of them and then copies of the copies, each with {DIVERGENCE:.0%} of the"
        " bases substituted.\n\n"
        + _batch_table(seconds)
        + f"\nTime of GeneKin for {STAGED:,} queries by stage, in seconds. With its candidates"
        f" given, without Milvus, SQL and start-up, it predicts {STAGED / alone:,.0f}"
        " queries/s.\n\n" + _stage_table(stage_seconds)
    )


def _searches(work: Work, path: Path, home: Path) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Yield what searches with a file of queries, by name; the first is the measure of others."""
    for tool in (BLASTN, DIAMOND, MMSEQS):
        if reason := tool.unavailable_reason():
            log.info("Skipped, %s: %s", tool.title, reason)
            continue
        log.info("batches, %s", tool.title)
        folder = path / tool.name
        folder.mkdir()
        tool.make_database(folder, [record.residues for record in work.reference])
        yield tool.title, partial(tool.run_search, folder)
    log.info("batches, GeneKin")
    yield "GeneKin", partial(_classify, home)


def _batch_table(seconds: Mapping[str, Mapping[int, float]]) -> str:
    """Return seconds with start-up, and rates with and without it, relative to the first row."""
    baseline = next(iter(seconds.values()))
    rows = [
        [
            name,
            *(f"{spent[size]:.2f} ({baseline[size] / spent[size]:.1f} ×)" for size in BATCHES),
            *(_rate(spent, size) for size in BATCHES[1:]),
        ]
        for name, spent in seconds.items()
    ]
    head = [
        "",
        *(f"{size:,}, s" for size in BATCHES),
        *(f"{size:,} without start-up, queries/s" for size in BATCHES[1:]),
    ]
    return table(head, rows)


def _rate(seconds: Mapping[int, float], size: int) -> str:
    """Return queries per second; start-up is the time of one query."""
    return f"{(size - 1) / max(seconds[size] - seconds[1], 1e-3):,.0f}"


def _classify(home: Path, queries: Path) -> None:
    command = [sys.executable, "-m", "core", "classify", str(queries)]
    _run([*command, "--output", str(home / "calls.tsv")], home)


def _run(command: Sequence[str], home: Path) -> str:
    done = subprocess.run(
        command, cwd=PROJECT, env=_environment(home), capture_output=True, text=True, check=True
    )
    return done.stdout


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GENEKIN_")}
    return {**kept, "GENEKIN_HOME": str(home)}


def _stage_seconds(home: Path, queries: Path) -> dict[str, float]:
    """Return the seconds of each stage of a command line run."""
    launched = time.time()
    command = [sys.executable, "-m", "benchmarks.stages", repr(launched), str(home)]
    output = _run([*command, str(queries), str(home / "calls.tsv")], home)
    now = time.time()
    seconds: dict[str, float] = json.loads(output)
    ended = seconds.pop(stages.ENDED)
    return {**seconds, stages.EXIT: now - ended, stages.TOTAL: now - launched}


def _stage_table(seconds: Mapping[str, float]) -> str:
    last = (stages.OTHER, stages.EXIT, stages.TOTAL)
    names = [*(name for name in seconds if name not in last), *last]
    return table(["", "seconds"], [[name, f"{seconds.get(name, 0):.2f}"] for name in names])


class _ReplayLibrary(Library):
    """A library that searches once for the same vectors, and reads the same candidates once."""

    def __init__(self, library: Library) -> None:
        self.__dict__.update(vars(library))
        self._hits: dict[bytes, list[list[Hit]]] = {}
        self._candidates: dict[tuple[int, ...], list[Candidate]] = {}

    def search_vectors(
        self, vectors: Vectors, *, organisms: Sequence[str] | None = None, limit: int = 10
    ) -> list[list[Hit]]:
        """Return the hits of the first search for these vectors."""
        key = (vectors.data if isinstance(vectors, csr_array) else vectors).tobytes()
        if key not in self._hits:
            self._hits[key] = super().search_vectors(vectors, organisms=organisms, limit=limit)
        return self._hits[key]

    def candidates(self, hits: Sequence[Hit]) -> list[Candidate]:
        """Return the candidates that were read first for these hits."""
        key = tuple(hit.id for hit in hits)
        if key not in self._candidates:
            self._candidates[key] = super().candidates(hits)
        return self._candidates[key]


def _prediction_seconds(home: Path, queries: Sequence[str]) -> float:
    """Return the seconds to encode queries, rank their candidates and predict."""
    with open_embedded(home) as libraries:
        library = _ReplayLibrary(libraries.open())
        list(predict_sequences(library, queries, None, NEIGHBOURS))
        return min(
            _seconds(lambda: list(predict_sequences(library, queries, None, NEIGHBOURS)))
            for _ in range(REPEATS)
        )


if __name__ == "__main__":
    main()
