import re
from dataclasses import replace
from itertools import pairwise

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
from components.shared.palette import family_colour
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
        assert colour == {"field": "colour", "legend": None, "scale": None, "type": "nominal"}
        colours = {row["method"]: row["colour"] for row in rows(panel)}
        assert colours["GeneKin"] == ACCENT
        assert len({*colours.values()}) == len(colours)
        assert not {*colours.values()} & {family_colour(number) for number in range(14)}

    def test_says_it_in_words(self, report):
        figure = drawn(accuracy_figure, report)
        result = report.result("homology", UNMODIFIED, "translated")
        assert "Homology-aware: GeneKin " in figure.caption.replace("homology", "Homology")
        assert f"GeneKin {result.accuracy * 100:.1f}% (95% CI" in " ".join(figure.notes)
        assert "majority-class baseline" in figure.notes[0]

    def test_the_headline_is_that_of_the_drawn_rows(self, report):
        """Recompute it from the figure's own data: no method may be left out."""
        methods = [method for method in report.methods if method.name != "majority"]
        copies = [
            replace(result, method="diamond", accuracy=0.999)
            for result in report.results
            if result.method == "knn"
        ]
        facts = replace(methods[0], name="diamond", title="DIAMOND blastx")
        changed = replace(
            report, results=(*report.results, *copies), methods=(*report.methods, facts)
        )
        for given in (report, changed):
            figure = drawn(accuracy_figure, given)
            for panel, part in zip(figure.panels, figure.caption.split("; "), strict=True):
                drawn_rows = rows(panel)
                (own,) = [row for row in drawn_rows if row["method"] == "GeneKin"]
                others = [row for row in drawn_rows if row["method"] != "GeneKin"]
                best = max(others, key=lambda row: row["accuracy"])
                assert f"GeneKin {own['accuracy']:.1%}" in part
                assert f"best other method {best['method']} {best['accuracy']:.1%}" in part
        assert "best other method DIAMOND 99.9%" in figure.caption

    def test_draws_every_method_of_the_table(self, report):
        for panel, split in zip(
            drawn(accuracy_figure, report).panels, ("seed", "homology"), strict=True
        ):
            evaluated = {
                result.method
                for result in report.results
                if (result.split, result.task) == (split, UNMODIFIED)
            }
            assert len(rows(panel)) == len(evaluated - {"majority"})

    def test_no_interval_is_without_width(self, report):
        for panel in drawn(accuracy_figure, report).panels:
            assert all(row["low"] < row["high"] for row in rows(panel))

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
        assert f"n = {report.result('homology', UNMODIFIED, 'knn').count}" in figure.notes[0]
        pairs = [group["accuracy"].tolist() for _, group in table.groupby("method", sort=False)]
        before, after = min(pairs, key=lambda pair: abs(pair[1] - pair[0]))
        assert f"({before:.1%} to {after:.1%})" in figure.caption.split(", most")[0]
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

    def test_names_do_not_overlap_and_stand_right_of_the_axes(self, report):
        for panel in drawn(robustness_figure, report).panels:
            (names,) = [
                rows
                for rows in specification(panel)["datasets"].values()
                if rows and "label" in rows[0]
            ]
            heights = sorted(row["label"] for row in names)
            assert all(b - a > 0.04 for a, b in pairwise(heights))
            assert {row["end"] for row in names} == {rows(panel)[-1]["level"]}

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
        assert any(note.startswith("Reverse complement: GeneKin ") for note in figure.notes)

    def test_the_headlines_are_those_of_the_drawn_rows(self, report):
        figure = drawn(robustness_figure, report)
        lowest: dict[float, str] = {}
        for panel, note in zip(figure.panels, figure.notes, strict=False):
            found = re.search(r"GeneKin ([\d.]+)%.*best other method .* ([\d.]+)%", note)
            assert found
            own = {row["level"]: row["accuracy"] for row in rows(panel) if row["own"]}
            levels = list(own)[:-1] if "full length" in own else list(own)[1:]
            hardest = min(levels, key=lambda level: own[level])
            others = [
                row["accuracy"] for row in rows(panel) if row["level"] == hardest and not row["own"]
            ]
            assert float(found[1]) == pytest.approx(own[hardest] * 100, abs=0.06)
            assert float(found[2]) == pytest.approx(max(others) * 100, abs=0.06)
            lowest[own[hardest]] = note
        assert figure.caption == f"At the hardest level: {lowest[min(lowest)]}"


class TestSpeed:
    def test_is_drawn_on_a_log_scale_with_a_name_each(self, report):
        figure = drawn(speed_figure, report)
        _, points, _, own, others = encodings(figure.panels[0])
        assert points["x"]["scale"]["type"] == "log"
        assert own["text"]["field"] == others["text"]["field"] == "method"
        fastest = max(rows(figure.panels[0]), key=lambda row: row["speed"])
        assert f"Fastest: {fastest['method']}, {fastest['speed']:,.0f} queries" in figure.caption


class TestTransfer:
    def test_has_a_row_a_direction(self, report):
        figure = drawn(transfer_figure, report)
        assert set(figure.table["task"]) == {"dog → human", "human → dog"}

    def test_the_headline_is_that_of_the_cells(self, report):
        figure = drawn(transfer_figure, report)
        cells = rows(figure.panels[0])
        best, worst = (pick(cells, key=lambda row: row["share"]) for pick in (max, min))
        assert f"Best: {best['column']}, {best['row']}, {best['share']:.1%}" in figure.caption
        assert f"Worst: {worst['column']}, {worst['row']}" in figure.caption

    def test_has_a_colour_bar(self, report):
        cells = encodings(drawn(transfer_figure, report).panels[0])[0]
        assert cells["color"]["legend"]["title"] == "accuracy"


class TestSimilarity:
    def test_counts_its_queries(self, report):
        table = drawn(similarity_figure, report).table
        assert table.groupby("method")["n"].sum().eq(15).all()

    def test_the_headline_is_that_of_the_drawn_rows(self, report):
        figure = drawn(similarity_figure, report)
        own = [row for row in rows(figure.panels[0]) if row["method"] == "GeneKin"]
        far, near = own[0], own[-1]
        assert f"GeneKin: {far['accuracy']:.1%} of {far['n']:,} genes" in figure.caption
        assert f"{near['accuracy']:.1%} of {near['n']:,} above" in figure.caption


@pytest.mark.parametrize(
    "build",
    [accuracy_figure, similarity_figure, robustness_figure, transfer_figure, speed_figure],
)
def test_every_chart_is_valid_vega_lite(report, build):
    assert all(specification(panel)["layer"] for panel in drawn(build, report).panels)
