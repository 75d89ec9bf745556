import numpy as np
import pytest

from components.shared.figure import build_chart
from components.similarity.charts import by_encoder, by_family, distributions, matrix
from components.similarity.map import figure, table_of
from components.similarity.tree import tree_figure
from components.trace.charts import shares
from core.bootstrap import Estimate
from core.similarity import Comparison, Gene, Similarity
from core.similarity.tree import organism_tree
from core.similarity.tsne import SequenceMap
from core.tracing import Origin

NAMES = {0: "Kinase", 1: "Synthase"}


def genes(organism, count):
    return [Gene(at, organism, at % 2, f"{organism} <{at}>", 300) for at in range(count)]


def comparison(*organisms, encoder="count"):
    """Of organisms with so many genes: the further apart in the list, the less they share."""
    pairs = {}
    for at, of in enumerate(organisms):
        for place, to in enumerate(organisms):
            if of != to:
                best = np.linspace(0.2, 1, 8) / abs(at - place)
                near = np.zeros(8, dtype=np.int64)
                pairs[of, to] = Similarity(of, to, genes(of, 8), genes(to, 8), near, best)
    return Comparison(encoder, organisms, pairs)


ABC = comparison("a", "b", "c")


class TestMatrix:
    def test_has_a_cell_a_direction_with_its_figure_and_interval(self):
        table = matrix(ABC).table
        assert list(zip(table["genes of"], table["nearest in"], strict=True)) == list(ABC.pairs)
        first = table.iloc[0]
        assert (first["figure"], first["row"], first["n"]) == ("0.600", "a (n = 8)", 8)
        assert first["interval"] == f"{first['low']:.3f} to {first['high']:.3f}"

    def test_of_many_organisms_there_is_no_room_for_intervals(self):
        few, many = matrix(ABC), matrix(comparison(*"abcdefgh"))
        assert "bootstrap intervals" in few.says
        assert "bootstrap intervals" not in many.says
        assert len(few.panels[0].chart.layer) > len(many.panels[0].chart.layer)


class TestTree:
    def test_its_table_says_who_meets_whom(self):
        table = tree_figure(organism_tree(ABC), ABC).table
        first, second = table[["organisms", "joined with"]].to_numpy().tolist()
        (left,) = {"a", "b", "c"} - {*first}
        assert sorted(second) == sorted([left, ", ".join(first)])
        assert table["distance"].is_monotonic_increasing


class TestDistributions:
    def test_every_gene_is_in_one_bin(self):
        figure = distributions(ABC.seen_from("b"), "count")
        assert [panel.title for panel in figure.panels] == ["a → b, n = 8", "c → b, n = 8"]
        assert figure.table.groupby("genes of")["genes"].sum().to_dict() == {"a": 8, "c": 8}
        assert figure.table["to"].max() == 1

    def test_of_many_organisms_the_closest_are_drawn(self):
        found = distributions(comparison(*"abcdefghijklmnop").seen_from("a"), "count")
        assert len(found.panels) == 12
        assert "Only the 12 closest of 15 organisms are drawn." in found.says


class TestByFamily:
    def test_has_a_row_a_family_and_organism(self):
        table = by_family(ABC.seen_from("a"), NAMES, "count").table
        rows = list(zip(table["family"], table["genes of"], table["n"], strict=True))
        assert rows == [
            ("Kinase", "b", 4),
            ("Kinase", "c", 4),
            ("Synthase", "b", 4),
            ("Synthase", "c", 4),
        ]


class TestByEncoder:
    def test_has_a_row_an_encoder_and_organism(self):
        other = comparison("a", "b", "c", encoder="translated")
        table = by_encoder([ABC, other], "c").table
        assert list(table["encoder"]) == ["count", "count", "translated", "translated"]


class TestMap:
    FOUND = SequenceMap(
        tuple(genes("a", 3) + genes("b", 2)), np.arange(10, dtype=float).reshape(5, 2), total=9
    )

    def test_has_a_row_a_sequence(self):
        table = table_of(self.FOUND, NAMES)
        assert list(table["family"]) == ["Kinase", "Synthase", "Kinase", "Kinase", "Synthase"]
        assert table[["x", "y"]].to_numpy().tolist() == self.FOUND.places.tolist()

    @pytest.mark.parametrize(
        ("by", "names"),
        [("family", ["Kinase (3)", "Synthase (2)"]), ("organism", ["a (3)", "b (2)"])],
    )
    def test_every_point_is_in_one_group_and_knows_its_row(self, by, names):
        found = figure(table_of(self.FOUND, NAMES), by)
        assert [trace.name for trace in found.data] == names
        rows = [int(point[0]) for trace in found.data for point in trace.customdata]
        assert sorted(rows) == [0, 1, 2, 3, 4]

    def test_a_family_has_its_colour_and_an_organism_its_shape(self):
        kinase, _ = figure(table_of(self.FOUND, NAMES), "family").data
        assert kinase.marker.color == "#0072B2"
        assert list(kinase.marker.symbol) == ["circle", "circle", "diamond"]

    def test_names_are_texts(self):
        first = figure(table_of(self.FOUND, NAMES), "family").data[0].customdata[0]
        assert first[1] == "a &lt;0>"


@pytest.mark.parametrize(
    "figure",
    [
        matrix(ABC),
        matrix(comparison(*"abcdefgh")),
        distributions(ABC.seen_from("a"), "count"),
        by_family(ABC.seen_from("a"), NAMES, "count"),
        by_encoder([ABC, ABC], "a"),
        tree_figure(organism_tree(ABC), ABC),
        shares([Origin("a", 3, Estimate(0.8, 0.5, 0.9, 4))], 4),
    ],
    ids=lambda figure: figure.title,
)
def test_every_figure_is_a_file_for_a_paper(figure):
    text = build_chart(figure, "svg").decode()
    assert text.startswith("<svg")
    assert figure.title in text or all(panel.title in text for panel in figure.panels)
