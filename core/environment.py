"""Software versions and hardware: the provenance of runs, evaluations and benchmarks."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from core import __version__

TOOLS: Mapping[str, str] = {"blastn": "-version", "diamond": "version", "mmseqs": "version"}
"""External search tools, each with the argument that makes it print its version."""

_EVALUATION_PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "numba",
    "pymilvus",
    "milvus-lite",
    "SQLAlchemy",
)


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python and of installed packages, by name.

    Parameters
    ----------
    packages
        Distribution names, such as ``"scikit-learn"``.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        If a package is not installed.
    """
    installed = {package: version(package) for package in packages}
    return {"Python": platform.python_version(), **installed}


def tool_versions() -> dict[str, str]:
    """Return the versions of the external search tools on the PATH; others are left out."""
    found = ((tool, tool_version(tool)) for tool in TOOLS)
    return {tool: number for tool, number in found if number}


def tool_version(tool: str) -> str:
    """Return the version that an external tool of :data:`TOOLS` prints; empty if not installed."""
    if shutil.which(tool) is None:
        return ""
    command = [tool, TOOLS[tool]]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
    return output.split("\n")[0].split()[-1] if output.strip() else ""


def evaluation_versions() -> dict[str, str]:
    """Return the versions that an evaluation depends on: GeneKin, Python, packages and tools."""
    packages = package_versions(_EVALUATION_PACKAGES)
    return {"genekin": __version__, **packages, **tool_versions()}


def machine() -> dict[str, str]:
    """Return processor, number of cores, memory and operating system, as text."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "system": platform.platform(terse=True),
    }


def processor() -> str:
    """Return the model name of the processor, or its architecture where that is unknown."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # Not on Linux.
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
