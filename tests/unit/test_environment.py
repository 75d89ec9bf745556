from importlib.metadata import PackageNotFoundError, version

import pytest

from core import __version__, environment


def test_package_versions_begin_with_python():
    assert list(environment.package_versions(["numpy"])) == ["Python", "numpy"]
    assert environment.package_versions(["numpy"])["numpy"] == version("numpy")


def test_a_package_that_is_not_installed_is_an_error():
    with pytest.raises(PackageNotFoundError):
        environment.package_versions(["no-such-package"])


def test_machine_describes_processor_cores_memory_and_system():
    assert list(environment.machine()) == ["processor", "cores", "memory", "system"]
    assert all(environment.machine().values())


def test_evaluation_versions_begin_with_genekin_and_python():
    names = list(environment.evaluation_versions())

    assert names[:3] == ["genekin", "Python", "numpy"]
    assert environment.evaluation_versions()["genekin"] == __version__


class TestToolVersions:
    @pytest.fixture
    def diamond(self, tmp_path, monkeypatch):
        """A stand-in for DIAMOND; no other tool is on the PATH."""
        program = tmp_path / "diamond"
        monkeypatch.setenv("PATH", str(tmp_path))

        def install(script: str) -> None:
            program.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
            program.chmod(0o755)

        return install

    def test_the_version_ends_the_first_line(self, diamond):
        diamond("echo diamond version 2.1.3; echo more")
        assert environment.tool_versions() == {"diamond": "2.1.3"}

    def test_a_tool_that_prints_nothing_has_none(self, diamond):
        diamond("exit 1")
        assert environment.tool_versions() == {}

    def test_no_tools(self, diamond):
        assert environment.tool_versions() == {}
