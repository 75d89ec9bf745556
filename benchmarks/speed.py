"""How fast GeneKin is, and where the time goes.

Run by hand on a quiet machine, ``python -m benchmarks.speed``; it writes its section of RESULTS.md.
"""

import json
import logging
import os
import subprocess
import sys
import time
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
    Provenance,
    drawn,
    fasta,
    opened,
    option_parser,
    read_organisms,
    table,
    write_section,
)
from benchmarks.peers import BLASTN, DIAMOND, MMSEQS
from core.arrays import Vectors
from core.classification.model import Candidate
from core.classification.votes import Hit
from core.classify import judge
from core.encoders import CountEncoder, TranslatedEncoder
from core.encoders.base import batches
from core.encoders.count import words
from core.library.library import Library
from core.sequences.records import Record

REFERENCES = QUERIES = 3_000
REPEATS = 3
NEIGHBOURS = 10

_log = logging.getLogger("benchmarks.speed")


@dataclass(frozen=True, slots=True)
class Work:
    """What is classified against what."""

    organisms: Mapping[str, Sequence[Record]]
    reference: Sequence[Record]
    queries: Sequence[str]
    seed: int


def main() -> None:
    """Measure, and write the section."""
    parser = option_parser(__doc__.split("\n")[0])
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.CRITICAL)
    _log.setLevel(logging.INFO)
    provenance = Provenance(options.data, options.seed)
    work = _work(read_organisms(options.data, options.sample, options.seed), options.seed)
    parts = ["## Speed\n", _encoders(work), _loads(work), _latency(work), _batch(work)]
    text = "\n".join([*parts, provenance.table()])
    if options.sample:
        print(text)
    else:
        write_section("speed", text)


