"""The field's own tools, asked the same questions: the class of the best hit."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from benchmarks.common import loaded, numbered
from core.classify import Status, classify
from core.evaluation import external_tools
from core.evaluation.data import data_of_records
from core.evaluation.external_tools import SIGNIFICANT, Tool
from core.evaluation.methods import NONE
from core.sequences.records import Record

__all__ = ["BLASTN", "BLASTN_7", "DIAMOND", "MMSEQS", "SIGNIFICANT", "Answer", "GeneKin", "System"]


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
    """A search tool on the PATH, as a system among others."""

    tool: Tool

    @property
    def name(self) -> str:
        """What people call it."""
        return self.tool.title

    def missing(self) -> str:
        """Why it cannot be measured here."""
        return self.tool.missing()

    @contextmanager
    def against(self, reference: Sequence[Record]) -> Iterator[Answering]:
        """Its database in a folder of its own."""
        with self.tool.fitted(data_of_records({"reference": reference}), _go_on) as answer:

            def answers(sequences: Sequence[str]) -> list[Answer]:
                found = answer(sequences)
                pairs = zip(found.families.tolist(), found.called.tolist(), strict=True)
                return [Answer(None if best == NONE else best, called) for best, called in pairs]

            yield answers

    def make_database(self, folder: Path, reference: Sequence[Record]) -> None:
        """Its database of a reference, in a folder."""
        self.tool.make_database(folder, [record.residues for record in reference])

    def run_search(self, folder: Path, queries: Path) -> Path:
        """The file of the hits that queries have in a folder's database."""
        return self.tool.run_search(folder, queries)


BLASTN = Peer(external_tools.BLASTN)
BLASTN_7 = Peer(
    replace(
        external_tools.BLASTN,
        title="blastn -word_size 7",
        search=external_tools.BLASTN.search.replace("-task blastn", "-task blastn -word_size 7"),
    )
)
DIAMOND = Peer(external_tools.DIAMOND)
MMSEQS = Peer(
    Tool(
        "mmseqs",
        "MMseqs2 -k 11 -e 10",
        "mmseqs createdb {reference} {database} -v 1",
        "mmseqs easy-search {queries} {database} {hits} {scratch} --search-type 3 -k 11 -e 10 -v 1"
        " --threads {threads} --format-output query,target,bits,evalue",
    )
)


def _go_on() -> None:
    """Nobody ends a benchmark but from outside."""
