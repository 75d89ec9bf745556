import pytest

from core.jobs.progress import ProgressMeter


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class TestMeter:
    def test_the_first_word_has_no_rate_yet(self):
        progress = ProgressMeter(Clock()).update("Loading", 5, 10)
        assert (progress.rate, progress.seconds_left) == (None, None)

    def test_nothing_is_told_from_the_blink_of_an_eye(self):
        clock = Clock()
        meter = ProgressMeter(clock)
        meter.update("Loading", 0, 10_000)
        clock.now += 0.01

        progress = meter.update("Loading", 256, 10_000)
        assert (progress.rate, progress.seconds_left) == (None, None)

    def test_the_rate_is_that_of_the_last_half_minute(self):
        clock = Clock()
        meter = ProgressMeter(clock)
        done = 0
        for step in range(200):
            clock.now += 1
            done += 1_000 if step < 100 else 10
            progress = meter.update("Loading", done, done + 50)

        assert progress.rate == pytest.approx(10)
        assert progress.seconds_left == pytest.approx(5)

    def test_begins_anew_with_another_thing_to_do(self):
        clock = Clock()
        meter = ProgressMeter(clock)
        meter.update("Learning", 0, 10)
        clock.now += 1
        meter.update("Learning", 10, 10)
        clock.now += 1

        assert meter.update("Loading", 512, 1_000).rate is None
        clock.now += 1
        assert meter.update("Loading", 1_024, 1_000).seconds_left == 0

    def test_and_with_the_same_thing_once_more(self):
        clock = Clock()
        meter = ProgressMeter(clock)
        meter.update("Loading", 900, 1_000)
        clock.now += 1

        assert meter.update("Loading", 10, 1_000).rate is None

    def test_where_nothing_goes_on_no_time_is_told(self):
        clock = Clock()
        meter = ProgressMeter(clock)
        meter.update("Fitting", 0, 10)
        clock.now += 1

        progress = meter.update("Fitting", 0, 10)
        assert (progress.rate, progress.seconds_left) == (0, None)
