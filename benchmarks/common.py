"""What the benchmarks share: the data, libraries of their own, tables, and where results go."""

import hashlib
import itertools
import os
import platform
import re
import shutil
import subprocess
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.library.library import Library
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.importer import read_records
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import Settings
from core.stores import Stores

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT.parent / "shared" / "data"
RESULTS = Path(__file__).resolve().with_name("RESULTS.md")
ORGANISMS = {"human": "human.txt", "chimpanzee": "chimpanzee.txt", "dog": "dog.txt"}
THREADS = os.cpu_count() or 1

_SECTIONS = ("accuracy", "organisms", "speed", "page", "growth", "streaming")
_PACKAGES = ("pymilvus", "milvus-lite", "numpy", "numba", "scikit-learn")
_PEER_VERSIONS = {
    "blastn": ("blastn", "-version"),
    "DIAMOND": ("diamond", "version"),
    "MMseqs2": ("mmseqs", "version"),
}
_numbers = itertools.count()


def option_parser(about: str) -> ArgumentParser:
    """Options that all scripts have."""
    parser = ArgumentParser(description=about)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the reference data")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument(
        "--sample", type=int, help="only so many sequences an organism; RESULTS.md is left alone"
    )
    return parser


def read_organisms(folder: Path, sample: int | None, seed: int) -> dict[str, list[Record]]:
    """The distinct records of each organism, in the order in which its file first has them."""
    organisms = {}
    for organism, name in ORGANISMS.items():
        records = read_records(folder / name, organism, Limits())
        distinct: dict[str, Record] = {}
        for record in records:
            distinct.setdefault(record.residues, record)
        organisms[organism] = drawn(list(distinct.values()), sample or len(distinct), seed)
    return organisms


def drawn(records: Sequence[Record], count: int, seed: int) -> list[Record]:
    """At most `count` of the records, at random, in their order."""
    if len(records) <= count:
        return list(records)
    places = np.random.default_rng(seed).choice(len(records), count, replace=False)
    return [records[place] for place in np.sort(places)]


def family(record: Record) -> int:
    """The class number, which every record of the data has."""
    if record.family is None:
        message = f"record {record.position} has no family"
        raise ValueError(message)
    return record.family


def numbered(sequences: Sequence[str]) -> list[Record]:
    """Sequences as records of a query file."""
    return [
        Record(str(number), sequence, number + 1, number + 1)
        for number, sequence in enumerate(sequences)
    ]


def fasta(path: Path, sequences: Sequence[str]) -> Path:
    """A FASTA file whose names are the places of the sequences, from 0."""
    entries = (f">{number}\n{sequence}\n" for number, sequence in enumerate(sequences))
    path.write_text("".join(entries), encoding="ascii")
    return path


@contextmanager
def opened(home: Path) -> Iterator[Libraries]:
    """The embedded stores of a folder."""
    with Stores(Settings(home=home, milvus_uri="", database_url="")) as stores:
        yield Libraries(stores)


@contextmanager
def loaded(references: Mapping[str, Sequence[Record]], encoder: str) -> Iterator[Library]:
    """A library of these organisms in a folder of its own, which goes when it is no more used."""
    # A name of its own too: pymilvus remembers schemas by port and collection for as long as the
    # process lives, and a later store may get an earlier one's port.
    name = f"{encoder} {next(_numbers)}"
    with TemporaryDirectory(prefix="genekin-") as folder, opened(Path(folder)) as libraries:
        load(libraries, references, library=name, encoder=encoder)
        yield libraries.open(name)


# Results


def write_section(name: str, text: str) -> None:
    """Put a section into RESULTS.md, in the place of the one of that name."""
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    sections = {known: _section(old, known) for known in _SECTIONS}
    sections[name] = text.strip()
    kept = [
        f"<!-- {known}: begin -->\n{section}\n<!-- {known}: end -->\n"
        for known, section in sections.items()
        if section
    ]
    title = "# Results\nWritten by the scripts beside this file; none of it by hand.\n"
    RESULTS.write_text("\n".join([title, *kept]), encoding="utf-8")


def _section(text: str, name: str) -> str:
    found = re.search(rf"<!-- {name}: begin -->\n(.*?)\n<!-- {name}: end -->", text, re.DOTALL)
    return found.group(1) if found else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


class Provenance:
    """What the figures are measured with; made before measuring, told afterwards."""

    def __init__(self, data: Path, seed: int) -> None:
        self._data = data
        self._seed = seed
        self._core = _core_digest()
        self._commit = _commit()
        self._busy, *_ = os.getloadavg()

    def table(self) -> str:
        """All of it, in Markdown."""
        changed = " – and core was changed while this was measured"
        rows = [
            ["date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")],
            ["commit", self._commit + (changed if _core_digest() != self._core else "")],
            ["processor", f"{_processor()}, {THREADS} cores"],
            ["load average, before and after", f"{self._busy:.1f}, {os.getloadavg()[0]:.1f}"],
            ["Python", platform.python_version()],
            *([package, version(package)] for package in _PACKAGES),
            *([peer, peer_version(peer)] for peer in _PEER_VERSIONS),
            ["seed", str(self._seed)],
            *([f"sha256 of {name}", _sha256(self._data / name)] for name in ORGANISMS.values()),
        ]
        return table(["measured with", ""], rows)


def peer_version(peer: str) -> str:
    """The version that a peer tells; "not installed" where it is not."""
    command = _PEER_VERSIONS[peer]
    if shutil.which(command[0]) is None:
        return "not installed"
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return told.split("\n")[0].split()[-1]


def _commit() -> str:
    def git(*arguments: str) -> str:
        found = subprocess.run(
            ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        return found.stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "core")
    return f"{commit or 'unknown'}{', with uncommitted changes to core' if changed else ''}"


def _core_digest() -> str:
    digest = hashlib.sha256()
    for file in sorted((PROJECT / "core").rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="ascii"))
    return found.group(1) if found else platform.machine()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
