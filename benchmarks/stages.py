"""One command line run timed by stage; the speed benchmark starts it.

``python -m benchmarks.stages LAUNCHED HOME QUERIES OUTPUT`` classifies as ``python -m core`` does,
and prints the seconds of each stage as JSON.
"""

import json
import os
import sys
import threading
import time
from collections import defaultdict
from typing import Any

from core.cli import shared
from core.cli.main import main as run_command
from core.encoders import CountEncoder, TranslatedEncoder
from core.library.candidates import CandidateCache
from core.library.manager import Libraries
from core.predictor import ModelPredictor
from core.runs import call_table
from core.sequences import queries as query_reader
from core.sequences.input_file import InputFile
from core.stores.milvus.vectors import VectorStore
from core.stores.sql import LabelStore

START = "start-up: Python and imports"
PARSING = "reading and parsing"
OPENING = "opening the stores and the library"
ENCODING = "encoding"
PREDICTION = "ranking and deciding"
SEARCH = "Milvus search"
SQL = "SQL: labels and residues"
CANDIDATES = "profiles of candidates"
WRITING = "writing the table"
OTHER = "everything else, and waiting for other threads"
EXIT = "exit"
TOTAL = "from start to end; stages overlap"
IDLE = "outside all stages"
ENDED = "ended"
"""Time at which the command had ended, in seconds since 1970."""

_FUNCTIONS: list[tuple[Any, str, tuple[str, ...]]] = [
    (InputFile, PARSING, ("__init__", "read_whole")),
    (query_reader, PARSING, ("read_queries",)),
    (call_table, WRITING, ("format_calls",)),
    (shared, WRITING, ("write",)),
    (VectorStore, OPENING, ("__init__",)),
    (Libraries, OPENING, ("open",)),
    (VectorStore, SEARCH, ("search",)),
    (TranslatedEncoder, ENCODING, ("profiles", "encode_query_profiles")),
    (CountEncoder, ENCODING, ("encode_queries",)),
    (CandidateCache, CANDIDATES, ("candidates",)),
    (LabelStore, SQL, ("labels_for", "residues", "visible")),
    (ModelPredictor, PREDICTION, ("predict",)),
]
"""Owners of functions, the stage that these belong to, and their names."""

_counting = threading.Lock()


class StageClock(threading.local):
    """Seconds by stage, of each thread; those of a nested stage count only for the inner one."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds = seconds
        self._stage = IDLE
        self._since = time.perf_counter()

    def enter(self, stage: str) -> str:
        """Enter a stage and return the one left."""
        now = time.perf_counter()
        with _counting:
            self._seconds[self._stage] += now - self._since
        left, self._stage, self._since = self._stage, stage, now
        return left

    def time_calls(self, owner: Any, name: str, stage: str) -> None:
        """Count calls of a function, of a class or a module, for a stage."""
        function = getattr(owner, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            left = self.enter(stage)
            try:
                return function(*arguments, **options)
            finally:
                self.enter(left)

        setattr(owner, name, timed)


def main(launched: str, home: str, queries: str, output: str) -> None:
    """Classify, and print the seconds of each stage."""
    started = time.time() - float(launched)
    os.environ["GENEKIN_HOME"] = home
    seconds: dict[str, float] = defaultdict(float)
    clock = StageClock(seconds)
    clock.enter(OTHER)
    for owner, stage, names in _FUNCTIONS:
        for name in names:
            clock.time_calls(owner, name, stage)
    status = run_command(["classify", queries, "--output", output])
    clock.enter(IDLE)
    del seconds[IDLE]
    sys.stdout.write(json.dumps({START: started, **seconds, ENDED: time.time()}))
    sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
