"""Towhee pipelines, in the environment of their own that scripts/setup makes."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.services import PROJECT

_PYTHON = PROJECT / ".venv" / "towhee" / "bin" / "python"
_SCRIPT = """
import json, sys

def refuse_network(event, arguments):
    if event == "socket.getaddrinfo" and arguments[0] not in ("localhost", "127.0.0.1", None):
        raise OSError(f"the network was asked for {arguments[0]}")

sys.addaudithook(refuse_network)
import genekin
from core.runs.call_table import call_row
from genekin.towhee import SearchOptions, classify_pipeline, insert_pipeline

request = json.load(sys.stdin)
with genekin.open_library(request["library"]) as library:
    if request["references"]:
        insert = insert_pipeline(library, encoder=request["encoder"])
        for references in request["references"]:
            insert(references)
    pipeline = classify_pipeline(library, SearchOptions(**request["options"]))
    calls = [pipeline(given).get()[0] for given in request["inputs"]]
    batch = [answer.get()[0] for answer in pipeline.batch(request["inputs"])]
    answer = {
        "calls": [[call.to_json() for call in part] for part in calls],
        "batch": [[call.to_json() for call in part] for part in batch],
        "rows": [list(map(call_row, part)) for part in calls],
        "organisms": library.organisms,
    }
    json.dump(answer, sys.stdout)
"""


def towhee_missing() -> str | None:
    """Why pipelines cannot run here, or None."""
    if not _PYTHON.exists():
        return "Towhee is not installed (scripts/setup dev)"
    return None


def run_pipelines(
    home: Path,
    inputs: Sequence[Any],
    *,
    library: str = "default",
    references: Sequence[Any] = (),
    encoder: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Load references, if there are any, and classify inputs by pipelines, without the network.

    Returns
    -------
    dict
        ``calls`` of every input as they are stored, those of one ``batch`` of all inputs, the
        ``rows`` of the table of calls, and the ``organisms`` of the library.
    """
    request = {
        "library": library,
        "inputs": list(inputs),
        "references": list(references),
        "encoder": encoder,
        "options": dict(options or {}),
    }
    done = run_python("-c", _SCRIPT, home=home, given=json.dumps(request))
    answer: dict[str, Any] = json.loads(done)
    return answer


def run_python(*arguments: str, home: Path, given: str = "") -> str:
    """Run Python in the environment of Towhee, in another folder; return what it prints."""
    environment = os.environ | {"GENEKIN_HOME": str(home), "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [str(_PYTHON), "-W", "ignore", *arguments],
        input=given,
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
