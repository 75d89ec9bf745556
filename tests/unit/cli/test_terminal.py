import re
import sys
from pathlib import Path

import pytest

from core.cli import terminal
from core.cli.terminal import escape_controls, print_error, print_text

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
