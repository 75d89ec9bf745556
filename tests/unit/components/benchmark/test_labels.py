import numpy as np
import pytest

from components.benchmark.labels import is_own, method_mark, method_name, split_name
from core.evaluation.registry import METHODS, SPLITS


class TestMethodName:
    def test_every_method_has_its_own(self):
        names = {method_name(method) for method in METHODS}
        assert len(names) == len(METHODS)
        assert not names & {*METHODS} - {"blastn"}

    def test_an_index_of_the_count_encoder_is_named(self):
        assert method_name("count-hnsw") == "GeneKin, HNSW"

    @pytest.mark.parametrize(
        ("method", "own"), [("translated", True), ("count-hnsw", True), ("seed", False)]
    )
    def test_tells_genekin_from_others(self, method, own):
        assert is_own(method) == own


class TestMethodMark:
    def test_every_method_has_its_own(self):
        marks = {tuple(method_mark(method).values()) for method in METHODS}
        assert len(marks) == len(METHODS)

    @pytest.mark.parametrize("background", [1.0, 0.006], ids=["white", "dark"])
    @pytest.mark.parametrize("method", METHODS)
    def test_stands_out_from_the_background(self, method, background):
        luminance = _luminance(method_mark(method)["colour"])
        light, dark = max(luminance, background), min(luminance, background)
        assert (light + 0.05) / (dark + 0.05) >= 3


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2)."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    ]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


class TestSplitName:
    def test_every_split_has_its_own(self):
        names = {split_name(split) for split in SPLITS}
        assert len(names) == len(SPLITS)
        assert not names & {*SPLITS}
