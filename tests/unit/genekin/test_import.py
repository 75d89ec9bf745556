"""The package as programs import it."""

import subprocess
import sys
from pathlib import Path

import pytest

import genekin

PROJECT = Path(__file__).resolve().parents[3]
HEAVY = {"Bio", "numba", "numpy", "pandas", "pydantic", "pymilvus", "scipy", "sqlalchemy", "towhee"}


def imported(code: str) -> set[str]:
    """The heavy packages that a process has imported after some code."""
    script = f"import sys\n{code}\nprint(*({HEAVY} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_it_imports_nothing_heavy():
    assert imported("import genekin; genekin.GeneKinError; dir(genekin)") == set()


def test_opening_a_library_imports_neither_milvus_nor_pandas():
    """They are imported by the first question, and by the first table."""
    heavy = imported("import genekin; genekin.open_library(); genekin.Calls([])")
    assert heavy & {"pandas", "pymilvus", "towhee"} == set()


def test_every_public_name_is_there():
    for name in genekin.__all__:
        assert getattr(genekin, name) is not None
    assert set(genekin.__all__) <= set(dir(genekin))


def test_another_name_is_none():
    with pytest.raises(AttributeError, match="has no attribute 'classifier'"):
        genekin.classifier  # noqa: B018  # type: ignore[attr-defined]
