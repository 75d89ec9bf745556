import json
from dataclasses import replace

import pytest

from components.benchmark.details import confusion_figure, coverage_figure, reliability_figure
from components.shared.figure import build_chart
from core.evaluation.splits import UNMODIFIED
from tests.support.figures import drawn, encodings, specification


class TestConfusion:
    def test_counts_in_the_cells_and_shares_of_the_row(self, report):
        result = report.result("homology", UNMODIFIED, "knn")
        figure = confusion_figure(report, result)
        table = figure.table

        assert sum(int(count.replace(",", "")) for count in table["count"]) == result.count
        assert table.groupby("true")["share"].sum().tolist() == pytest.approx([1.0] * 6)
        assert "Kinase (12)" in set(table["true"])
        assert "Cells: number of queries" in figure.notes[0]

    def test_hostile_names_are_text(self, report):
        names = {0: '<img src=x onerror="alert(1)">'}
        hostile = replace(report, data=replace(report.data, family_names=names))
        figure = confusion_figure(hostile, hostile.result("seed", UNMODIFIED, "knn"))
        assert "<img" in json.dumps(specification(figure.panels[0]))
        svg = build_chart(figure, "svg").decode()
        assert "<img" not in svg
        assert "&lt;img" in svg


class TestReliability:
    def test_says_by_how_much_it_is_off(self, report):
        result = report.result("homology", UNMODIFIED, "translated")
        figure = drawn(reliability_figure, report, result)

        assert figure.table["n"].sum() == result.count
        assert (figure.table["low"] <= figure.table["accuracy"]).all()
        error = f"{result.calibration_error * 100:.1f} points"
        assert f"Expected calibration error: {error}" in figure.caption

    def test_the_diagonal_is_perfect_calibration(self, report):
        result = report.result("homology", UNMODIFIED, "translated")
        (panel,) = drawn(reliability_figure, report, result).panels
        line = [{"confidence": 0.0, "accuracy": 0.0}, {"confidence": 1.0, "accuracy": 1.0}]
        assert line in specification(panel)["datasets"].values()

    def test_there_is_none_of_a_method_without_confidences(self, report):
        result = report.result("homology", UNMODIFIED, "mysql")
        assert reliability_figure(report, result) is None


class TestCoverage:
    def test_ends_with_all_queries(self, report):
        figure = drawn(coverage_figure, report, "homology", UNMODIFIED)
        last = figure.table.groupby("method").tail(1)
        assert (last["coverage"] == 1).all()
        assert set(last["n"]) == {72}

    def test_lines_are_called_by_their_names(self, report):
        (panel,) = drawn(coverage_figure, report, "homology", UNMODIFIED).panels
        *_, own, others = encodings(panel)
        assert own["text"]["field"] == others["text"]["field"] == "method"
