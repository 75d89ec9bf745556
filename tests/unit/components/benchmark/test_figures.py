import io
import json
import re
from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pytest
from PIL import Image

from components.benchmark.charts import apart
from components.benchmark.compare import change_figure
from components.benchmark.details import confusion_figure, coverage_figure, reliability_figure
from components.benchmark.figures import (
    head_figure,
    organisms_figure,
    pair_figures,
    similarity_figure,
    speed_figure,
    stress_figure,
)
from components.benchmark.labels import comparison_table
from components.shared.charts import ACCENT
from components.shared.figure import as_file, build_chart
from components.shared.palette import NEUTRAL
from core.evaluation.diff import differences
from core.evaluation.splits import AS_THEY_ARE
from tests.support import evaluation_report


@pytest.fixture(scope="module")
def report():
    return evaluation_report.report()


def specification(panel):
    return panel.chart.to_dict()


def encodings(panel):
    return [layer["encoding"] for layer in specification(panel)["layer"]]


def rows(panel):
    """What a chart is drawn from, row by row."""
    return max(specification(panel)["datasets"].values(), key=len)


def called(figure, name):
    (panel,) = [each for each in figure.panels if each.title == name]
    return panel


def made(build, *given):
    """A figure that there is something to draw in."""
    figure = build(*given)
    assert figure is not None
    return figure


class TestHead:
    def test_the_same_methods_in_one_order_on_one_axis_with_and_without_relatives(self, report):
        at_random, strangers = made(head_figure, report).panels

        assert at_random.title == "Genes at random, their relatives in the library"
        assert strangers.title == "No close relative is in the library"
        names = [[row["method"] for row in rows(each)] for each in (at_random, strangers)]
        assert names[0] == names[1]
        assert set(names[0]) == {
            "GeneKin",
            "SQLite alone",
            "k-nearest neighbours",
            "naive Bayes",
        }
        domains = [encodings(each)[0]["x"]["scale"]["domain"] for each in (at_random, strangers)]
        assert domains[0] == domains[1]
        assert domains[0][0] == 0

    def test_draws_accuracy_with_its_interval_and_says_of_how_many(self, report):
        (_, panel) = made(head_figure, report).panels
        result = report.result("homology", AS_THEY_ARE, "translated")
        (row,) = [each for each in rows(panel) if each["method"] == "GeneKin"]

        assert row["accuracy"] == result.accuracy
        assert (row["low"], row["high"]) == (
            result.accuracy_interval.low,
            result.accuracy_interval.high,
        )
        bar, interval, figure, majority = encodings(panel)
        assert bar["x"]["title"] == [
            f"right of {result.count} genes, 95% interval",
            "dashed: the commonest family",
        ]
        assert (interval["x"]["field"], interval["x2"]["field"]) == ("low", "high")
        assert figure["text"]["field"] == "accuracy"
        assert majority["x"]["field"] == "at"

    def test_the_line_is_the_commonest_family(self, report):
        (panel, _) = made(head_figure, report).panels
        line = next(each for each in specification(panel)["datasets"].values() if "at" in each[0])
        assert line == [{"at": report.result("seed", AS_THEY_ARE, "majority").accuracy}]

    def test_genekin_has_the_accent_and_no_method_a_colour_of_a_family(self, report):
        (panel, _) = made(head_figure, report).panels
        colour = encodings(panel)[0]["color"]
        assert colour["condition"] == {"test": "datum.own", "value": ACCENT}
        assert colour["value"] == NEUTRAL
        assert [row["method"] for row in rows(panel) if row["own"]] == ["GeneKin"]

    def test_says_it_in_words(self, report):
        says = made(head_figure, report).says
        result = report.result("homology", AS_THEY_ARE, "translated")
        assert "Genes at random, their relatives in the library: GeneKin is right in" in says
        assert f"GeneKin is right in {result.accuracy * 100:.1f}% (95% interval" in says
        assert "always to say the commonest family" in says

    def test_there_is_none_where_neither_was_evaluated(self, report):
        stress = [each for each in report.results if each.split == "stress"]
        assert head_figure(replace(report, results=tuple(stress))) is None

    def test_the_database_is_called_what_it_is(self, report):
        methods = [
            replace(each, settings={"database": "MariaDB 10.11"}) if each.name == "mysql" else each
            for each in report.methods
        ]
        panel, _ = made(head_figure, replace(report, methods=tuple(methods))).panels
        assert "MariaDB alone" in {row["method"] for row in rows(panel)}


class TestTable:
    def test_has_all_methods_the_honest_figure_beside_the_other(self, report):
        table = comparison_table(report)

        assert list(table.columns[:5]) == [
            "method",
            "right, a fifth at random",
            "95% interval, a fifth at random",
            "right, no relatives",
            "95% interval, no relatives",
        ]
        assert len(table) == 5
        assert "the commonest family" in set(table["method"])
        shares = table["right, a fifth at random"].tolist()
        assert shares == sorted(shares, reverse=True)


class TestPairs:
    def test_each_method_with_both_splits(self, report):
        (figure,) = pair_figures(report)

        assert figure.title == "A fifth at random beside no relatives"
        table = figure.table
        assert (table.groupby("method")["split"].nunique() == 2).all()
        assert f"n = {report.result('homology', AS_THEY_ARE, 'knn').count}" in figure.says
        _, interval, points, _ = encodings(figure.panels[0])
        assert (interval["x"]["field"], interval["x2"]["field"]) == ("low", "high")
        assert points["shape"]["scale"]["domain"] == ["a fifth at random", "no relatives"]