def _work(organisms: Mapping[str, Sequence[Record]], seed: int) -> Work:
    """The reference: human genes; the queries: the other ones, chimpanzee's and dog's."""
    human = organisms["human"]
    reference = drawn(human, min(REFERENCES, len(human) * 4 // 5), seed)
    known = {record.residues for record in reference}
    others = [record for records in organisms.values() for record in records]
    strangers = [record for record in others if record.residues not in known]
    queries = [record.residues for record in drawn(strangers, QUERIES, seed)]
    return Work(organisms, reference, queries, seed)


# Encoders


def _encoders(work: Work) -> str:
    """Megabases a second on one core, beside the seed's way."""
    _log.info("encoders")
    sequences = [record.residues for record in work.organisms["human"]]
    translated, count = TranslatedEncoder.fit(sequences), CountEncoder.fit(sequences)
    seeds = CountVectorizer(ngram_range=(4, 4), max_features=768)
    seeds.fit(words(sequence) for sequence in sequences)
    ways: dict[str, Callable[[], object]] = {
        "the seed's way: words, CountVectorizer": lambda: seeds.transform(
            [words(sequence) for sequence in sequences]
        ),
        "`count`, vectors": lambda: count.encode(sequences),
        "`translated`, profiles": lambda: [
            len(translated.profiles(batch)) for batch in batches(sequences)
        ],
        "`translated`, profiles and vectors to store": lambda: translated.encode(sequences),
    }
    seconds = {name: _best_of(way) for name, way in ways.items()}
    apart = np.abs(normalize(seeds.transform(map(words, sequences))) - count.encode(sequences))
    bases = sum(map(len, sequences)) / 1e6
    slowest = next(iter(seconds.values()))
    rows = [
        [name, f"{bases / each:.2f}", f"{slowest / each:.1f} ×"] for name, each in seconds.items()
    ]
    return (
        f"Encoding {len(sequences):,} human sequences ({bases:.1f} MB) on one core, best of"
        f" {REPEATS}. The vectors of `count` are those of the seed's way to within"
        f" {apart.max():.0e}.\n\n" + table(["", "MB/s", "of the seed's"], rows)
    )


def _best_of(work: Callable[[], object]) -> float:
    return min(_seconds(work) for _ in range(REPEATS))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


# Loading and growing


def _loads(work: Work) -> str:
    """All organisms into a new library, embedded."""
    total = sum(map(len, work.organisms.values()))
    rows = []
    for encoder in ("translated", "count"):
        _log.info("load, %s", encoder)
        with TemporaryDirectory(prefix="genekin-") as folder:
            found = growth.alone(growth.load_all, Path(folder), work.organisms, encoder)
        rate = f"{total / found.seconds:,.0f}"
        rows.append([f"`{encoder}`", f"{found.seconds:.1f}", rate, f"{found.peak:,.0f}"])
    return (
        f"Loading all {total:,} sequences of three organisms into a new embedded library, encoder"
        " and caller fitted.\n\n"
        + table(["encoder", "seconds", "sequences/s", "peak memory, MB"], rows)
    )


def _latency(work: Work) -> str:
    """One query at a time."""
    return growth.table_of(work.reference, work.queries, [REFERENCES], work.seed)


# Batches


def _batch(work: Work) -> str:
    """Many queries at once: the command line, its peers, and where the time goes."""
    with TemporaryDirectory(prefix="genekin-") as folder:
        path = Path(folder)
        queries = fasta(path / "queries.fasta", work.queries)
        peers = dict(_peer_seconds(work, path, queries))
        seconds = {}
        spent = {}
        for encoder in ("translated", "count"):
            home = path / encoder
            growth.alone(growth.load_all, home, {"human": work.reference}, encoder)
            _log.info("batch, %s", encoder)
            seconds[f"GeneKin `{encoder}`"] = _command_line(home, queries)
            spent[encoder] = _spent(home, queries)
        _log.info("deciding alone")
        alone = growth.alone(_deciding_seconds, path / "translated", list(work.queries))
        seconds["GeneKin `translated`, encoding, ranking and deciding alone"] = alone
    rates = {name: len(work.queries) / each for name, each in {**peers, **seconds}.items()}
    rows = [
        [name, f"{rate:,.0f}", *(f"{rate / rates[peer]:.2f} ×" for peer in peers)]
        for name, rate in rates.items()
    ]
    head = ["", "queries/s", *(f"of {peer}" for peer in peers)]
    return (
        f"{len(work.queries):,} queries in one batch against {len(work.reference):,} references, on"
        f" {THREADS} threads; command lines, their start-up included, best of"
        f" {REPEATS}. The last line has its"
        " candidates given: it is what all but Milvus, SQL and start-up takes.\n\n"
        + table(head, rows)
        + "\nWhere GeneKin's time goes in such a batch, seconds.\n\n"
        + _spent_table(spent)
    )


def _peer_seconds(work: Work, path: Path, queries: Path) -> Iterator[tuple[str, float]]:
    for peer in (BLASTN, DIAMOND, MMSEQS):
        if why := peer.missing():
            _log.info("%s is left out: %s", peer.name, why)
            continue
        _log.info("batch, %s", peer.name)
        folder = path / peer.name.split()[0]
        folder.mkdir()
        peer.make_database(folder, work.reference)
        yield peer.name, _best_of(partial(peer.run_search, folder, queries))


def _command_line(home: Path, queries: Path) -> float:
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


def _spent(home: Path, queries: Path) -> dict[str, float]:
    """Seconds of each stage of a command line run."""
    launched = time.time()
    command = [sys.executable, "-m", "benchmarks.stages", repr(launched), str(home)]
    told = _run([*command, str(queries), str(home / "calls.tsv")], home)
    total = time.time() - launched
    seconds: dict[str, float] = json.loads(told)
    seconds["leaving"] = total - sum(seconds.values())
    return {**seconds, "together": total}


def _spent_table(spent: Mapping[str, Mapping[str, float]]) -> str:
    names = list(dict.fromkeys(name for each in spent.values() for name in each))
    names = [name for name in names if name not in {stages.OTHER, "leaving", "together"}]
    rows = [
        [name, *(f"{each.get(name, 0):.2f}" for each in spent.values())]
        for name in [*names, stages.OTHER, "leaving", "together"]
    ]
    return table(["", *(f"`{encoder}`" for encoder in spent)], rows)


class _Replayed(Library):
    """A library that remembers what it was asked, and can answer the same again at once."""

    def __init__(self, library: Library) -> None:
        self.__dict__.update(vars(library))
        self._found: list[list[list[Hit]]] = []
        self._known: list[list[Candidate]] = []
        self._next_found: Iterator[list[list[Hit]]] = iter(())
        self._next_known: Iterator[list[Candidate]] = iter(())

    def replay(self) -> None:
        """From now on, the same answers in the same order."""
        self._next_found, self._next_known = iter(self._found), iter(self._known)

    def search_vectors(
        self, vectors: Vectors, *, organisms: Sequence[str] | None = None, limit: int = 10
    ) -> list[list[Hit]]:
        """As remembered, or as the library answers."""
        if (hits := next(self._next_found, None)) is None:
            hits = super().search_vectors(vectors, organisms=organisms, limit=limit)
            self._found.append(hits)
        return hits

    def relatives(self, hits: Sequence[Hit]) -> list[Candidate]:
        """As remembered, or as the library answers."""
        if (relatives := next(self._next_known, None)) is None:
            relatives = super().relatives(hits)
            self._known.append(relatives)
        return relatives


def _deciding_seconds(home: Path, queries: Sequence[str]) -> float:
    """Seconds to encode queries, to rank their candidates and to decide."""
    with opened(home) as libraries:
        library = _Replayed(libraries.open())
        list(judge(library, queries, None, NEIGHBOURS))
        seconds = []
        for _ in range(REPEATS):
            library.replay()
            seconds.append(_seconds(lambda: list(judge(library, queries, None, NEIGHBOURS))))
    return min(seconds)


if __name__ == "__main__":
    main()
