"""Commands run in this process, each test in a home of its own."""

import json
from functools import partial

import pytest

from tests.support.commands import run_command


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run a command in this process."""
    monkeypatch.setenv("GENEKIN_HOME", str(tmp_path / "home"))
    return partial(run_command, capsys)


@pytest.fixture
def load(run):
    """Run `load` with the encoder that is quickest to fit."""
    return partial(run, "load", "--encoder", "count")


@pytest.fixture
def loaded(run):
    """The loaded organisms: of each, its families by name with their counts."""

    def loaded():
        libraries = json.loads(run("status", "--format", "json").out)["libraries"]
        return {
            organism["name"]: {
                library["families"][number]: count for number, count in organism["families"].items()
            }
            for library in libraries
            for organism in library["organisms"]
        }

    return loaded


@pytest.fixture
def written(tmp_path):
    """Write a file."""

    def write(content, name="file.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
