"""Number of cases of the fault suite to try: all of them with `make torture`."""

import pytest

from tests.support.steps import THOROUGH, spread


@pytest.fixture
def some():
    """The numbers of the cases to try, from 1 to `count`: at most `few`, or `many` if thorough."""

    def choose(count: int, few: int = 8, many: int | None = None) -> list[int]:
        return spread(count, many if THOROUGH else few)

    return choose
