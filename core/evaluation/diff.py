"""Two evaluations beside each other: how methods fare, and what else differs."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot

from core.evaluation.measures import Interval
from core.evaluation.report import Report, Result


@dataclass(frozen=True, slots=True)
class Difference:
    """A method with a task of a split, in both of two evaluations.

    Attributes
    ----------
    change
        Accuracy of the later one less that of the earlier one.
    interval
        Of the change.
    """

    earlier: Result
    later: Result
    change: float
    interval: Interval


def differences(earlier: Report, later: Report) -> list[Difference]:
    """How accuracy differs wherever both have a result, in the order of the earlier one.

    The intervals take the two for samples of their own (Zou & Donner 2008, doi:10.1002/sim.3095):
    where both asked the same queries, they are too wide rather than too narrow.
    """
    pairs = (
        (one, other)
        for one in earlier.results
        if (other := later.result(one.split, one.task, one.method))
    )
    return [_difference(one, other) for one, other in pairs]


def _difference(one: Result, other: Result) -> Difference:
    a, b = one.accuracy, other.accuracy
    of_one, of_other = one.accuracy_interval, other.accuracy_interval
    interval = Interval(
        b - a - hypot(b - of_other.low, of_one.high - a),
        b - a + hypot(of_other.high - b, a - of_one.low),
    )
    return Difference(one, other, b - a, interval)


def unlike(earlier: Report, later: Report) -> list[str]:
    """What else differs between two evaluations, a sentence each; none where nothing does."""
    found = []
    if earlier.data.digest != later.data.digest:
        found.append(f"The data differ: {_data(earlier)}; {_data(later)}.")
    if earlier.seed != later.seed:
        found.append(
            f"The random seeds differ, {earlier.seed} and {later.seed}: other sequences were drawn."
        )
    if told := _changes(earlier.versions, later.versions):
        found.append(f"The versions differ: {told}.")
    if told := _changes(*_common(_settings(earlier), _settings(later))):
        found.append(f"The settings of methods differ: {told}.")
    if told := _changes(earlier.machine, later.machine):
        found.append(f"The machines differ, and with them the speeds: {told}.")
    return found


def _data(report: Report) -> str:
    data = report.data
    return f"{data.sequences:,} sequences from {data.source} (SHA-256 {data.digest[:12]})"


def _settings(report: Report) -> dict[str, str]:
    return {
        f"{each.title}, {name}": str(value)
        for each in report.methods
        for name, value in each.settings.items()
    }


def _common(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[dict[str, str], ...]:
    """What both have: a method that only one evaluated is no other setting."""
    names = [name for name in one if name in other]
    return {name: one[name] for name in names}, {name: other[name] for name in names}


def _changes(one: Mapping[str, str], other: Mapping[str, str]) -> str:
    return ", ".join(
        f"{name} {one.get(name, 'none')} and {other.get(name, 'none')}"
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name)
    )
