"""Shared parts of the benchmarks: data, embedded libraries, tables, and sections of RESULTS.md."""

import hashlib
import logging
import os
import re
import subprocess
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.environment import package_versions, processor, tool_version
from core.library.manager import Libraries
from core.sequences.importer import read_records
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT.parent / "shared" / "data"
RESULTS = Path(__file__).resolve().with_name("RESULTS.md")
ORGANISMS = {"human": "human.txt", "chimpanzee": "chimpanzee.txt", "dog": "dog.txt"}
THREADS = os.cpu_count() or 1

_SECTIONS = (
    "accuracy",
    "profiles",
    "profile-cost",
    "organisms",
    "speed",
    "stream",
    "page",
    "growth",
    "servers",
    "load",
    "api",
    "streaming",
)
_PACKAGES = ("pymilvus", "milvus-lite", "numpy", "numba", "scikit-learn")
_TOOLS = {"blastn": "blastn", "DIAMOND": "diamond", "MMseqs2": "mmseqs"}

log = logging.getLogger("benchmarks")


def option_parser(about: str | None) -> ArgumentParser:
    """Return a parser of the options that all scripts have."""
    parser = ArgumentParser(description=(about or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the reference data")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument(
        "--sample", type=int, help="sequences per organism; prints instead of writing RESULTS.md"
    )
    return parser


def read_organisms(folder: Path, sample: int | None, seed: int) -> dict[str, list[Record]]:
    """Read the distinct records of each organism, in the order of its file."""
    organisms = {}
    for organism, name in ORGANISMS.items():
        distinct: dict[str, Record] = {}
        for record in read_records(folder / name, organism, Limits()):
            distinct.setdefault(record.residues, record)
        records = list(distinct.values())
        organisms[organism] = sample_records(records, sample or len(records), seed)
    return organisms


def sample_records(records: Sequence[Record], size: int, seed: int) -> list[Record]:
    """Return at most `size` random records, in their order."""
    if len(records) <= size:
        return list(records)
    indexes = np.random.default_rng(seed).choice(len(records), size, replace=False)
    return [records[index] for index in np.sort(indexes)]


def family_of(record: Record) -> int:
    """Return the class number, which every record of the data has."""
    if record.family is None:
        message = f"record {record.position} has no family"
        raise ValueError(message)
    return record.family


def query_records(sequences: Sequence[str]) -> list[Record]:
    """Return sequences as the records of a query file, named by their indexes."""
    return [
        Record(str(index), sequence, index + 1, index + 1)
        for index, sequence in enumerate(sequences)
    ]


@contextmanager
def open_embedded(home: Path) -> Iterator[Libraries]:
    """Open the embedded stores of a folder."""
    with Stores(Settings(home=home, milvus_uri="", database_url="")) as stores:
        yield Libraries(stores)


# Results


def publish(name: str, options: Namespace, measure: Callable[[Namespace], str]) -> None:
    """Measure, and write a section of RESULTS.md; print it if only a sample was measured."""
    logging.basicConfig(format="%(message)s", level=logging.CRITICAL)
    log.setLevel(logging.INFO)
    started = time.monotonic()
    provenance = Provenance(options.data, options.seed)
    text = measure(options)
    minutes = (time.monotonic() - started) / 60
    text = f"{text}\n{provenance.table()}\nMeasured in {minutes:.0f} minutes.\n"
    if options.sample:
        print(text)
    else:
        write_section(name, text)


def write_section(name: str, text: str) -> None:
    """Replace a section of RESULTS.md."""
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    sections = {known: _section(old, known) for known in _SECTIONS}
    sections[name] = text.strip()
    blocks = [
        f"<!-- {known}: begin -->\n{section}\n<!-- {known}: end -->\n"
        for known, section in sections.items()
        if section
    ]
    title = "# Results\nWritten by the scripts in this folder.\n"
    RESULTS.write_text("\n".join([title, *blocks]), encoding="utf-8")


def _section(text: str, name: str) -> str:
    match = re.search(rf"<!-- {name}: begin -->\n(.*?)\n<!-- {name}: end -->", text, re.DOTALL)
    return match.group(1) if match else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


class Provenance:
    """Software, machine and data of a measurement; to be made before measuring."""

    def __init__(self, data: Path, seed: int) -> None:
        self._data = data
        self._seed = seed
        self._core = _core_digest()
        self._commit = _commit()
        self._load, *_ = os.getloadavg()

    def table(self) -> str:
        """Format it in Markdown."""
        changed = " – core changed during the measurement"
        rows = [
            ["date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")],
            ["commit", self._commit + (changed if _core_digest() != self._core else "")],
            ["processor", f"{processor()}, {THREADS} cores"],
            ["load average, before and after", f"{self._load:.1f}, {os.getloadavg()[0]:.1f}"],
            *([name, version] for name, version in package_versions(_PACKAGES).items()),
            *([name, tool_version(tool) or "not installed"] for name, tool in _TOOLS.items()),
            ["seed", str(self._seed)],
            *([f"sha256 of {name}", _sha256(self._data / name)] for name in ORGANISMS.values()),
        ]
        return table(["measured with", ""], rows)


def _commit() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "core")
    return f"{commit or 'unknown'}{', with uncommitted changes to core' if changed else ''}"


def _core_digest() -> str:
    digest = hashlib.sha256()
    for file in sorted((PROJECT / "core").rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
