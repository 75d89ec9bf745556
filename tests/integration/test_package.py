"""The package as users install it."""

import os
import re
import subprocess
import tomllib
import zipfile
from importlib.metadata import distribution, packages_distributions, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import core
from tests.conftest import PROJECT
from tests.support.package import build_and_install
from tests.unit.test_project import imports, tracked

_SCRIPT = """
import genekin
from genekin import towhee

genes = {"dog": [(f"gene {n}", "ACGT" * n + "GATTACA" * 9, n % 2) for n in range(1, 9)]}
with genekin.open_library() as library:
    library.load(genes, encoder="count")
    calls = library.classify({"query": "ACGT" * 5 + "GATTACA" * 9})
    assert calls[0].hits, calls[0]
    print(genekin.__file__, calls.to_frame()["status"][0])
"""
_TYPED = """
from pathlib import Path

import genekin


def called(path: Path) -> list[str]:
    with genekin.open_library("lab", home=path.parent) as library:
        library.load({"dog": [("name", "ACGT", "Kinase")]}, families={1: "Kinase"})
        calls: genekin.Calls = library.classify(path, organisms=["dog"], progress=True)
        first: genekin.Call = calls[0]
        some: genekin.Calls = calls[1:].with_status("called")
        share: float = library.trace(["ACGT"]).composition()[0].share.mean
        frame = some.to_frame()
        frame.to_csv("calls.csv")
        genekin.evaluate("lab", methods=["count"])
        return [first.family, *(hit.organism for call in some for hit in call.hits), str(share)]
"""
_WRONG = {
    "library.classify(5)": "arg-type",
    "library.clasify('ACGT')": "attr-defined",
    "library.classify('ACGT')[0].famly": "attr-defined",
    "library.load({'dog': 5})": "arg-type",
    "genekin.open_library(5)": "arg-type",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return build_and_install(tmp_path_factory.mktemp("package"))


def run(installed, folder, *arguments, status=0):
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    }
    environment["GENEKIN_HOME"] = str(folder / "home")
    done = subprocess.run(
        list(map(str, arguments)),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_has_everything_that_git_has(installed):
    files = {str(file.relative_to(PROJECT)) for file in tracked("core", "genekin")}
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == files
    assert {"core/py.typed", "genekin/py.typed", "core/runs/exports/report.html.j2"} <= names


def test_it_runs_in_another_folder(installed, tmp_path):
    printed = run(installed, tmp_path, installed.python, "-c", _SCRIPT)
    file, status = printed.split()
    assert file.startswith(str(installed.folder))
    assert status == "called"


def test_its_command_runs(installed, tmp_path):
    command = installed.folder / "bin" / "genekin"
    assert run(installed, tmp_path, command, "--version") == f"genekin {core.__version__}\n"


def test_programs_that_use_it_can_be_checked(installed, tmp_path):
    checker = [installed.python, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache"]
    (tmp_path / "typed.py").write_text(_TYPED)
    lines = ["import genekin", "", "library = genekin.open_library()", *_WRONG]
    (tmp_path / "wrong.py").write_text("\n".join(lines))
    assert "no issues" in run(installed, tmp_path, *checker, "typed.py")
    errors = run(installed, tmp_path, *checker, "wrong.py", status=1)
    found = re.findall(r"wrong\.py:(\d+): error: .*\[([\w-]+)\]", errors)
    assert found == [(str(line), code) for line, code in enumerate(_WRONG.values(), start=4)]


class TestDependencies:
    @pytest.fixture
    def required(self):
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
        return list(map(Requirement, project["dependencies"]))

    def test_the_tested_versions_are_allowed(self, required):
        for requirement in required:
            assert version(requirement.name) in requirement.specifier, requirement

    def test_every_import_has_its_package(self, required):
        """Directly, or as what one of them needs itself."""
        packages = {name for requirement in required for name in closure(requirement)}
        by_import = packages_distributions()
        for file in tracked("core/*.py", "genekin/*.py"):
            for name in imports(file):
                owners = set(map(canonicalize_name, by_import.get(name, ())))
                assert not owners or owners & packages or name in {"core", "genekin"}, (file, name)


def closure(requirement, seen=None):
    """A package with all that it needs."""
    seen = set() if seen is None else seen
    name = canonicalize_name(requirement.name)
    if name not in seen:
        seen.add(name)
        for text in distribution(name).requires or ():
            needed = Requirement(text)
            extras = [*requirement.extras, ""]
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                closure(needed, seen)
    return seen
