"""Progress as programs ask for it."""

import pytest

from core.progress import no_progress
from genekin.progress import show_progress


def test_nothing_is_shown_unless_asked(capsys):
    with show_progress(progress=False) as report:
        assert report is no_progress
        report("Loading", 1, 2)
    assert capsys.readouterr() == ("", "")


def test_a_line_is_overwritten_and_ended(capsys):
    with show_progress(progress=True) as report:
        report("Loading", 1_000, 1_000)
        report("Counting\x1b[2J", 7, 0)
        report("Counting", 7, 7)
    captured = capsys.readouterr()
    lines = captured.err.split("\r")
    assert [line.rstrip() for line in lines] == [
        "",
        "Loading: 1,000 of 1,000",
        "Counting: 7 of 7",
    ]
    assert captured.err.endswith("\n")
    assert captured.out == ""


def test_a_line_that_was_not_begun_is_not_ended(capsys):
    with show_progress(progress=True):
        pass
    assert capsys.readouterr() == ("", "")


def test_a_function_is_called_with_every_report():
    seen = []
    with show_progress(lambda *values: seen.append(values)) as report:
        for done in range(3):
            report("Loading", done, 2)
    assert seen == [("Loading", 0, 2), ("Loading", 1, 2), ("Loading", 2, 2)]


def test_an_error_ends_the_line(capsys):
    def be_interrupted():
        with show_progress(progress=True) as report:
            report("Loading", 1, 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        be_interrupted()
    assert capsys.readouterr().err.endswith("\n")
