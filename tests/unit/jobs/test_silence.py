from core.jobs.silence import LOST_AFTER, SilenceWatch


class Clock:
    """A monotonic clock that tests set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def look(watch, clock, seconds, beat):
    """Look once a second, for so many seconds; return who was silent in the end."""
    silent = set()
    for second in range(seconds):
        clock.now += 1
        silent = watch.silent({"worker": beat(second)})
    return silent


def watched() -> tuple[SilenceWatch[str], Clock]:
    clock = Clock()
    return SilenceWatch(clock), clock


def test_a_heartbeat_that_changes_is_no_silence():
    assert look(*watched(), 100, lambda second: second // 5) == set()


def test_one_that_stays_is():
    watch, clock = watched()
    assert look(watch, clock, int(LOST_AFTER), lambda _: 7.0) == set()
    assert look(watch, clock, 2, lambda _: 7.0) == {"worker"}


def test_a_clock_of_the_database_that_jumps_is_neither():
    watch, clock = watched()
    for start in (0, 3_600, -3_600):
        assert look(watch, clock, 20, lambda second, start=start: start + second // 5) == set()


def test_time_in_which_nobody_looked_does_not_count():
    watch, clock = watched()
    look(watch, clock, 20, lambda _: 7.0)
    clock.now += 600  # The database was away, and the worker could not write either.
    assert look(watch, clock, 10, lambda _: 7.0) == set()
    assert look(watch, clock, int(LOST_AFTER), lambda _: 7.0) == {"worker"}
