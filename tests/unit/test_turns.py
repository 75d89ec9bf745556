import threading
import time

import pytest

from core import turns as module
from core.turns import BusyError, Turns

PATIENCE = 60.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(module, "_SILENT_SECONDS", 0.05)
    monkeypatch.setattr(module, "_TELL_SECONDS", 0.05)


class Asker:
    """Someone who asks in a thread, and goes on when told to."""

    def __init__(self, turns: Turns, who: str) -> None:
        self.positions: list[int] = []
        self.asking, self.answered = threading.Event(), threading.Event()
        self._turns, self._who = turns, who
        self.thread = threading.Thread(target=self._ask, daemon=True)
        waiting = len(turns._waiting)
        self.thread.start()
        while not (self.asking.is_set() or len(turns._waiting) > waiting):
            time.sleep(0.005)

    def _ask(self) -> None:
        with self._turns.take(self._who, self.positions.append):
            self.asking.set()
            self.answered.wait(PATIENCE)

    def end(self) -> None:
        self.answered.set()
        self.thread.join(PATIENCE)


def test_no_more_are_answered_than_there_are_slots():
    turns = Turns(2)
    first, second, third = (Asker(turns, name) for name in "abc")
    assert first.asking.wait(PATIENCE)
    assert second.asking.wait(PATIENCE)
    assert not third.asking.wait(0.3)
    first.end()
    assert third.asking.wait(PATIENCE)
    second.end()
    third.end()
    assert not turns._running
    assert not turns._waiting


def test_who_waits_long_is_told_the_position():
    turns = Turns(1)
    first, second, third = (Asker(turns, name) for name in "abc")
    while not (second.positions and third.positions):
        time.sleep(0.01)
    assert (second.positions[0], third.positions[0]) == (1, 2)
    for asker in (first, second, third):
        asker.end()


def test_someone_with_many_questions_does_not_keep_others_waiting():
    turns = Turns(2)
    many = [Asker(turns, "a") for _ in range(4)]
    other = Asker(turns, "b")
    many[0].end()
    assert other.asking.wait(PATIENCE)
    assert not many[2].asking.is_set()
    for asker in (*many, other):
        asker.end()


def test_patience_ends():
    turns = Turns(1, patience=0.2)
    first = Asker(turns, "a")
    with pytest.raises(BusyError, match="Too many questions"), turns.take("b"):
        pass
    assert not turns._waiting
    first.end()


def test_who_goes_away_while_waiting_leaves_the_queue():
    turns = Turns(1)
    first = Asker(turns, "a")

    def leave(_position: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), turns.take("b", leave):
        pass
    third = Asker(turns, "c")
    first.end()
    assert third.asking.wait(PATIENCE)
    third.end()


def test_an_error_frees_the_slot():
    turns = Turns(1, patience=0.2)
    with pytest.raises(ZeroDivisionError), turns.take("a"):
        raise ZeroDivisionError
    with turns.take("b"):
        pass
