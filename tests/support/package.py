"""The installed package: a wheel in an environment of its own, without the project's folder."""

import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

from tests.support.services import PROJECT


@dataclass(frozen=True)
class Installation:
    """An environment with the wheel in it, beside the packages of the tests."""

    wheel: Path
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"


def build_and_install(folder: Path) -> Installation:
    """Build the wheel as ``pip install .`` does, and install it; nothing is downloaded."""
    subprocess.run([*_pip("wheel", "--no-build-isolation", "-w", folder), PROJECT], check=True)
    (wheel,) = folder.glob("*.whl")
    installed = Installation(wheel, folder / "environment")
    venv.create(installed.folder, with_pip=False)
    subprocess.run([*_pip("--python", installed.python, "install"), wheel], check=True)
    (packages,) = installed.folder.glob("lib/python*/site-packages")
    (packages / "shared.pth").write_text(sysconfig.get_path("purelib"))
    return installed


def _pip(*arguments: object) -> list[str]:
    options = ["--no-deps", "--no-index", "-qq", "--disable-pip-version-check"]
    first, *others = map(str, arguments)
    if first == "--python":
        return [sys.executable, "-m", "pip", first, *others, *options]
    return [sys.executable, "-m", "pip", first, *options, *others]
