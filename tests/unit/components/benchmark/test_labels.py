import pytest

from components.benchmark.labels import is_own, method_name, split_name
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


class TestSplitName:
    def test_every_split_has_its_own(self):
        names = {split_name(split) for split in SPLITS}
        assert len(names) == len(SPLITS)
        assert not names & {*SPLITS}
