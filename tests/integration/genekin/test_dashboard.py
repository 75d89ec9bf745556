"""Questions of Python while a dashboard has the embedded stores open, in another process."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

import genekin
from tests.conftest import PROJECT
from tests.support.evolution import FAMILIES, member, members

QUERIES = {f"query {family}": member(family, "query", 0.1) for family in range(3)}
_DASHBOARD = """
import sys
from core.cli.loopback import answer_commands
from core.library.manager import Libraries
from core.settings import read_settings
from core.stores.stores import Stores

settings = read_settings()
with Stores(settings) as stores, answer_commands(Libraries(stores), settings):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GENEKIN_HOME", str(tmp_path))
    with genekin.open_library() as library:
        references = {"human": members("human", 3, 6), "dog": members("dog", 3, 4)}
        library.load(references, families=FAMILIES)
    return tmp_path


@contextmanager
def dashboard():
    """Open the stores in another process, as a dashboard does."""
    command = [sys.executable, "-c", _DASHBOARD]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.communicate()
    assert process.returncode == 0


def test_answers_and_changes_are_those_without_it(home):
    with genekin.open_library() as library:
        calls, traces = library.classify(QUERIES, align=True), library.trace(QUERIES)
    with dashboard(), genekin.open_library() as library:
        assert library.manager().stores.vectors.server_address.startswith("http://127.0.0.1:")
        served = library.classify(QUERIES, align=True)
        assert (served, served.alignments) == (calls, calls.alignments)
        assert library.trace(QUERIES) == traces
        library.load({"cat": members("cat", 3, 2)})
        assert library.organisms == {"human": 18, "dog": 12, "cat": 6}
        hits = library.classify(QUERIES, organisms=["cat"])[0].hits
        assert {hit.organism for hit in hits} == {"cat"}
        assert library.remove("cat") == 6
        assert library.classify(QUERIES) == calls


def test_a_library_outlives_the_dashboard(home):
    with genekin.open_library() as library:
        with dashboard():
            calls = library.classify(QUERIES)
        assert library.classify(QUERIES) == calls  # It has the stores now.
        library.close()
    with dashboard(), genekin.open_library() as library:
        assert library.classify(QUERIES) == calls


def test_a_dashboard_that_is_started_again_is_found(home):
    with genekin.open_library() as library:
        with dashboard():
            calls = library.classify(QUERIES)
        with dashboard():
            assert library.classify(QUERIES) == calls
