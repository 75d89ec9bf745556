from dataclasses import replace

import pytest

from core.evaluation.diff import compare_accuracy, describe_differences
from core.evaluation.measures import Interval
from core.evaluation.registry import make_plan
from core.evaluation.runner import evaluate
from tests.support.evaluation_data import Spy, data


@pytest.fixture(scope="module")
def report():
    return evaluate(data(), make_plan(["seed"], ["knn"]), {"knn": Spy()}).report


def with_accuracy(report, accuracy, low, high):
    (result,) = report.results
    changed = replace(result, accuracy=accuracy, accuracy_interval=Interval(low, high))
    return replace(report, results=(changed,))


class TestDifferences:
    def test_of_one_with_itself_is_nothing(self, report):
        (found,) = compare_accuracy(report, report)
        assert found.change == 0
        assert found.interval.low <= 0 <= found.interval.high

    def test_the_interval_joins_those_of_both(self, report):
        earlier = with_accuracy(report, 0.60, 0.57, 0.64)
        later = with_accuracy(report, 0.80, 0.76, 0.83)

        (found,) = compare_accuracy(earlier, later)

        assert found.change == pytest.approx(0.20)
        assert found.interval.low == pytest.approx(0.20 - (0.04**2 + 0.04**2) ** 0.5)
        assert found.interval.high == pytest.approx(0.20 + (0.03**2 + 0.03**2) ** 0.5)

    def test_only_what_both_were_asked_is_compared(self, report):
        assert compare_accuracy(report, replace(report, results=())) == []


class TestUnlike:
    def test_two_that_were_made_alike(self, report):
        assert describe_differences(report, report) == []

    def test_what_differs_is_named(self, report):
        other = replace(
            report,
            data=replace(report.data, digest="f" * 64, source="elsewhere"),
            seed=7,
            versions=report.versions | {"numpy": "1.0"},
            machine=report.machine | {"cores": "640"},
            methods=(replace(report.methods[0], settings={"eyes": 3}),),
        )

        data_, seed, versions, settings, machine = describe_differences(report, other)

        assert "made up" in data_
        assert "24 sequences from elsewhere (SHA-256 ffffffffffff)" in data_
        assert seed.startswith("The random seeds differ, 42 and 7:")
        assert versions == f"The versions differ: numpy {report.versions['numpy']} and 1.0."
        assert settings == "The settings of methods differ: spy, eyes 2 and 3."
        assert machine.endswith(f"cores {report.machine['cores']} and 640.")

    def test_a_new_title_of_a_method_is_no_difference(self, report):
        other = replace(report, methods=(replace(report.methods[0], title="agent"),))
        assert describe_differences(report, other) == []

    def test_a_tool_that_only_one_had_is_named(self, report):
        other = replace(report, versions=report.versions | {"hmmer": "3.4"})
        assert describe_differences(report, other) == ["The versions differ: hmmer none and 3.4."]
