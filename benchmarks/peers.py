"""The field's own tools, asked the same questions: the class of the best hit."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from benchmarks.common import THREADS, family, fasta, loaded, numbered
from core.classifier import Status, classify
from core.encoders.kernels import longest_stretch
from core.encoders.proteins import RESIDUES, base_codes
from core.sequences.records import Record

SIGNIFICANT = 1e-3
"""E-value up to which a peer's hit counts as a call: what people use, and DIAMOND's default."""
_LETTERS = f"{RESIDUES}X"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system says of a query.

    Attributes
    ----------
    family
        Its best guess; None without a hit.
    called
        Whether it stands by it.
    confidence
        How sure it is; None where it does not say.
    """

    family: int | None = None
    called: bool = False
    confidence: float | None = None


Answering = Callable[[Sequence[str]], list[Answer]]


class System(Protocol):
    """Something that names families, given a reference."""

    @property
    def name(self) -> str:
        """What the tables call it."""
        ...

    def missing(self) -> str:
        """Why it cannot be measured here; empty where it can."""
        ...

    def against(self, reference: Sequence[Record]) -> AbstractContextManager[Answering]:
        """Made ready to answer from a reference."""
        ...


@dataclass(frozen=True, slots=True)
class GeneKin:
    """GeneKin itself, through a real library in embedded stores."""

    encoder: str

    @property
    def name(self) -> str:
        """GeneKin and its encoder."""
        return f"GeneKin `{self.encoder}`"

    def missing(self) -> str:
        """Nothing."""
        return ""

    @contextmanager
    def against(self, reference: Sequence[Record]) -> Iterator[Answering]:
        """A library of one organism."""
        with loaded({"reference": reference}, self.encoder) as library:
            yield lambda sequences: [
                Answer(call.family_id, call.status is Status.CALLED, call.confidence)
                for call in classify(library, numbered(sequences))
            ]


@dataclass(frozen=True, slots=True)
class Peer:
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
    prepare: str
    search: str
    proteins: bool = field(default=False, kw_only=True)

    def missing(self) -> str:
        """Why it cannot be measured here."""
        tools = {self.prepare.split()[0], self.search.split()[0]}
        absent = sorted(tool for tool in tools if shutil.which(tool) is None)
        return f"{', '.join(absent)} not installed" if absent else ""

    @contextmanager
    def against(self, reference: Sequence[Record]) -> Iterator[Answering]:
        """Its database in a folder of its own."""
        families = [family(record) for record in reference]
        with TemporaryDirectory(prefix="genekin-peer-") as folder:
            self.make_database(Path(folder), reference)

            def answers(sequences: Sequence[str]) -> list[Answer]:
                queries = fasta(Path(folder, "queries.fasta"), sequences)
                hits = self.run_search(Path(folder), queries)
                return _best(hits, families, len(sequences))

            yield answers

    def make_database(self, folder: Path, reference: Sequence[Record]) -> None:
        """Its database of a reference, in a folder."""
        sequences = [record.residues for record in reference]
        if self.proteins:
            sequences = [protein(sequence) for sequence in sequences]
        fasta(folder / "reference.fasta", sequences)
        _run(self.prepare, folder)

    def run_search(self, folder: Path, queries: Path) -> Path:
        """The file of the hits that queries have in a folder's database."""
        _run(self.search, folder, queries)
        return folder / "hits.tsv"


BLASTN = Peer(
    "blastn",
    "makeblastdb -in {reference} -dbtype nucl -out {database}",
    "blastn -task blastn -db {database} -query {queries} -out {hits} -max_target_seqs 10"
    " -max_hsps 1 -num_threads {threads}"
    " -outfmt 6\u00a0qseqid\u00a0sseqid\u00a0bitscore\u00a0evalue",
)
BLASTN_7 = Peer(
    "blastn -word_size 7",
    BLASTN.prepare,
    BLASTN.search.replace("-task blastn", "-task blastn -word_size 7"),
)
DIAMOND = Peer(
    "DIAMOND blastx --very-sensitive",
    "diamond makedb --quiet --in {reference} --db {database}",
    "diamond blastx --very-sensitive --quiet --db {database} --query {queries} --out {hits}"
    " --max-target-seqs 10 --threads {threads} --outfmt 6 qseqid sseqid bitscore evalue",
    proteins=True,
)
MMSEQS = Peer(
    "MMseqs2 -k 11 -e 10",
    "mmseqs createdb {reference} {database} -v 1",
    "mmseqs easy-search {queries} {database} {hits} {scratch} --search-type 3 -k 11 -e 10 -v 1"
    " --threads {threads} --format-output query,target,bits,evalue",
)


def protein(sequence: str) -> str:
    """The longest open stretch of a sequence, translated."""
    return "".join(_LETTERS[residue] for residue in longest_stretch(base_codes(sequence))) or "X"


def _run(command: str, folder: Path, queries: Path | None = None) -> None:
    places = {
        "reference": folder / "reference.fasta",
        "database": folder / "database",
        "queries": queries,
        "hits": folder / "hits.tsv",
        "scratch": folder / "scratch",
        "threads": THREADS,
    }
    # One argument holds spaces, written as no-break spaces so that the rest can be split.
    words = [word.format(**places).replace("\u00a0", " ") for word in command.split(" ")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{words[0]} failed: {(done.stderr or done.stdout).strip()[-500:]}"
        raise RuntimeError(message)


def _best(hits: Path, families: Sequence[int], count: int) -> list[Answer]:
    """The best hit of each query by bit score; of equal ones, the first."""
    best: dict[int, tuple[float, float, int]] = {}
    for line in hits.read_text(encoding="ascii").splitlines():
        query, subject, bits, chance = line.split("\t")
        if int(query) not in best or float(bits) > best[int(query)][0]:
            best[int(query)] = float(bits), float(chance), families[int(subject)]
    return [
        Answer(best[query][2], best[query][1] <= SIGNIFICANT) if query in best else Answer()
        for query in range(count)
    ]
