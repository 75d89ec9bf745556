"""Number of cases of the fault suite to try: all of them with `make torture`."""

import os

import pytest

from tests.support.steps import spread

THOROUGH = bool(os.environ.get("TEST_THOROUGH"))


@pytest.fixture
def some():
    """The numbers of the cases to try, from 1 to `count`: at most `few`, or `many` if thorough."""

    def choose(count: int, few: int = 8, many: int | None = None) -> list[int]:
        return spread(count, many if THOROUGH else few)

    return choose
