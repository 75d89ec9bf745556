"""A home of which a file is damaged says so, or answers as before; nothing else."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.torture import ARCHIVE, copied, examine, make_home

pytestmark = pytest.mark.timeout(1800)


def _truncate(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def _garble(file: Path) -> None:
    """Overwrite a third of it, in the middle."""
    content = bytearray(file.read_bytes())
    size = max(1, len(content) // 3)
    content[size : 2 * size] = random.Random(file.name).randbytes(size)
    file.write_bytes(content)


def _flip(file: Path) -> None:
    """Change a bit in the middle, as a disk does."""
    content = bytearray(file.read_bytes())
    if content:
        content[len(content) // 2] ^= 1
    file.write_bytes(content)


DAMAGES: Mapping[str, Callable[[Path], object]] = {
    "truncated": _truncate,
    "emptied": lambda file: file.write_bytes(b""),
    "removed": lambda file: file.unlink(),
    "garbled": _garble,
    "flipped": _flip,
}
LABELS = "labels.sqlite"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return make_home(tmp_path_factory.mktemp("torture") / "home").home


@pytest.mark.parametrize("damage", DAMAGES)
def test_is_an_error_or_leaves_the_libraries_as_they_were(damage, home, tmp_path, some):
    files = [
        file.relative_to(home)
        for file in sorted(home.rglob("*"))
        if file.is_file() and file.name != ARCHIVE
    ]
    with copied(home, tmp_path / "before") as settings:
        before = examine(settings).seen
    findings = []
    first = list(DAMAGES).index(damage)  # So that a few of each kind meet every file.
    for number in some(len(files), few=4):
        file = files[(number - 1 + first) % len(files)]
        # Without its labels, a home is a new one.
        allowed = (before, {}) if file.name == LABELS else (before,)
        with copied(home, tmp_path / "home") as settings:
            DAMAGES[damage](settings.home / file)
            found = examine(settings, damaged=True)
        if found.error and not found.expected:
            findings.append(f"{file} {damage}: {found.error}")
        elif found.seen is None and not found.error:
            findings.append(f"{file} {damage}: the process died")
        elif found.error and file.name != LABELS:
            findings.append(f"{file} {damage}: is not repaired: {found.error}")
        elif not found.error and found.seen not in allowed:
            findings.append(f"{file} {damage}: other answers, and no error")
        elif not found.error and found.first not in (None, *allowed):
            findings.append(f"{file} {damage}: other answers before the repair, and no error")

    assert not findings, "\n".join(findings)
