"""The field's own tools, where they are installed: the family of the best hit."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.encoders.proteins import RESIDUES, base_codes
from core.encoders.translation import longest_orf
from core.errors import GeneKinError
from core.evaluation.data import LabelledData
from core.evaluation.methods import NONE, Answering, Predictions

SIGNIFICANT = 1e-3
"""E-value up to which a hit counts as a call: what people use, and DIAMOND's default."""
THREADS = os.cpu_count() or 1

_LETTERS = f"{RESIDUES}X"
SPACE = "\u00a0"
"""Stands for a space inside of one argument, so that a command can be split at the others."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A search tool on the PATH: one command makes its database, one searches it.

    Attributes
    ----------
    prepare, search
        The commands; ``{reference}``, ``{database}``, ``{queries}``, ``{hits}``, ``{scratch}`` and
        ``{threads}`` are filled in. Hits are lines of query, subject, bit score and E-value.
    proteins
        Whether the reference is of proteins: the longest open stretch of each sequence.
    """

    name: str
    title: str
    prepare: str
    search: str
    proteins: bool = field(default=False, kw_only=True)

    def settings(self) -> Mapping[str, str | int | float]:
        """The command that searches."""
        return {"command": self.search.replace(SPACE, " "), "called up to E-value": SIGNIFICANT}

    def missing(self) -> str:
        """Say which program is not installed."""
        tools = {self.prepare.split()[0], self.search.split()[0]}
        absent = sorted(tool for tool in tools if shutil.which(tool) is None)
        return f"{' and '.join(absent)} cannot be found on the PATH here." if absent else ""

    @contextmanager
    def fitted(self, training: LabelledData, step: Callable[[], None]) -> Iterator[Answering]:
        """Its database of a training part, in a folder of its own."""
        with TemporaryDirectory(prefix="genekin-tool-") as name:
            folder = Path(name)
            step()
            self.make_database(folder, training.sequences, gently=True)

            def answer(sequences: Sequence[str]) -> Predictions:
                queries = fasta(folder / "queries.fasta", sequences)
                hits = self.run_search(folder, queries, gently=True)
                return _best(hits, training.families.tolist(), len(sequences))

            yield answer

    def make_database(
        self, folder: Path, sequences: Sequence[str], *, gently: bool = False
    ) -> None:
        """Make its database of some sequences, in a folder."""
        if self.proteins:
            sequences = [protein(sequence) for sequence in sequences]
        fasta(folder / "reference.fasta", sequences)
        _run(self.prepare, folder, gently=gently)

    def run_search(self, folder: Path, queries: Path, *, gently: bool = False) -> Path:
        """The file of the hits that queries have in a folder's database."""
        _run(self.search, folder, queries, gently=gently)
        return folder / "hits.tsv"


BLASTN = Tool(
    "blastn",
    "blastn",
    "makeblastdb -in {reference} -dbtype nucl -out {database}",
    "blastn -task blastn -db {database} -query {queries} -out {hits} -max_target_seqs 10"
    " -max_hsps 1 -num_threads {threads}"
    f" -outfmt 6{SPACE}qseqid{SPACE}sseqid{SPACE}bitscore{SPACE}evalue",
)
DIAMOND = Tool(
    "diamond",
    "DIAMOND blastx --very-sensitive",
    "diamond makedb --quiet --in {reference} --db {database}",
    "diamond blastx --very-sensitive --quiet --db {database} --query {queries} --out {hits}"
    " --max-target-seqs 10 --threads {threads} --outfmt 6 qseqid sseqid bitscore evalue",
    proteins=True,
)


def protein(sequence: str) -> str:
    """The longest open stretch of a sequence, translated."""
    return "".join(_LETTERS[residue] for residue in longest_orf(base_codes(sequence))) or "X"


def fasta(path: Path, sequences: Sequence[str]) -> Path:
    """Write a FASTA file whose names are the places of the sequences, from 0."""
    entries = (f">{number}\n{sequence}\n" for number, sequence in enumerate(sequences))
    path.write_text("".join(entries), encoding="ascii")
    return path


def run_tool(command: Sequence[str], *, gently: bool = True) -> None:
    """Run a program to its end.

    Parameters
    ----------
    gently
        Whether it stands back behind all else that the machine has to do.

    Raises
    ------
    GeneKinError
        If it fails, with the end of what it says.
    """
    nice = ["nice"] if gently and shutil.which("nice") else []
    done = subprocess.run([*nice, *command], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise GeneKinError(f"{command[0]} failed: {said or 'it does not say why'}.")


def _run(command: str, folder: Path, queries: Path | None = None, *, gently: bool) -> None:
    places = {
        "reference": folder / "reference.fasta",
        "database": folder / "database",
        "queries": queries,
        "hits": folder / "hits.tsv",
        "scratch": folder / "scratch",
        "threads": THREADS,
    }
    words = [word.format(**places).replace(SPACE, " ") for word in command.split(" ")]
    run_tool(words, gently=gently)


def _best(hits: Path, families: Sequence[int], count: int) -> Predictions:
    """The best hit of each query by bit score; of equal ones, the first."""
    best: dict[int, tuple[float, float, int]] = {}
    for line in hits.read_text(encoding="ascii").splitlines():
        query, subject, bits, chance = line.split("\t")
        if int(query) not in best or float(bits) > best[int(query)][0]:
            best[int(query)] = float(bits), float(chance), families[int(subject)]
    none = (0.0, np.inf, NONE)
    found = [best.get(query, none) for query in range(count)]
    return Predictions(
        families=np.array([family for _, _, family in found], dtype=np.int64),
        called=np.array([chance <= SIGNIFICANT for _, chance, _ in found], dtype=np.bool_),
    )
