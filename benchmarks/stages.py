"""One command line run with a watch on its stages; started by the speed benchmark.

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

from core import classify
from core.cli import classify as classify_command
from core.cli.main import main as run_command
from core.encoders import CountEncoder, TranslatedEncoder
from core.library.candidates import CandidateCache
from core.library.manager import Libraries
from core.stores import LabelStore, VectorStore

START = "start-up: Python and imports"
OPENING = "opening the stores and the library"
PARSING = "reading and parsing"
ENCODING = "encoding"
SEARCH = "Milvus search"
SQL = "SQL: labels and residues"
RELATIVES = "profiles of candidates"
DECIDING = "ranking and deciding"
WRITING = "writing the table"
OTHER = "all else"


class Watch:
    """Seconds of stages; those of a stage within another one count for the inner one only."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stage = OTHER
        self._since = time.perf_counter()

    def enter(self, stage: str) -> str:
        """From now on it is this stage; returns the one until now."""
        now = time.perf_counter()
        self.seconds[self._stage] += now - self._since
        left, self._stage, self._since = self._stage, stage, now
        return left

    def on(self, owner: Any, name: str, stage: str) -> None:
        """Count the calls of a function of a class or a module, in the main thread, for a stage."""
        watched = getattr(owner, name)

        def watching(*arguments: Any, **options: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                return watched(*arguments, **options)
            left = self.enter(stage)
            try:
                return watched(*arguments, **options)
            finally:
                self.enter(left)

        setattr(owner, name, watching)


def watch_all(watch: Watch) -> None:
    """Set the watch on everything that a batch does in its main thread."""
    for name in ("read_bytes", "read_queries"):
        watch.on(classify_command, name, PARSING)
    for name in ("as_text", "write"):
        watch.on(classify_command, name, WRITING)
    watch.on(VectorStore, "__init__", OPENING)
    watch.on(Libraries, "open", OPENING)
    watch.on(VectorStore, "search", SEARCH)
    for name in ("profiles", "query_vectors"):
        watch.on(TranslatedEncoder, name, ENCODING)
    watch.on(CountEncoder, "encode_queries", ENCODING)
    watch.on(CandidateCache, "of", RELATIVES)
    for name in ("recall", "residues", "organism_names", "pending_loads"):
        watch.on(LabelStore, name, SQL)
    watch.on(classify._Judging, "_judged", DECIDING)  # noqa: SLF001


def main(launched: str, home: str, queries: str, output: str) -> None:
    """Classify, and print the seconds of each stage."""
    started = time.time() - float(launched)
    os.environ["GENEKIN_HOME"] = home
    watch = Watch()
    watch_all(watch)
    status = run_command(["classify", queries, "--output", output])
    watch.enter(OTHER)
    sys.stdout.write(json.dumps({START: started, **watch.seconds}))
    sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
