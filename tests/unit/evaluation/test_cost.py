import pytest

from core.evaluation.cost import estimate_seconds
from core.evaluation.registry import METHODS, make_plan, make_quick_plan

ORGANISMS = {"human": 3629, "chimpanzee": 1675, "dog": 817}


class TestEstimate:
    def test_the_full_benchmark_on_three_organisms_takes_minutes(self):
        assert 5 * 60 < estimate_seconds(make_plan(), ORGANISMS) < 60 * 60

    def test_the_quick_one_on_a_sample_takes_less_than_two_minutes(self):
        assert estimate_seconds(make_quick_plan(), {"human": 1_000}) < 120

    def test_a_training_set_is_fitted_once(self):
        both, seed, stress = (
            estimate_seconds(make_plan(splits, ["forest"]), ORGANISMS)
            for splits in (["seed", "stress"], ["seed"], ["stress"])
        )
        assert both < seed + stress - 5

    def test_one_organism_has_no_transfer_and_a_library_no_copies(self):
        assert estimate_seconds(make_plan(["organisms", "copies"]), {"human": 3629}) == 0

    @pytest.mark.parametrize("method", sorted(set(METHODS) - {"majority"}))
    def test_every_method_takes_time(self, method):
        assert estimate_seconds(make_plan(["homology"], [method]), ORGANISMS) > 1
