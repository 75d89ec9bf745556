"""What an evaluation is made with: the machine, and the versions of all that takes part."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from core import __version__

_PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "numba",
    "pymilvus",
    "milvus-lite",
    "SQLAlchemy",
)
_TOOLS = {"blastn": "-version", "diamond": "version", "mmseqs": "version"}
"""How each tells its version."""


def machine() -> dict[str, str]:
    """Processor, cores, memory and system, in words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "system": platform.platform(terse=True),
    }


def versions() -> dict[str, str]:
    """Versions of GeneKin, Python, the libraries that matter, and the tools that are installed."""
    tools = {tool: told for tool in _TOOLS if (told := _tool_version(tool))}
    packages = {package: version(package) for package in _PACKAGES}
    return {"genekin": __version__, "Python": platform.python_version(), **packages, **tools}


def _tool_version(tool: str) -> str:
    if shutil.which(tool) is None:
        return ""
    command = [tool, _TOOLS[tool]]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
    return told.split("\n")[0].split()[-1] if told.strip() else ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # Not on Linux.
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
