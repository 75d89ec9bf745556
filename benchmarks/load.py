"""Many people at once on a deployment: waiting times, errors, and whether each gets her own answer.

Run it by hand on a quiet machine, ``python -m benchmarks.load``; it starts the servers and the
dashboards, and writes its section of RESULTS.md. Each visitor speaks Streamlit's protocol: she
pastes a sequence, presses the button, waits for the complete page, thinks, and goes on.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import numpy as np
import websockets
from pydantic import SecretStr
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.common import (
    family_of,
    log,
    option_parser,
    publish,
    query_records,
    read_organisms,
    table,
)
from core.calls import Status
from core.classify import classify
from core.evaluation.perturbations import substitute
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.services import PROJECT, Dashboard, MariaDB, MilvusServer

QUESTIONS = 400
"""Different sequences that the visitors paste."""
MAX_BASES = 6_000
DIVERGENCE = 0.02
"""Share of a query's bases that are substituted, so that none is an exact copy of a gene."""
TIMEOUT = 60.0
LOADED = 100_000
"""Sequences that a curator loads meanwhile."""
ARRIVAL = 20.0
"""Seconds within which the visitors arrive."""
_SHOWN_ERRORS = 5
_RERUN_FOLLOWS = ForwardMsg.FINISHED_EARLY_FOR_RERUN


@dataclass(frozen=True, slots=True)
class Question:
    """A sequence to paste, and the family that the library calls; "Unknown" if none."""

    residues: str
    answer: str


