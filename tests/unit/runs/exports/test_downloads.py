from dataclasses import replace

import pytest

from core.runs import RunSettings
from core.runs.exports.downloads import download, facts, file_name
from tests.support.exported_run import HOSTILE, RUN


class TestFileName:
    @pytest.mark.parametrize("name", [*HOSTILE, "../../etc/passwd", "a/b\\c:d", "", "…"])
    def test_is_one_that_every_system_takes(self, name):
        found = file_name(name)
        assert len(found) <= 60
        assert found == "" or (found.replace("_", "a").isalnum() and found.isascii())


class TestDownload:
    def test_is_called_after_the_run_and_its_day(self):
        assert download(RUN, ".tsv", "text/plain", "").name == "Plate_7_b_b_2026-03-09.tsv"
        assert download(replace(RUN, name="α"), ".tsv", "text/plain", "").name == "2026-03-09.tsv"

    def test_text_is_utf_8_without_halves_of_characters(self):
        assert download(RUN, "", "", "Gen α \ud83e").data.decode() == "Gen α ?"


class TestFacts:
    def test_are_what_it_takes_to_make_it_again(self):
        assert facts(RUN, "https://lab/run") == {
            "run": RUN.name,
            "link": "https://lab/run",
            "date": "2026-03-09 14:05:06 UTC",
            "by": "Ada",
            "queries": "18",
            "seconds": "0.250",
            "library": "default (4,449 genes, encoder translated)",
            "organisms": "human (3,629), dog (820)",
            "fingerprint": "f" * 32,
            "contents": "c" * 64,
            "searched": "human, dog",
            "neighbours": "10",
            "threshold": "0.87",
            "versions": "GeneKin 0.1.0, numpy 2.4.6",
        }

    def test_what_is_not_known_is_left_out(self):
        found = facts(replace(RUN, by="", settings=RunSettings(None, 10, 0.5)))
        assert not {"by", "link"} & found.keys()
        assert found["searched"] == "all organisms"
