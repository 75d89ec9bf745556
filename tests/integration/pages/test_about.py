import pytest

from core import __version__
from tests.support.pages import shown


class TestHelp:
    def test_explains_confidence_and_how_to_cite_without_a_library(self, opened):
        page = opened("about")
        assert [header.value for header in page.header] == [
            "What it does",
            "What it does not do",
            "How to read the results",
            "Good to know",
            "How to cite",
            "Versions",
        ]
        assert "about nine in ten are right" in shown(page)
        assert f"version = {{{__version__}}}" in page.code[0].value
        assert "scikit-learn" in shown(page)
        assert "Fingerprint" not in shown(page)

    @pytest.mark.usefixtures("loaded")
    def test_states_the_library_and_its_threshold(self, opened):
        text = shown(opened("about"))
        for fact in ("default", "human (12), dog (4)", "count", "Confidence threshold"):
            assert fact in text
