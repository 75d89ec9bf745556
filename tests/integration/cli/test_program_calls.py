"""The command lines that the pages show, run as they stand against a real library."""

import os
import subprocess
import sys

import pytest

from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from core.web.page_calls import (
    classify_call,
    load_call,
    organisms_call,
    similarity_call,
    trace_call,
)
from core.web.program_calls import Api, Sequences
from tests.support.services import PROJECT
from tests.support.synthetic import FAMILY_NAMES, dna, genes

LIBRARY = 'it\'s $(touch pwned) "x" `touch pwned` --help'
API = Api("http://localhost:8501")
QUERY = f">my clone's $(touch pwned)\n{dna('human 2')}"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("program calls") / "home"
    with Stores(Settings(home=home)) as stores:
        load(
            Libraries(stores),
            {"human": genes("human", 12), "dog": genes("dog", 4)},
            library=LIBRARY,
            encoder="count",
            families=FAMILY_NAMES,
        )
    return home


@pytest.fixture
def shell(home, tmp_path):
    """Return a function that runs a text in a shell, with the command line installed."""
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "genekin"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{PROJECT}" exec "{sys.executable}" -m core "$@"\n')
    program.chmod(0o755)
    folder = tmp_path / "folder"
    folder.mkdir()
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "GENEKIN_HOME": str(home),
    }

    def shell(text: str) -> str:
        before = {*folder.iterdir()}
        done = subprocess.run(
            ["/bin/sh", "-euc", text],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert {*folder.iterdir()} == before
        return done.stdout

    shell.folder = folder  # type: ignore[attr-defined]
    return shell


def test_classify_a_text(shell):
    call = classify_call(
        API,
        LIBRARY,
        Sequences.of_text(QUERY),
        organisms=["human"],
        neighbours=3,
        threshold=0.0,
    )
    header, row = shell(call.command).splitlines()
    assert dict(zip(header.split("\t"), row.split("\t"), strict=True))["family"] == "Synthase"


def test_load_then_trace_and_compare(shell):
    rows = "".join(f"{dna(f'cat {number}')}\t{number % 2}\n" for number in range(4))
    (shell.folder / "my $(x) cats.tsv").write_text(f"sequence\tclass\n{rows}")
    shell(load_call(API, LIBRARY, "cat", Sequences.of_file("my $(x) cats.tsv")).command)
    assert LIBRARY in shell(organisms_call(API, LIBRARY).command)

    (shell.folder / "-reads.fa").write_text(f">one\n{dna('cat 1')}\n")
    traced = shell(trace_call(API, LIBRARY, Sequences.of_file("-reads.fa")).command)
    assert "cat" in traced.splitlines()[1].split("\t")
    compared = shell(similarity_call(API, LIBRARY, ["dog", "cat"], "human", 3).command)
    assert [line.split(" genes of ")[1].split()[0] for line in compared.splitlines()] == [
        "dog",
        "cat",
    ]
