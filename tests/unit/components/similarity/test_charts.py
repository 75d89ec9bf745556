import pytest

from components.shared.figure import build_chart
from components.similarity.charts import (
    distribution_figure,
    encoder_figure,
    family_figure,
    matrix_figure,
)
from tests.support.comparisons import FAMILIES, make_comparison

ABC = make_comparison("a", "b", "c")


class TestMatrix:
    def test_has_a_cell_a_direction_with_its_figure_and_interval(self):
        table = matrix_figure(ABC).table
        assert list(zip(table["genes of"], table["nearest in"], strict=True)) == list(ABC.pairs)
        first = table.iloc[0]
        assert (first["figure"], first["row"], first["n"]) == ("0.600", "a (n = 8)", 8)
        assert first["interval"] == f"{first['low']:.3f} to {first['high']:.3f}"

    def test_of_many_organisms_there_is_no_room_for_intervals(self):
        few, many = matrix_figure(ABC), matrix_figure(make_comparison(*"abcdefgh"))
        assert "bootstrap CIs" in few.caption
        assert "bootstrap CIs" not in many.caption
        assert len(few.panels[0].chart.layer) > len(many.panels[0].chart.layer)


class TestDistributions:
    def test_every_gene_is_in_one_bin(self):
        figure = distribution_figure(ABC.rank_against("b"), "count")
        assert [panel.title for panel in figure.panels] == ["a → b, n = 8", "c → b, n = 8"]
        assert figure.table.groupby("genes of")["genes"].sum().to_dict() == {"a": 8, "c": 8}
        assert figure.table["to"].max() == 1

    def test_of_many_organisms_the_closest_are_drawn(self):
        pairs = make_comparison(*"abcdefghijklmnop").rank_against("a")
        figure = distribution_figure(pairs, "count")
        assert len(figure.panels) == 12
        assert "Only the 12 most similar of 15 organisms are shown." in figure.caption


class TestByFamily:
    def test_has_a_row_a_family_and_organism(self):
        table = family_figure(ABC.rank_against("a"), FAMILIES, "count").table
        rows = list(zip(table["family"], table["genes of"], table["n"], strict=True))
        assert rows == [
            ("Kinase", "b", 4),
            ("Kinase", "c", 4),
            ("Synthase", "b", 4),
            ("Synthase", "c", 4),
        ]


class TestByEncoder:
    def test_has_a_row_an_encoder_and_organism(self):
        other = make_comparison("a", "b", "c", encoder="translated")
        table = encoder_figure([ABC, other], "c").table
        assert list(table["encoder"]) == ["count", "count", "translated", "translated"]


@pytest.mark.parametrize(
    "figure",
    [
        matrix_figure(ABC),
        matrix_figure(make_comparison(*"abcdefgh")),
        distribution_figure(ABC.rank_against("a"), "count"),
        family_figure(ABC.rank_against("a"), FAMILIES, "count"),
        encoder_figure([ABC, ABC], "a"),
    ],
    ids=lambda figure: figure.title,
)
def test_every_figure_is_a_file_for_a_paper(figure):
    text = build_chart(figure, "svg").decode()
    assert text.startswith("<svg")
    assert figure.title in text or all(panel.title in text for panel in figure.panels)
