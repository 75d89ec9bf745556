"""Limits of what requests take at once."""

import pytest

from core.api import work
from core.api.problems import ProblemError
from core.api.work import BodyMemory, Work

MB = 1 << 20


class TestBodyMemory:
    def test_small_bodies_count_for_nothing(self):
        memory = BodyMemory()
        held = [memory.hold(MB) for _ in range(100)]
        for body in held:
            body.take(MB)
        assert memory._used == 0

    def test_large_ones_share_it(self):
        memory = BodyMemory()
        first, second = memory.hold(4 * MB), memory.hold(4 * MB)
        for _ in range(3):
            first.take(MB)
        second.take(MB)
        with pytest.raises(ProblemError) as error:
            second.take(2 * MB)
        assert error.value.status == 503
        first.release()
        second.release()
        assert memory._used == 0
        second.take(3 * MB)

    def test_the_only_one_may_have_more(self):
        memory = BodyMemory()
        body = memory.hold(2 * MB)
        for _ in range(5):
            body.take(MB)
        assert memory._used == 5 * MB


class TestAdmission:
    def test_is_limited_for_each_user_and_for_all(self, monkeypatch):
        monkeypatch.setattr(work, "MAX_USER_QUESTIONS", 2)
        monkeypatch.setattr(work, "MAX_QUESTIONS", 3)
        working = Work()
        with working.admit("ada"), working.admit("ada"):
            with pytest.raises(ProblemError) as own, working.admit("ada"):
                pass
            with (
                working.admit("carl"),
                pytest.raises(ProblemError) as all_of_them,
                working.admit("rita"),
            ):
                pass
        assert (own.value.status, all_of_them.value.status) == (429, 503)
        assert working._questions.total() == 0
