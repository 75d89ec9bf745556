"""The compose files as Docker Compose reads them, and secrets for them."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.services import PROJECT, require

EXTERNAL_SERVERS = {
    "GENEKIN_MILVUS_URI": "https://milvus.example.org:19530",
    "GENEKIN_MILVUS_TOKEN": "user:password",
    "GENEKIN_DATABASE_URL": "mysql+pymysql://user:password@mysql.example.org/genekin",
}
"""Settings of docker-compose.external.yml, as in .env."""


def compose_missing() -> str | None:
    """Reason that no compose file can be read here, or None."""
    found = shutil.which("docker-compose") or _is_plugin_installed()
    return None if found else "Docker Compose is not installed (Debian: docker-compose)"


def make_secrets(folder: Path) -> Path:
    """Run scripts/secrets in a copy of the project; return the file that it has written."""
    (folder / "scripts").mkdir(parents=True, exist_ok=True)
    shutil.copy(PROJECT / "scripts" / "secrets", folder / "scripts")
    shutil.copy(PROJECT / ".env.example", folder)
    subprocess.run([folder / "scripts" / "secrets"], check=True, capture_output=True)
    return folder / ".env"


def read_settings(file: Path) -> dict[str, str]:
    """Return the settings of a .env file."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@cache
def read_compose(file: str, secrets: Path) -> dict[str, Any]:
    """Return a compose file as it is with these secrets: checked, extended and merged."""
    require(compose_missing())
    read = run_compose(file, secrets)
    assert read.returncode == 0, read.stderr
    config: dict[str, Any] = yaml.safe_load(read.stdout)
    return config


def run_compose(file: str, secrets: Path) -> subprocess.CompletedProcess[str]:
    """Let Docker Compose check and print a file."""
    return subprocess.run(
        ["scripts/compose", "--env-file", str(secrets), "-f", file, "config"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def _is_plugin_installed() -> bool:
    if not shutil.which("docker"):
        return False
    asked = ["docker", "compose", "version"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0
