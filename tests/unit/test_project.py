"""Rules for the project as a whole."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LARGEST = 400_000
"""Bytes of a file in git."""


def tracked(*patterns: str) -> list[Path]:
    """Files in git, and new ones that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    files = [PROJECT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def imports(file: Path) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def imported(names: set[str], *modules: str) -> set[str]:
    """Those of the names that a process has imported once it has imported the modules."""
    code = f"import sys, {', '.join(modules)}; print(*({names} & set(sys.modules)))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return set(found.stdout.split())


class TestImports:
    def test_the_core_knows_no_screen(self):
        files = tracked("core/*.py")
        assert len(files) > 20
        screens = {"streamlit", "altair", "plotly", "components", "pages", "app"}
        assert {file.name for file in files if screens & set(imports(file))} == set()

    def test_pages_reach_the_stores_with_the_rights_of_their_user(self):
        """Whatever has a page by another way would not ask for rights."""
        ways = re.compile(
            r"\.stores\b(?! import)|server_libraries|[^A-Za-z](Libraries|Runs|Jobs)\("
        )
        found = {
            str(file.relative_to(PROJECT))
            for file in tracked("pages/*.py", "components/*.py", "app.py")
            if ways.search(re.sub("^from .*", "", file.read_text("utf-8"), flags=re.MULTILINE))
        }
        assert found == {
            "components/shared/services.py",
            "components/admin/health.py",  # Checks run in threads; the page is the administrators'.
            "components/library/organism_card.py",  # The address, as a key of a cache.
            "components/shared/errors.py",  # Whether the stores answer again.
        }

    def test_the_core_can_be_imported_without_a_screen(self):
        modules = [
            ".".join(file.relative_to(PROJECT).with_suffix("").parts)
            for file in tracked("core/*.py")
            if file.name != "__init__.py" and not {"evaluation", "migrations"} & {*file.parts}
        ]
        assert "core.cli.main" in modules
        assert imported({"streamlit", "altair"}, *modules) == set()

    def test_help_and_bad_usage_need_no_service(self):
        services = {"Bio", "numba", "numpy", "pydantic", "pymilvus", "scipy", "sqlalchemy"}
        assert imported(services, "core.cli.main") == set()

    def test_bad_queries_need_no_store(self):
        services = {"Bio", "numba", "numpy", "pandas", "pymilvus", "scipy", "sqlalchemy"}
        assert imported(services, "core.settings", "core.sequences.queries") == set()

    def test_the_tables_of_the_database_need_little(self):
        others = {"Bio", "numba", "pandas", "pydantic", "pymilvus", "scipy"}
        assert imported(others, "core.jobs.queue", "core.stores.sql") == set()

    def test_classification_needs_no_training_and_opens_milvus_last(self):
        others = {
            "Bio.SeqIO",
            "alembic",
            "core.classification.training",
            "grpc",
            "openpyxl",
            "pandas",
            "pyarrow",
            "pymilvus",
            "scipy.linalg",
            "scipy.optimize",
            "scipy.sparse.csgraph",
            "scipy.sparse.linalg",
            "scipy.special",
            "sklearn",
        }
        needed = (
            "core.classify",
            "core.library.manager",
            "core.library.summary",
            "core.runs.call_table",
            "core.sequences.queries",
            "core.similarity",
            "core.stores.stores",
            "core.tracing.trace_table",
        )
        assert imported(others, *needed) == set()

    def test_nobody_pickles(self):
        picklers = {"pickle", "cPickle", "dill", "joblib", "shelve", "cloudpickle", "marshal"}
        for file in tracked("*.py"):
            text = file.read_text(encoding="utf-8")
            if file != Path(__file__):
                assert not picklers & set(imports(file)), file
                assert "allow_pickle=True" not in text, file


class TestFiles:
    def test_none_in_git_is_large(self):
        large = {file.name: file.stat().st_size for file in tracked()}
        assert {name for name, size in large.items() if size > LARGEST} == set()

    def test_no_reference_data_and_no_secrets_are_in_git(self):
        names = {file.name for file in tracked()}
        assert not names & {"human.txt", "chimpanzee.txt", "dog.txt", ".env", "secrets.toml"}
