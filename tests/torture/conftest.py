"""How many of the cases of the fault suite are tried: all of them with `make torture`."""

import os
from collections.abc import Sequence

import pytest

from tests.support.steps import spread

THOROUGH = bool(os.environ.get("TEST_THOROUGH"))


@pytest.fixture
def some():
    """The numbers of the cases to try, from 1 to `count`: at most `few`, or `many` if thorough."""

    def choose(count: int, few: int = 8, many: int | None = None) -> list[int]:
        return spread(count, many if THOROUGH else few)

    return choose


@pytest.fixture
def report():
    """Fail with all findings; expect failure where only known ones are among them."""

    def check(findings: Sequence[str], known: Sequence[str] = ()) -> None:
        new = [found for found in findings if not any(part in found for part in known)]
        assert not new, "\n".join(new)
        if findings:
            pytest.xfail("\n".join(findings))

    return check