@dataclass(slots=True)
class Outcome:
    """Answers and errors that the visitors have seen.

    Attributes
    ----------
    seconds
        From pressing to the complete page, of each answer.
    errors
        Errors on pages, lost connections, and answers that are another query's.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Visitor:
    """A browser that shows the Classify page."""

    def __init__(self, address: str, name: str) -> None:
        self._address = address.replace("http", "ws", 1) + "/_stcore/stream"
        self._name = name
        self._numbers = count(1)
        self._generator = np.random.default_rng(list(name.encode()))
        self._widgets: dict[str, str] = {}
        self._page, self._parameters = "", ""

    async def visit(self, questions: Sequence[Question], until: float, think: float) -> Outcome:
        """Ask one question after the other until a time of the monotonic clock."""
        outcome = Outcome()
        await asyncio.sleep(self._generator.uniform(0, ARRIVAL))
        try:
            async with websockets.connect(
                self._address, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None
            ) as connection:
                await connection.send(self._message())
                while "text_area" not in self._widgets:
                    await self._read_page(connection)
                while time.monotonic() < until:
                    question = questions[int(self._generator.integers(len(questions)))]
                    await self._ask(connection, question, outcome)
                    await asyncio.sleep(self._generator.exponential(think))
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            outcome.errors.append(f"{type(error).__name__}: {error}")
        return outcome

    async def _ask(
        self, connection: websockets.ClientConnection, question: Question, outcome: Outcome
    ) -> None:
        name = f"{self._name}question{next(self._numbers)}"
        text = f">{name}\n{question.residues}"
        await connection.send(self._message(text))
        await self._read_page(connection)
        pressed = time.monotonic()
        await connection.send(self._message(text, press=True))
        shown, errors = await self._read_page(connection)
        outcome.seconds.append(time.monotonic() - pressed)
        outcome.errors += errors
        if f"{name} ·" not in shown or f"{question.answer}</h2>" not in shown:
            outcome.errors.append(f"{name}: not {question.answer}")

    async def _read_page(self, connection: websockets.ClientConnection) -> tuple[str, list[str]]:
        """Return the texts and the errors of a page when its script has ended."""
        texts, errors = list[str](), list[str]()
        async with asyncio.timeout(TIMEOUT):
            while True:
                message = ForwardMsg()
                message.ParseFromString(await connection.recv(decode=False))
                match message.WhichOneof("type"):
                    case "new_session":
                        self._page = message.new_session.page_script_hash
                    case "page_info_changed":
                        self._parameters = message.page_info_changed.query_string
                    case "script_finished" if message.script_finished != _RERUN_FOLLOWS:
                        return "\n".join(texts), errors
                    case "delta":
                        self._read_element(message.delta.new_element, texts, errors)

    def _read_element(self, element: Element, texts: list[str], errors: list[str]) -> None:
        kind = element.WhichOneof("type")
        if kind in {"text_area", "button"}:
            widget = getattr(element, kind)
            if kind == "text_area" or widget.label == "Classify":
                self._widgets[kind] = widget.id
        elif kind in {"markdown", "html"}:
            texts.append(getattr(element, kind).body)
        elif kind == "exception":
            errors.append(element.exception.message)
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            errors.append(element.alert.body)

    def _message(self, text: str | None = None, *, press: bool = False) -> bytes:
        message = BackMsg()
        message.rerun_script.page_script_hash = self._page
        message.rerun_script.query_string = self._parameters
        widgets = message.rerun_script.widget_states.widgets
        if text is not None:
            widgets.add(id=self._widgets["text_area"], string_value=text)
        if press:
            widgets.add(id=self._widgets["button"], trigger_value=True)
        return bytes(message.SerializeToString())


def main() -> None:
    """Measure, and write the section."""
    parser = option_parser(__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--think", type=float, default=8.0, help="seconds on average")
    parser.add_argument("--processes", type=int, default=2, help="dashboards on the servers")
    publish("load", parser.parse_args(), measure)


def measure(options: Namespace) -> str:
    """Measure everything, and return the section."""
    loaded = min(LOADED, options.sample * 10) if options.sample else LOADED
    with (
        TemporaryDirectory(prefix="genekin-", ignore_cleanup_errors=True) as folder,
        deployment(Path(folder), options, loaded) as (dashboards, questions, curator),
    ):
        addresses = [dashboard.address for dashboard in dashboards]
        alone = run_visitors(addresses, questions, options)
        with curator:
            beside = run_visitors(addresses, questions, options)
    title = (
        f"questions, while a curator loads {loaded:,} sequences, again and again"
        f" ({curator.loaded} times to the end)"
    )
    rows = [
        [name, *outcome_row(outcome, options.minutes)]
        for name, outcome in (("questions", alone), (title, beside))
    ]
    head = ["", "answers", "answers/s", "p50, ms", "p95, ms", "slowest, ms", "errors"]
    return (
        "## Many people at once\n\n"
        f"{options.users} visitors for {options.minutes:g} minutes on {options.processes} processes"
        " of the dashboard, Milvus 2.3.5 and MariaDB, all on this machine, with the visitors."
        f" Each pastes a gene of chimpanzee or dog with {DIVERGENCE:.0%} of its bases substituted,"
        f" presses, waits for the complete page, and reads for {options.think:g} s on average; they"
        f" arrive within {ARRIVAL:g} s."
        " Times are from pressing to the complete page. An error is one on a page, a lost"
        " connection, or an answer that is not that of the query. Encoder `count`: this Milvus has"
        " no sparse vectors.\n\n" + table(head, rows)
    )


class _Curator:
    """A curator who loads a large file from the command line, again and again.

    Each time into another library, so that she is never done before the visitors are.

    Attributes
    ----------
    loaded
        Files that were loaded to their end.
    """

    def __init__(self, file: Path, environment: dict[str, str]) -> None:
        self.loaded = 0
        self._file = file
        self._environment = environment
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            library = f"large {self.loaded + 1}"
            command = [sys.executable, "-m", "core", "load", f"large={self._file}"]
            command += ["--library", library, "--encoder", "count"]
            with subprocess.Popen(
                ["nice", *command], cwd=PROJECT, env=self._environment, stdout=subprocess.DEVNULL
            ) as process:
                while process.poll() is None and not self._stopped.wait(0.2):
                    pass
                process.kill()
            if process.returncode == 0:
                self.loaded += 1
            elif not self._stopped.is_set():
                log.warning("%s: exit code %s", library, process.returncode)
                return


@contextmanager
def deployment(
    folder: Path, options: Namespace, loaded: int
) -> Iterator[tuple[list[Dashboard], list[Question], _Curator]]:
    """Start the servers and the dashboards, with the human genes loaded.

    Yields the dashboards, questions with their answers, and a curator who has not begun.
    """
    with ExitStack() as stack:
        mariadb = stack.enter_context(MariaDB(folder / "mariadb"))
        milvus = stack.enter_context(MilvusServer(folder / "milvus"))
        settings = {
            "GENEKIN_MILVUS_URI": milvus.uri,
            "GENEKIN_DATABASE_URL": mariadb.url("benchmark"),
            "GENEKIN_STORE_TIMEOUT": "60",
        }
        organisms = read_organisms(options.data, options.sample, options.seed)
        opened = Settings(
            home=folder,
            milvus_uri=milvus.uri,
            database_url=SecretStr(mariadb.url("benchmark")),
            store_timeout=60,
        )
        generator = np.random.default_rng(options.seed)
        with Stores(opened) as stores:
            libraries = Libraries(stores)
            load(libraries, {"human": organisms.pop("human")}, encoder="count")
            genes = [record for records in organisms.values() for record in records]
            questions = _questions(libraries, [gene.residues for gene in genes], generator)
        large = folder / "large.tsv"
        _write_copies(large, genes, loaded, generator)
        dashboards = []
        for number in range(options.processes):
            own = folder / f"dashboard {number}"
            own.mkdir()
            dashboard = Dashboard(own)
            dashboard.settings = settings
            dashboards.append(stack.enter_context(dashboard))
        curator = _Curator(large, {**os.environ, **settings, "GENEKIN_HOME": str(folder)})
        yield dashboards, questions, curator


def _questions(
    libraries: Libraries, genes: Sequence[str], generator: np.random.Generator
) -> list[Question]:
    """Return changed copies of genes, with the answer that the library gives to each."""
    short = [gene for gene in genes if len(gene) <= MAX_BASES]
    chosen = generator.choice(len(short), min(QUESTIONS, len(short)), replace=False)
    copies = [substitute(short[index], DIVERGENCE, generator) for index in chosen]
    calls = classify(libraries.open(), query_records(copies))
    return [
        Question(residues, call.family if call.status is Status.CALLED else "Unknown")
        for residues, call in zip(copies, calls, strict=True)
    ]


def _write_copies(
    file: Path, genes: Sequence[Record], number: int, generator: np.random.Generator
) -> None:
    """Write changed copies of genes, with their families, as a table."""
    with file.open("w", encoding="ascii") as table_file:
        table_file.write("sequence\tclass\n")
        for index in generator.integers(len(genes), size=number):
            residues = substitute(genes[index].residues, DIVERGENCE, generator)
            table_file.write(f"{residues}\t{family_of(genes[index])}\n")


def run_visitors(
    addresses: Sequence[str], questions: Sequence[Question], options: Namespace
) -> Outcome:
    """Let the visitors ask for the time wanted, spread over the dashboards."""
    log.info("%s visitors, %s minutes", options.users, options.minutes)
    until = time.monotonic() + options.minutes * 60

    async def visit() -> list[Outcome]:
        visitors = (
            Visitor(addresses[number % len(addresses)], f"visitor{number}")
            for number in range(options.users)
        )
        return await asyncio.gather(
            *(visitor.visit(questions, until, options.think) for visitor in visitors)
        )

    total = Outcome()
    for outcome in asyncio.run(visit()):
        total.seconds += outcome.seconds
        total.errors += outcome.errors
    return total


def outcome_row(outcome: Outcome, minutes: float) -> list[str]:
    """Return the cells of a table, and log the first errors."""
    for error in outcome.errors[:_SHOWN_ERRORS]:
        log.warning("%s", error)
    milliseconds = np.array(outcome.seconds) * 1000
    p50, p95, slowest = np.quantile(milliseconds, [0.5, 0.95, 1.0])
    return [
        f"{milliseconds.size:,}",
        f"{milliseconds.size / (minutes * 60):.1f}",
        f"{p50:.0f}",
        f"{p95:.0f}",
        f"{slowest:.0f}",
        str(len(outcome.errors)),
    ]


if __name__ == "__main__":
    main()
