"""Comparison of two evaluations: changes of accuracy, and differences of their conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot

from core.evaluation.measures import Interval
from core.evaluation.report import Report, Result


@dataclass(frozen=True, slots=True)
class Difference:
    """A method on a task of a split, in both of two evaluations.

    Attributes
    ----------
    change
        Accuracy of the later one minus that of the earlier one.
    interval
        Confidence interval of the change.
    """

    earlier: Result
    later: Result
    change: float
    interval: Interval


def compare_accuracy(earlier: Report, later: Report) -> list[Difference]:
    """Return the change of accuracy wherever both have a result, in the order of the earlier one.

    The intervals treat the two as independent samples (Zou & Donner 2008, doi:10.1002/sim.3095):
    with the same queries in both, they are too wide rather than too narrow.
    """
    pairs = (
        (first, second)
        for first in earlier.results
        if (second := later.result(first.split, first.task, first.method))
    )
    return [_difference(first, second) for first, second in pairs]


def _difference(first: Result, second: Result) -> Difference:
    change = second.accuracy - first.accuracy
    of_first, of_second = first.accuracy_interval, second.accuracy_interval
    interval = Interval(
        change - hypot(second.accuracy - of_second.low, of_first.high - first.accuracy),
        change + hypot(of_second.high - second.accuracy, first.accuracy - of_first.low),
    )
    return Difference(first, second, change, interval)


def describe_differences(earlier: Report, later: Report) -> list[str]:
    """Return a sentence for each condition that differs between two evaluations."""
    sentences = []
    if earlier.data.digest != later.data.digest:
        sentences.append(f"The data differ: {_describe_data(earlier)}; {_describe_data(later)}.")
    if earlier.seed != later.seed:
        sentences.append(
            f"The random seeds differ, {earlier.seed} and {later.seed}: the splits are others."
        )
    if changes := _changes(earlier.versions, later.versions):
        sentences.append(f"The versions differ: {changes}.")
    if changes := _settings_changes(earlier, later):
        sentences.append(f"The settings of methods differ: {changes}.")
    if changes := _changes(earlier.machine, later.machine):
        sentences.append(f"The machines differ, and with them the speeds: {changes}.")
    return sentences


def _describe_data(report: Report) -> str:
    data = report.data
    return f"{data.sequences:,} sequences from {data.source} (SHA-256 {data.digest[:12]})"


def _settings_changes(earlier: Report, later: Report) -> str:
    """Describe changed settings of methods that both have; titles may differ between versions."""
    settings = {method.name: method.settings for method in earlier.methods}
    changes = (
        _changes(
            {f"{method.title}, {name}": str(settings[method.name][name]) for name in common},
            {f"{method.title}, {name}": str(method.settings[name]) for name in common},
        )
        for method in later.methods
        if method.name in settings
        for common in [[name for name in settings[method.name] if name in method.settings]]
    )
    return ", ".join(filter(None, changes))


def _changes(first: Mapping[str, str], second: Mapping[str, str]) -> str:
    return ", ".join(
        f"{name} {first.get(name, 'none')} and {second.get(name, 'none')}"
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name)
    )