class TestStress:
    def test_a_panel_each_from_easy_to_hard(self, report):
        figure = made(stress_figure, report)

        assert [panel.title for panel in figure.panels] == [
            "Cut short: fragments",
            "Substituted bases",
            "Ambiguous bases (N)",
            "The other strand",
        ]
        substituted = rows(called(figure, "Substituted bases"))
        assert [row["asked"] for row in substituted if row["own"]] == [
            "0%",
            "5%",
            "10%",
            "20%",
            "30%",
        ]

    def test_names_have_as_much_room_behind_few_points_as_behind_many(self, report):
        for panel in made(stress_figure, report).panels:
            points = len({row["asked"] for row in rows(panel)})
            (padding,) = {
                each["x"]["scale"]["padding"] for each in encodings(panel) if "scale" in each["x"]
            }
            assert padding / (points - 1 + 2 * padding) == pytest.approx(0.0652, abs=1e-4)

    def test_the_figures_are_those_of_the_tasks(self, report):
        panel = called(made(stress_figure, report), "Ambiguous bases (N)")
        result = report.result("stress", "20% ambiguous", "knn")
        (row,) = [
            each
            for each in rows(panel)
            if each["asked"] == "20%" and each["method"] == "k-nearest neighbours"
        ]
        assert (row["accuracy"], row["n"]) == (result.accuracy, result.count)

    def test_lines_are_called_by_their_names(self, report):
        *_, own, others = encodings(called(made(stress_figure, report), "The other strand"))
        assert own["text"]["field"] == others["text"]["field"] == "method"
        assert "The other strand, reverse: GeneKin is right in" in made(stress_figure, report).says


class TestCloser:
    def test_confusion_counts_in_the_cells_and_shares_of_the_row(self, report):
        result = report.result("homology", AS_THEY_ARE, "knn")
        figure = confusion_figure(report, result)
        table = figure.table

        assert sum(int(count.replace(",", "")) for count in table["count"]) == result.count
        assert table.groupby("true")["share"].sum().tolist() == pytest.approx([1.0] * 6)
        assert "Kinase (12)" in set(table["true"])
        assert "Cells count queries" in figure.says

    def test_reliability_says_by_how_much_it_is_off(self, report):
        result = report.result("homology", AS_THEY_ARE, "translated")
        figure = made(reliability_figure, report, result)

        assert figure.table["n"].sum() == result.count
        assert (figure.table["low"] <= figure.table["accuracy"]).all()
        assert f"differ by {result.calibration_error * 100:.1f} points" in figure.says

    def test_a_method_that_is_not_sure_of_anything_has_no_reliability(self, report):
        result = report.result("homology", AS_THEY_ARE, "mysql")
        assert reliability_figure(report, result) is None

    def test_coverage_ends_with_all_queries(self, report):
        figure = made(coverage_figure, report, "homology", AS_THEY_ARE)
        last = figure.table.groupby("method").tail(1)
        assert (last["asked"] == 1).all()
        assert set(last["n"]) == {72}


class TestOthers:
    def test_speed_is_drawn_on_a_log_scale_with_a_name_each(self, report):
        figure = made(speed_figure, report)
        _, points, own, others = encodings(figure.panels[0])
        assert points["x"]["scale"]["type"] == "log"
        assert own["text"]["field"] == others["text"]["field"] == "method"
        assert "the fastest, " in figure.says

    def test_organisms(self, report):
        figure = made(organisms_figure, report)
        assert set(figure.table["task"]) == {"dog from human", "human from dog"}

    def test_similarity_counts_its_queries(self, report):
        table = made(similarity_figure, report).table
        assert table.groupby("method")["n"].sum().eq(15).all()


class TestChanges:
    def test_of_one_task_drawn_and_of_all_in_the_table(self, report):
        compared = differences(report, report)
        figure = change_figure(report, compared, "seed", AS_THEY_ARE)
        assert len(figure.table) == len(report.results)
        assert {row["change"] for row in rows(figure.panels[0])} == {0}
        assert "The interval of 0 of 5 methods leaves out no change at all" in figure.says


class TestFiles:
    def test_png_is_sharp_enough_for_paper(self, report):
        image = Image.open(io.BytesIO(build_chart(made(head_figure, report), "png")))
        assert image.format == "PNG"
        assert image.width > 2000

    def test_svg_holds_its_texts_and_asks_nobody(self, report):
        text = build_chart(made(head_figure, report), "svg").decode()
        assert "k-nearest neighbours" in text
        assert "No close relative is in the library" in text
        assert not re.search(r'(href|src)="http', text)

    def test_no_cell_of_a_table_is_a_formula(self):
        table = pd.DataFrame({"row": ["=1+1", "α"], "share": [-0.5, 1.0]})
        assert as_file(table, "\t").decode() == "row\tshare\n'=1+1\t-0.5\nα\t1.0\n"
        assert as_file(table, ",").startswith(b"\xef\xbb\xbfrow,share\n")


class TestHostileNames:
    def test_are_text_in_a_figure(self, report):
        names = {0: '<img src=x onerror="alert(1)">'}
        hostile = replace(report, data=replace(report.data, family_names=names))
        figure = confusion_figure(hostile, hostile.result("seed", AS_THEY_ARE, "knn"))
        assert "<img" in json.dumps(specification(figure.panels[0]))
        svg = build_chart(figure, "svg").decode()
        assert "<img" not in svg
        assert "&lt;img" in svg


class TestApart:
    def test_keeps_the_order_and_the_distance(self):
        placed = apart([0.1, 0.98, 0.99, 1.0], 0.05, 1.06)
        assert placed[0] == pytest.approx(0.1)
        assert all(b - a >= 0.05 - 1e-6 for a, b in pairwise(placed))
        assert placed[-1] <= 1.06
