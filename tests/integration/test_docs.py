"""The worked examples of the documentation, run as they stand."""

import re
import shlex
import sys
from functools import partial
from pathlib import Path
from subprocess import run

import pytest

from tests.support.commands import run_command

DOCS = Path(__file__).resolve().parents[2] / "docs"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = "python -m core "


class TestTracing:
    @pytest.fixture
    def blocks(self):
        return _BLOCK.findall((DOCS / "tracing.md").read_text("utf-8"))

    def test_the_example_gives_what_it_says(self, blocks, capsys, tmp_path, monkeypatch):
        monkeypatch.setenv("GENEKIN_HOME", str(tmp_path / "home"))
        command = partial(run_command, capsys)
        (script,) = [text for language, text in blocks if language == "python"]
        run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env={"PYTHONPATH": str(DOCS.parent)},
            check=True,
        )
        monkeypatch.chdir(tmp_path)
        shown = [text for language, text in blocks if not language]
        assert [text.startswith(_COMMAND) for text in shown] == [True, True, False, True, False]
        assert command(*shlex.split(shown[0].removeprefix(_COMMAND))).status == 0
        for asked, answer in (shown[1:3], shown[3:5]):
            assert command(*shlex.split(asked.removeprefix(_COMMAND))).out.split() == answer.split()
