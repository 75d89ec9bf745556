"""A restoration that is killed, or fails, at any write leaves nothing or everything."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.support.steps import FAIL, FULL, KILL
from tests.support.torture import (
    RESTORE,
    attempt,
    copied,
    examine,
    home_settings,
    make_empty_home,
    make_home,
)

pytestmark = pytest.mark.timeout(1800)

_AT_A_TIME = 3


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return make_home(tmp_path_factory.mktemp("source") / "home").home


@pytest.fixture(scope="module")
def empty(source, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("empty") / "home"
    return make_empty_home(folder, home_settings(source)).home


@pytest.fixture(scope="module")
def expected(source):
    """View of the home that was backed up."""
    outcome = examine(home_settings(source))
    assert not outcome.error
    assert outcome.seen
    return outcome.seen


def findings(empty: Path, folder: Path, expected, fault: str, step: int) -> list[str]:
    """Return what is wrong after a fault at a step, and after the backup is restored again."""
    with copied(empty, folder / f"{fault} {step}") as settings:
        ended = attempt(settings, RESTORE, fault, step)
        found = examine(settings)
        wrong = [] if ended.expected else [f"it failed with {ended.error}"]
        if found.error or found.seen not in ({}, expected):
            wrong.append(found.error or "a part is left")
        elif not found.seen:
            again = attempt(settings, RESTORE)
            if again.error or again.seen != expected:
                wrong.append(f"it cannot be restored again: {again.error}")
    return [f"{fault} at {step}: {text}" for text in wrong]


@pytest.mark.parametrize("fault", [KILL, FULL, FAIL])
def test_leaves_nothing_or_everything(empty, expected, tmp_path, fault, some):
    with copied(empty, tmp_path / "whole") as settings:
        whole = attempt(settings, RESTORE)
        assert not whole.error
        assert whole.seen == expected
    few, many = (8, None) if fault == KILL else (4, 24)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        tried = partial(findings, empty, tmp_path, expected, fault)
        wrong = [
            text for found in pool.map(tried, some(len(whole.steps), few, many)) for text in found
        ]
    assert not wrong, "\n".join(wrong)
