import pytest

from core.errors import InputError
from core.evaluation.registry import (
    BENCHMARK_SPLITS,
    DEFAULT_SPLITS,
    METHODS,
    SPLITS,
    PlannedSplit,
    make_methods,
    make_plan,
)
from core.settings import Settings
from core.stores.milvus.index import INDEX_KINDS
from core.stores.sql.database import Database


class TestMakePlan:
    def test_the_default_has_every_method_and_its_own_splits(self):
        plan = make_plan()

        assert tuple(part.split for part in plan.parts) == DEFAULT_SPLITS
        assert set(plan.methods) == set(METHODS)
        assert plan.seed == 42

    def test_methods_without_splits_go_to_the_default_ones(self):
        assert make_plan(methods=["knn"]).parts == tuple(
            PlannedSplit(split, ("knn",)) for split in DEFAULT_SPLITS
        )

    def test_splits_without_methods_have_their_usual_ones(self):
        (part,) = make_plan(["homology"]).parts

        assert {"translated", "seed", "mysql", "knn", "blastn"} <= set(part.methods)

    def test_each_is_planned_once(self):
        plan = make_plan(["seed", "seed"], ["svm", "knn", "svm"])

        assert plan.parts == (PlannedSplit("seed", ("svm", "knn")),)

    @pytest.mark.parametrize(
        ("splits", "methods", "said"),
        [
            (["sead"], [], "There is no split 'sead'. Choose from: seed, copies, folds"),
            ([], ["magic"], "There is no method 'magic'. Choose from: translated, seed, count"),
        ],
    )
    def test_what_there_is_not_is_named_beside_what_there_is(self, splits, methods, said):
        with pytest.raises(InputError) as error:
            make_plan(splits, methods)
        assert str(error.value).startswith(said)

    @pytest.mark.parametrize("seed", [-1, 1 << 32])
    def test_a_seed_that_cannot_be(self, seed):
        with pytest.raises(InputError, match="cannot be a seed"):
            make_plan(seed=seed)


class TestMakeMethods:
    def test_one_for_every_name(self, tmp_path):
        database = Database(f"sqlite:///{tmp_path / 'labels.sqlite'}", timeout=10)

        methods = make_methods(Settings(home=tmp_path), database)

        assert tuple(methods) == METHODS
        indexes = {method.settings().get("index") for method in methods.values()}
        assert set(INDEX_KINDS) <= indexes
        database.close()


class TestSplits:
    @pytest.mark.parametrize("splits", [SPLITS, BENCHMARK_SPLITS])
    def test_each_says_what_it_is(self, splits):
        for name, split in splits.items():
            assert split.name == name
            assert split.title
            assert split.about.endswith(".")
