"""Complete evaluations: training sets, queries, reports, progress."""

import numpy as np
import pytest

from core.errors import Cancelled, InputError
from core.evaluation.clusters import nearest_similarities
from core.evaluation.data import LabelledData
from core.evaluation.registry import BENCHMARK_SPLITS, Plan, PlannedSplit
from core.evaluation.report import Report
from core.evaluation.runner import evaluate
from core.evaluation.splits import UNMODIFIED
from tests.support.evaluation_data import Spy, data
from tests.support.synthetic import dna

SPLITS = ("seed", "folds", "homology", "organisms", "stress")
WHOLE = data("human", "dog", families=6, count=6)


def plan(*splits: str, methods: tuple[str, ...] = ("knn",)) -> Plan:
    return Plan(tuple(PlannedSplit(split, methods) for split in splits))


def run(spy: Spy, *splits: str, given: LabelledData = WHOLE) -> Report:
    return evaluate(given, plan(*splits), {"knn": spy}).report


class TestWhatIsLearnedFrom:
    @pytest.mark.parametrize("split", SPLITS)
    def test_nothing_that_is_asked_about_is_among_it(self, split):
        spy = Spy()
        queried = []
        predict = spy._predict

        def watched(sequences):
            queried.append((spy.fitted_on[-1].sequences, sequences))
            return predict(sequences)

        spy._predict = watched  # type: ignore[method-assign]
        run(spy, split)

        assert queried
        for known, queries in queried:
            assert not set(known) & set(queries)

    def test_families_and_organisms_stay_beside_their_sequences(self):
        spy = Spy()
        run(spy, "organisms")

        truth = dict(zip(WHOLE.sequences, WHOLE.families.tolist(), strict=True))
        for training in spy.fitted_on:
            assert len(set(training.organisms)) == 1
            pairs = zip(training.sequences, training.families.tolist(), strict=True)
            assert all(truth[sequence] == family for sequence, family in pairs)

    def test_what_two_splits_learn_from_alike_is_learned_once(self):
        spy = Spy()
        report = run(spy, "seed", "stress")

        assert len(spy.fitted_on) == 1
        plain = [item for item in report.results if item.task == UNMODIFIED]
        assert [item.split for item in plain] == ["seed", "stress"]
        assert spy.queries.count(plain_queries(spy)) == 1

    def test_a_method_is_closed_when_it_has_answered(self):
        spy = Spy()
        run(spy, "folds")

        assert spy.open == 0


def plain_queries(spy: Spy):
    return spy.queries[0]


class TestReport:
    def test_figures_of_a_method_that_always_says_the_same(self):
        report = run(Spy(), "folds")

        (result,) = report.results
        assert (result.split, result.task, result.method) == ("folds", UNMODIFIED, "knn")
        assert result.count == 2 * len(WHOLE)
        assert result.accuracy == pytest.approx(1 / 6)
        assert result.accuracy_interval.low < 1 / 6 < result.accuracy_interval.high
        assert result.macro_f1 == pytest.approx(2 / 7 / 6)
        assert result.called == 1.0
        assert result.called_right == pytest.approx(1 / 6)
        assert result.calibration_error is result.mean_score is None
        assert sum(item.count for item in result.by_similarity) == result.count
        assert result.queries_per_second > 0

    def test_says_what_it_was_made_of_and_with(self):
        report = run(Spy(), "seed")

        assert report.data.source == "made up"
        assert report.data.digest == WHOLE.digest()
        assert (report.data.sequences, report.data.distinct) == (72, 72)
        assert report.data.families == dict.fromkeys(range(6), 12)
        assert report.data.organisms == {"human": 36, "dog": 36}
        assert report.seed == 42
        assert {"processor", "cores", "memory"} <= report.machine.keys()
        assert {"genekin", "Python", "scikit-learn", "pymilvus"} <= report.versions.keys()
        assert report.methods[0].settings == {"eyes": 2}
        assert report.splits[0].training == (57,)

    def test_comes_back_from_json_as_it_was(self):
        report = run(Spy(), "seed", "organisms")

        assert Report.from_json(report.to_json()) == report
        assert report.result("organisms", "dog from human", "knn") is not None
        assert report.result("organisms", "cat from human", "knn") is None

    def test_is_always_the_same_for_a_seed(self):
        one, other = (run(Spy(), "seed", "stress") for _ in range(2))

        assert [item.accuracy_interval for item in one.results] == [
            item.accuracy_interval for item in other.results
        ]

    def test_changed_queries_are_compared_with_nothing(self):
        report = run(Spy(), "stress")

        compared = {item.task: bool(item.by_similarity) for item in report.results}
        assert compared.pop(UNMODIFIED)
        assert not any(compared.values())


