"""An operation that is killed, or fails, at any write leaves the old state or the new one."""

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from core.settings import Settings
from tests.support.steps import FAIL, FULL, KILL
from tests.support.torture import (
    CALIBRATE,
    OPERATIONS,
    View,
    attempt,
    copied,
    examine,
    make_home,
    make_home_with_model,
)

pytestmark = pytest.mark.timeout(1800)

_AT_A_TIME = 3
"""Each waits for a process of its own, and that for Milvus Lite."""


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return make_home(tmp_path_factory.mktemp("torture") / "home").home


@pytest.fixture(scope="module")
def home_with_model(tmp_path_factory) -> Path:
    return make_home_with_model(tmp_path_factory.mktemp("torture") / "home").home


class Trial:
    """An operation on copies of a home, and the states that are allowed afterwards."""

    def __init__(self, template: Path, folder: Path, operation: str) -> None:
        self._template, self._folder, self._operation = template, folder, operation
        with copied(template, folder / "before") as settings:
            self._before = self._look(settings)
        with copied(template, folder / "after") as settings:
            done = attempt(settings, operation)
            assert not done.error
            self._after = self._look(settings)
        assert self._before != self._after
        self.steps = done.steps

    def _look(self, settings: Settings) -> Mapping[str, View]:
        outcome = examine(settings)
        assert not outcome.error, outcome.error
        assert outcome.seen
        return outcome.seen

    def run(self, fault: str, steps: Sequence[int]) -> list[str]:
        """Return what is wrong after a fault at each of some steps."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return [text for wrong in pool.map(partial(self._run, fault), steps) for text in wrong]

    def _run(self, fault: str, step: int) -> list[str]:
        """Return what is wrong after a fault at a step."""
        folder = self._folder / f"{fault} {step}"
        with copied(self._template, folder) as settings:
            ended = attempt(settings, self._operation, fault, step)
            found = examine(settings)
        allowed = (self._before, self._after)
        wrong = []
        if not ended.expected:
            wrong.append(f"it failed with {ended.error}")
        if ended.seen is not None and ended.seen not in allowed:
            wrong.append("its process sees another state afterwards")
        if found.error:
            wrong.append(found.error)
        if found.seen is None and not found.error:
            wrong.append("the process that looked died")
        if found.seen is not None and found.seen not in allowed:
            wrong.append(f"another state is left: {_differences(found.seen, self._before)}")
        where = f"{self._operation}, {fault} at {step} ({self.steps[step - 1]})"
        return [f"{where}: {text}" for text in wrong]


def _differences(found: Mapping[str, View], before: Mapping[str, View]) -> str:
    return ", ".join(name for name in {*found, *before} if found.get(name) != before.get(name))


@pytest.fixture(scope="module", params=OPERATIONS)
def trial(request, home, tmp_path_factory) -> Trial:
    return Trial(home, tmp_path_factory.mktemp("trial"), request.param)


@pytest.mark.parametrize("fault", [KILL, FULL, FAIL])
def test_leaves_the_old_state_or_the_new_one(trial, fault, some):
    few, many = {KILL: (6, None), FULL: (3, None)}.get(fault, (3, 24))

    findings = trial.run(fault, some(len(trial.steps), few, many))
    assert not findings, "\n".join(findings)


@pytest.fixture(scope="module")
def calibration(home_with_model, tmp_path_factory) -> Trial:
    return Trial(home_with_model, tmp_path_factory.mktemp("trial"), CALIBRATE)


@pytest.mark.parametrize("fault", [KILL, FULL, FAIL])
def test_so_does_a_calibration(calibration, fault, some):
    findings = calibration.run(fault, some(len(calibration.steps), few=3))
    assert not findings, "\n".join(findings)


def test_copies_of_a_home_are_alike(home, tmp_path):
    """The trials compare copies with each other."""
    shutil.copytree(home, tmp_path / "one")
    shutil.copytree(home, tmp_path / "other")
    one, other = (
        examine(Settings(home=tmp_path / name, disk_reserve_mb=0)) for name in ("one", "other")
    )

    assert one == other
    assert one.seen
