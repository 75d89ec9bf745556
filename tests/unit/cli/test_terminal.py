import re
import sys
from pathlib import Path

import pytest

from core.cli import terminal
from core.cli.terminal import (
    StreamProgress,
    escape_controls,
    print_error,
    print_text,
    stream_progress,
)

CLI = Path(terminal.__file__).parent


class TestEscapeControls:
    @pytest.mark.parametrize(
        ("text", "escaped"),
        [
            ("a\x1b[2J", "a\\x1b[2J"),
            ("a\x07\r\x7f\x9b", "a\\x07\\x0d\\x7f\\x9b"),
            ("a\u202eb\u2066\u200f", "a\\u202eb\\u2066\\u200f"),
            ("a\u2028\udc9b", "a\\u2028\\udc9b"),
        ],
    )
    def test_escapes_what_a_terminal_obeys(self, text, escaped):
        assert escape_controls(text) == escaped

    @pytest.mark.parametrize("text", ["", "a\tb\n", "Gen_α 🧬 مر"])
    def test_leaves_other_text(self, text):
        assert escape_controls(text) == text


class TestPrinting:
    def test_a_terminal_gets_it_escaped(self, capsys, monkeypatch):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        print_text("a\x1b[2J\n")
        assert capsys.readouterr().out == "a\\x1b[2J\n"

    def test_a_file_or_a_pipe_gets_it_as_it_is(self, capsys):
        print_text("a\x1b[2J\n")
        assert capsys.readouterr().out == "a\x1b[2J\n"

    def test_an_error_is_one_escaped_line_everywhere(self, capsys):
        print_error("genekin", "no\n\x1b[2J")
        assert capsys.readouterr().err == "genekin: no \\x1b[2J\n"

    def test_commands_print_in_no_other_way(self):
        printing = re.compile(r"std(?:out|err)\.write\(|click\.s?echo|\bprint\(")
        found = {file.name for file in CLI.glob("*.py") if printing.search(file.read_text("utf-8"))}
        assert found == {"terminal.py"}


class TestStreamProgress:
    def test_shows_records_rate_and_time_left(self):
        lines: list[str] = []
        times = iter([0.0, 10.0, 20.0, 100.0])
        progress = StreamProgress(lines.append, 1_000, 0, lambda: next(times))
        progress.show("Classifying", 100, 120, 12)
        progress.show("Classifying", 300, 320, 32)
        progress.show("Classifying", 1_900, 2_000, 200)
        assert lines == [
            "Classifying: 100 records, 10/s, about 16 min left",
            "Classifying: 300 records, 15/s, about 11 min left",
            "Classifying: 1,900 records, 20/s, about 7 min left",
        ]

    def test_counts_only_this_run_in_the_rate(self):
        lines: list[str] = []
        times = iter([0.0, 10.0])
        progress = StreamProgress(lines.append, None, 5_000, lambda: next(times))
        progress.show("Tracing", 5_100, 6_000, 70)
        assert lines == ["Tracing: 5,100 records, 10/s"]

    @pytest.mark.parametrize(("is_terminal", "begin"), [(True, "\r\x1b[K"), (False, "")])
    def test_is_one_line_of_a_terminal_and_rare_elsewhere(
        self, capsys, monkeypatch, is_terminal, begin
    ):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
        with stream_progress(None, 0) as progress:
            progress.show("Classifying", 1, 1, 1)
        assert "Classifying" not in capsys.readouterr().err
        monkeypatch.setattr(terminal, "_LINE_SECONDS", 0)
        monkeypatch.setattr(terminal, "_LOG_SECONDS", 0)
        with stream_progress(None, 0) as progress:
            progress.show("Classifying", 1, 1, 1)
        assert capsys.readouterr().err.startswith(f"{begin}Classifying: 1 records")
