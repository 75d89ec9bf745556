"""External search tools, where they are installed: the family of the best hit."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.encoders.proteins import RESIDUES, encode_bases
from core.encoders.translation import find_longest_orf
from core.errors import GeneKinError
from core.evaluation.data import LabelledData
from core.evaluation.methods import NO_FAMILY, Parameters, Predictions, Predictor
from core.progress import Progress

MAX_E_VALUE = 1e-3
"""E-value up to which a hit counts as a call: a usual choice, and DIAMOND's default."""
THREADS = os.cpu_count() or 1
SPACE = "\u00a0"
"""Stands for a space within one argument, so that a command can be split at all others."""

_LETTERS = f"{RESIDUES}X"


@dataclass(frozen=True, slots=True)
class Tool:
    """A search tool on the PATH: one command makes its database, one searches it.

    Attributes
    ----------
    prepare, search
        The commands; ``{reference}``, ``{database}``, ``{queries}``, ``{hits}``, ``{scratch}`` and
        ``{threads}`` are filled in. Hits are lines of query, subject, bit score and E-value.
    proteins
        Whether the database is of proteins: the longest open reading frame of each sequence.
    """

    name: str
    title: str
    prepare: str
    search: str
    proteins: bool = field(default=False, kw_only=True)

    def settings(self) -> Parameters:
        """Return the search command and the threshold of a call."""
        return {"command": self.search.replace(SPACE, " "), "called up to E-value": MAX_E_VALUE}

    def unavailable_reason(self) -> str:
        """Say which program is not installed."""
        programs = {self.prepare.split()[0], self.search.split()[0]}
        absent = sorted(program for program in programs if shutil.which(program) is None)
        return f"Not installed (not on the PATH): {', '.join(absent)}." if absent else ""

    @contextmanager
    def fit(self, training: LabelledData, progress: Progress) -> Iterator[Predictor]:
        """Make its database of a training set, in a temporary folder."""
        with TemporaryDirectory(prefix="genekin-tool-") as name:
            folder = Path(name)
            progress("Making the database", 0, 1)
            self.make_database(folder, training.sequences, low_priority=True)

            def predict(queries: Sequence[str]) -> Predictions:
                file = write_fasta(folder / "queries.fasta", queries)
                hits = self.run_search(folder, file, low_priority=True)
                return _best_hits(hits, training.families.tolist(), len(queries))

            yield predict

    def make_database(
        self, folder: Path, sequences: Sequence[str], *, low_priority: bool = False
    ) -> None:
        """Make its database of some sequences, in a folder."""
        if self.proteins:
            sequences = [translate_orf(sequence) for sequence in sequences]
        write_fasta(folder / "reference.fasta", sequences)
        _run(self.prepare, folder, low_priority=low_priority)

    def run_search(self, folder: Path, queries: Path, *, low_priority: bool = False) -> Path:
        """Search a folder's database and return the file of the hits."""
        _run(self.search, folder, queries, low_priority=low_priority)
        return folder / "hits.tsv"


BLASTN = Tool(
    "blastn",
    "blastn",
    "makeblastdb -in {reference} -dbtype nucl -out {database}",
    "blastn -task blastn -db {database} -query {queries} -out {hits} -max_target_seqs 10"
    " -max_hsps 1 -num_threads {threads}"
    f" -outfmt 6{SPACE}qseqid{SPACE}sseqid{SPACE}bitscore{SPACE}evalue",
)
BLASTN_SENSITIVE = replace(
    BLASTN,
    name="blastn-7",
    title="blastn -word_size 7",
    search=BLASTN.search.replace("-task blastn", "-task blastn -word_size 7"),
)
DIAMOND = Tool(
    "diamond",
    "DIAMOND blastx --very-sensitive",
    "diamond makedb --quiet --in {reference} --db {database}",
    "diamond blastx --very-sensitive --quiet --db {database} --query {queries} --out {hits}"
    " --max-target-seqs 10 --threads {threads} --outfmt 6 qseqid sseqid bitscore evalue",
    proteins=True,
)
MMSEQS = Tool(
    "mmseqs",
    "MMseqs2 -k 11 -e 10",
    "mmseqs createdb {reference} {database} -v 1",
    "mmseqs easy-search {queries} {database} {hits} {scratch} --search-type 3 -k 11 -e 10 -v 1"
    " --threads {threads} --format-output query,target,bits,evalue",
)


def translate_orf(sequence: str) -> str:
    """Translate the longest open reading frame of a sequence; ``X`` if it has none."""
    return "".join(_LETTERS[residue] for residue in find_longest_orf(encode_bases(sequence))) or "X"


def write_fasta(path: Path, sequences: Sequence[str]) -> Path:
    """Write a FASTA file of sequences named by their indexes, from 0."""
    entries = (f">{index}\n{sequence}\n" for index, sequence in enumerate(sequences))
    path.write_text("".join(entries), encoding="ascii")
    return path


def run_tool(command: Sequence[str], *, low_priority: bool = True) -> None:
    """Run a program to its end.

    Parameters
    ----------
    low_priority
        Whether to run it at low priority, so that the dashboard stays responsive.

    Raises
    ------
    GeneKinError
        If it fails, with the end of its error message.
    """
    nice = ["nice"] if low_priority and shutil.which("nice") else []
    done = subprocess.run([*nice, *command], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        output = " ".join((done.stderr or done.stdout).split())[-300:]
        raise GeneKinError(f"{command[0]} failed: {output or 'it gives no reason'}.")


def _run(command: str, folder: Path, queries: Path | None = None, *, low_priority: bool) -> None:
    values = {
        "reference": folder / "reference.fasta",
        "database": folder / "database",
        "queries": queries,
        "hits": folder / "hits.tsv",
        "scratch": folder / "scratch",
        "threads": THREADS,
    }
    words = [word.format(**values).replace(SPACE, " ") for word in command.split(" ")]
    run_tool(words, low_priority=low_priority)


def _best_hits(hits: Path, families: Sequence[int], count: int) -> Predictions:
    """Return the family of each query's best hit by bit score; of ties, the first."""
    best: dict[int, tuple[float, float, int]] = {}
    for line in hits.read_text(encoding="ascii").splitlines():
        query, subject, bits, e_value = line.split("\t")
        if int(query) not in best or float(bits) > best[int(query)][0]:
            best[int(query)] = float(bits), float(e_value), families[int(subject)]
    no_hit = (0.0, np.inf, NO_FAMILY)
    chosen = [best.get(query, no_hit) for query in range(count)]
    return Predictions(
        families=np.array([family for _, _, family in chosen], dtype=np.int64),
        called=np.array([e_value <= MAX_E_VALUE for _, e_value, _ in chosen], dtype=np.bool_),
    )
