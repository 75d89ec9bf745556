from dataclasses import replace

import pytest

from components.benchmark.figures import (
    accuracy_figure,
    robustness_figure,
    similarity_figure,
    speed_figure,
    split_figures,
    transfer_figure,
)
from components.shared.charts import ACCENT
from components.shared.palette import NEUTRAL
from core.evaluation.splits import UNMODIFIED
from tests.support.figures import (
    drawn,
    encodings,
    panel_named,
    rows,
    specification,
)


class TestAccuracy:
    def test_the_same_methods_in_one_order_on_one_axis_with_and_without_relatives(self, report):
        random, homology = drawn(accuracy_figure, report).panels

        assert random.title == "Random 80/20 split (relatives in the library)"
        assert homology.title == "Homology-aware split (no close relatives in the library)"
        names = [[row["method"] for row in rows(panel)] for panel in (random, homology)]
        assert names[0] == names[1]
        assert set(names[0]) == {
            "GeneKin",
            "SQLite k-mer search",
            "k-nearest neighbours",
            "naive Bayes",
        }
        domains = [encodings(panel)[0]["x"]["scale"]["domain"] for panel in (random, homology)]
        assert domains[0] == domains[1]
        assert domains[0][0] == 0

    def test_draws_accuracy_with_its_interval_and_gives_n(self, report):
        (_, panel) = drawn(accuracy_figure, report).panels
        result = report.result("homology", UNMODIFIED, "translated")
        (row,) = [row for row in rows(panel) if row["method"] == "GeneKin"]

        assert row["accuracy"] == result.accuracy
        assert (row["low"], row["high"]) == (
            result.accuracy_interval.low,
            result.accuracy_interval.high,
        )
        bar, interval, figure, majority = encodings(panel)
        assert bar["x"]["title"] == [
            f"accuracy, n = {result.count} genes, 95% CI",
            "dashed: majority-class baseline",
        ]
        assert (interval["x"]["field"], interval["x2"]["field"]) == ("low", "high")
        assert figure["text"]["field"] == "accuracy"
        assert majority["x"]["field"] == "at"

    def test_the_line_is_the_majority_class(self, report):
        (panel, _) = drawn(accuracy_figure, report).panels
        line = next(rows for rows in specification(panel)["datasets"].values() if "at" in rows[0])
        assert line == [{"at": report.result("seed", UNMODIFIED, "majority").accuracy}]

    def test_genekin_has_the_accent_and_no_method_a_colour_of_a_family(self, report):
        (panel, _) = drawn(accuracy_figure, report).panels
        colour = encodings(panel)[0]["color"]
        assert colour["condition"] == {"test": "datum.own", "value": ACCENT}
        assert colour["value"] == NEUTRAL
        assert [row["method"] for row in rows(panel) if row["own"]] == ["GeneKin"]

    def test_says_it_in_words(self, report):
        says = drawn(accuracy_figure, report).caption
        result = report.result("homology", UNMODIFIED, "translated")
        assert "Random 80/20 split (relatives in the library): GeneKin " in says
        assert f"GeneKin {result.accuracy * 100:.1f}% (95% CI" in says
        assert "majority-class baseline" in says

    def test_there_is_none_where_neither_was_evaluated(self, report):
        stress = [result for result in report.results if result.split == "stress"]
        assert accuracy_figure(replace(report, results=tuple(stress))) is None

    def test_the_database_is_called_what_it_is(self, report):
        methods = [
            replace(method, settings={"database": "MariaDB 10.11"})
            if method.name == "mysql"
            else method
            for method in report.methods
        ]
        panel, _ = drawn(accuracy_figure, replace(report, methods=tuple(methods))).panels
        assert "MariaDB k-mer search" in {row["method"] for row in rows(panel)}


class TestSplits:
    def test_each_method_with_both_splits(self, report):
        (figure,) = split_figures(report)

        assert figure.title == "Random 80/20 vs homology-aware"
        table = figure.table
        assert (table.groupby("method")["split"].nunique() == 2).all()
        assert f"n = {report.result('homology', UNMODIFIED, 'knn').count}" in figure.caption
        _, interval, points, _ = encodings(figure.panels[0])
        assert (interval["x"]["field"], interval["x2"]["field"]) == ("low", "high")
        assert points["shape"]["scale"]["domain"] == ["random 80/20", "homology-aware"]


class TestRobustness:
    def test_a_panel_each_from_easy_to_hard(self, report):
        figure = drawn(robustness_figure, report)

        assert [panel.title for panel in figure.panels] == [
            "Fragment length",
            "Substitutions",
            "Ambiguous bases (N)",
            "Reverse complement",
        ]
        substituted = rows(panel_named(figure, "Substitutions"))
        assert [row["level"] for row in substituted if row["own"]] == [
            "0%",
            "5%",
            "10%",
            "20%",
            "30%",
        ]

    def test_names_have_as_much_room_behind_few_points_as_behind_many(self, report):
        for panel in drawn(robustness_figure, report).panels:
            points = len({row["level"] for row in rows(panel)})
            (padding,) = {
                layer["x"]["scale"]["padding"]
                for layer in encodings(panel)
                if "scale" in layer["x"]
            }
            assert padding / (points - 1 + 2 * padding) == pytest.approx(0.0652, abs=1e-4)

    def test_the_figures_are_those_of_the_tasks(self, report):
        panel = panel_named(drawn(robustness_figure, report), "Ambiguous bases (N)")
        result = report.result("stress", "20% ambiguous", "knn")
        (row,) = [
            row
            for row in rows(panel)
            if row["level"] == "20%" and row["method"] == "k-nearest neighbours"
        ]
        assert (row["accuracy"], row["n"]) == (result.accuracy, result.count)

    def test_lines_are_called_by_their_names(self, report):
        figure = drawn(robustness_figure, report)
        *_, own, others = encodings(panel_named(figure, "Reverse complement"))
        assert own["text"]["field"] == others["text"]["field"] == "method"
        assert "Reverse complement: GeneKin " in figure.caption


class TestSpeed:
    def test_is_drawn_on_a_log_scale_with_a_name_each(self, report):
        figure = drawn(speed_figure, report)
        _, points, own, others = encodings(figure.panels[0])
        assert points["x"]["scale"]["type"] == "log"
        assert own["text"]["field"] == others["text"]["field"] == "method"
        assert "Fastest: " in figure.caption


class TestTransfer:
    def test_has_a_row_a_direction(self, report):
        figure = drawn(transfer_figure, report)
        assert set(figure.table["task"]) == {"dog → human", "human → dog"}


class TestSimilarity:
    def test_counts_its_queries(self, report):
        table = drawn(similarity_figure, report).table
        assert table.groupby("method")["n"].sum().eq(15).all()


@pytest.mark.parametrize(
    "build",
    [accuracy_figure, similarity_figure, robustness_figure, transfer_figure, speed_figure],
)
def test_every_chart_is_valid_vega_lite(report, build):
    assert all(specification(panel)["layer"] for panel in drawn(build, report).panels)
