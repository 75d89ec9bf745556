"""The documentation of the package genekin: what can be run is run."""

import os
import re
import subprocess
import sys

import nbformat
import pytest

from tests.conftest import PROJECT

NOTEBOOK = PROJECT / "docs" / "notebook.ipynb"
_EXECUTE = """
import sys

import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.stdin, 4)
NotebookClient(notebook, timeout=280, kernel_name="python3").execute()
nbformat.write(notebook, sys.stdout)
"""
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a home that the notebook and the page share: the library is loaded once."""
    return tmp_path_factory.mktemp("docs")


def run(folder, *arguments, given=""):
    environment = os.environ | {"GENEKIN_HOME": str(folder / "home"), "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, *arguments],
        input=given,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_notebook_is_kept_without_outputs():
    notebook = nbformat.read(NOTEBOOK, 4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) > 9
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


def test_the_notebook_runs(folder):
    executed = run(folder, "-c", _EXECUTE, given=NOTEBOOK.read_text("utf-8"))
    notebook = nbformat.reads(executed, 4)
    shown = [str(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    (calls,) = (text for text in shown if "<Calls: 17 called, 2 unknown, 1 invalid>'}" in text)
    assert "<th>organism_confidence</th>" in calls
    assert any("invalid_character: Record 20 (line " in text for text in shown)
    assert any("There is no organism 'cat'" in text for text in shown)


def test_the_examples_of_the_page_run(folder):
    blocks = _BLOCK.findall((PROJECT / "docs" / "python.md").read_text("utf-8"))
    assert len(blocks) == 2
    (folder / "queries.fasta").write_text(">a\n" + "ACGTGATTACA" * 30)
    printed = run(folder, "-c", "\n".join(blocks))
    assert "broken Record 2 has an invalid character '!' at base 5" in printed
    assert (folder / "calls.csv").read_text().startswith("query,length,status,")


@pytest.mark.filterwarnings("default")
def test_the_reference_is_built_without_a_warning(tmp_path):
    source = PROJECT / "docs" / "reference"
    run(tmp_path, "-m", "sphinx", "-q", "-W", "--keep-going", str(source), str(tmp_path / "html"))
    page = (tmp_path / "html" / "index.html").read_text("utf-8")
    for name in ("open_library", "Library.classify", "Calls.to_frame", "evaluate"):
        assert f'id="genekin.{name}"' in page
    assert 'id="genekin.towhee.classify_pipeline"' in page