class TestWhatCannotBe:
    def test_a_method_that_cannot_run_here_is_told_and_not_asked(self):
        spy = Spy(missing="It needs a quantum computer.")
        report = run(spy, "seed")

        assert report.methods[0].missing == "It needs a quantum computer."
        assert not spy.fitted_on
        assert not report.results

    def test_one_that_fails_does_not_stop_the_others(self):
        methods = {"svm": Spy(broken_from=0), "knn": Spy()}
        report = evaluate(WHOLE, plan("folds", methods=("svm", "knn")), methods).report

        assert [(item.split, item.method, item.message) for item in report.failures] == [
            ("folds", "svm", "The spy was caught.")
        ]
        assert [item.method for item in report.results] == ["knn"]

    def test_half_of_its_rounds_are_no_result(self):
        spy = Spy(broken_from=3)
        report = run(spy, "folds")

        assert len(spy.queries) == 3
        assert [item.method for item in report.failures] == ["knn"]
        assert report.results == ()

    def test_a_split_that_cannot_be_made_says_why(self):
        report = run(Spy(), "copies", "seed")

        missing = {item.name: item.missing for item in report.splits}
        assert missing["copies"].startswith("There are no exact copies")
        assert not missing["seed"]

    def test_no_split_at_all_is_an_error(self):
        with pytest.raises(InputError, match="no exact copies"):
            run(Spy(), "copies")


class TestProgress:
    def test_rises_to_a_hundred_percent(self):
        steps = []
        evaluate(WHOLE, plan("seed", "folds"), {"knn": Spy()}, lambda *words: steps.append(words))

        assert {item[2] for item in steps} == {100}
        done = [item[1] for item in steps]
        assert done == sorted(done)
        assert steps[-1] == ("Scoring", 100, 100)

    def test_a_method_counts_by_the_time_that_it_takes(self):
        steps = []
        methods = named("majority", "mysql")
        evaluate(
            WHOLE,
            plan("seed", methods=("majority", "mysql")),
            methods,
            lambda *words: steps.append(words),
        )

        predicting = [done for step, done, _ in steps if step.startswith("Predicting")]
        assert predicting[0] == 0
        assert predicting[1] > 50

    def test_a_failure_counts_as_done(self):
        steps = []
        methods = {"svm": Spy(broken_from=0), "knn": Spy()}
        evaluate(
            WHOLE,
            plan("seed", methods=("svm", "knn")),
            methods,
            lambda *words: steps.append(words),
        )

        (done,) = [done for step, done, _ in steps if step.startswith("Predicting with spy, ")]
        assert done > 50

    @pytest.mark.parametrize(
        "word", ["Splitting", "Comparing", "Training spy", "Predicting with spy", "Scoring"]
    )
    def test_ends_between_any_two_steps(self, word):
        spy = Spy()

        def progress(doing, _done, _total):
            if doing.startswith(word):
                raise Cancelled("Enough.")

        with pytest.raises(Cancelled):
            evaluate(WHOLE, plan("seed"), {"knn": spy}, progress)
        assert spy.open == 0


class TestNearestSimilarities:
    def test_a_copy_is_one_and_a_stranger_nearly_nothing(self):
        found = nearest_similarities(WHOLE.sequences, [WHOLE.sequences[3], dna("stranger", 450)])

        assert found[0] == pytest.approx(1.0, abs=1e-4)
        assert 0 <= found[1] < 0.05

    def test_batches_do_not_show(self):
        many = [*WHOLE.sequences, *(dna(str(number), 60) for number in range(70))]
        whole = nearest_similarities(WHOLE.sequences, many)

        single = [nearest_similarities(WHOLE.sequences, [item])[0] for item in many[::20]]
        assert whole[::20] == pytest.approx(np.array(single))


def named(*names: str) -> dict[str, Spy]:
    """Return methods by their names."""
    methods = {name: Spy() for name in names}
    for name, spy in methods.items():
        spy.name = name
    return methods


class TestReportSoFar:
    def test_comes_whenever_a_method_is_done_with_a_split(self):
        reports: list[Report] = []
        methods = named("svm", "knn")
        last = evaluate(
            WHOLE, plan("seed", "folds", methods=("svm", "knn")), methods, on_report=reports.append
        ).report

        found = [[(item.split, item.method) for item in report.results] for report in reports]
        assert [len(results) for results in found] == [1, 2, 3, 4]
        assert found[1] == [("seed", "svm"), ("seed", "knn")]
        assert reports[-1].results == last.results

    def test_a_method_that_failed_is_not_in_it(self):
        reports: list[Report] = []
        methods = {"svm": Spy(broken_from=1), "knn": Spy()}
        evaluate(WHOLE, plan("folds", methods=("svm", "knn")), methods, on_report=reports.append)

        assert [[item.method for item in report.results] for report in reports] == [["knn"]]


class TestOptions:
    def test_predictions_are_returned_beside_the_report(self):
        outcome = evaluate(WHOLE, plan("folds"), {"knn": Spy()})

        (predictions,) = outcome.predictions.values()
        assert list(outcome.predictions) == [("folds", UNMODIFIED, "knn")]
        assert predictions.families.size == outcome.report.results[0].count

    def test_further_splits_may_be_given(self):
        outcome = evaluate(
            WHOLE, plan("left-out-families"), {"knn": Spy()}, splits=BENCHMARK_SPLITS
        )

        assert [(item.task, item.accuracy) for item in outcome.report.results] == [
            (name, 0.0) for name in ("Kinase", "Synthase", "2", "3", "4", "5")
        ]

    def test_queries_come_in_batches(self):
        spy = Spy()
        evaluate(WHOLE, plan("seed"), {"knn": spy}, batch_size=10)

        assert [len(queries) for queries in spy.queries] == [10, 5]
