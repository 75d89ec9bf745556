import re
from collections import Counter

import numpy as np
import pytest

from components.shared.figure import build_chart
from components.similarity.map_charts import map_figure, map_table, printed_map, text_symbols
from core.similarity.tsne import SequenceMap
from tests.support.comparisons import FAMILIES, make_genes

COORDINATES = np.arange(10, dtype=float).reshape(5, 2)
MAP = SequenceMap(tuple(make_genes("a", 3) + make_genes("b", 2)), COORDINATES, total=9)


class TestMap:
    def test_has_a_row_a_sequence(self):
        table = map_table(MAP, FAMILIES)
        assert list(table["family"]) == ["Kinase", "Synthase", "Kinase", "Kinase", "Synthase"]
        assert table[["x", "y"]].to_numpy().tolist() == COORDINATES.tolist()

    @pytest.mark.parametrize(
        ("colour_by", "names"),
        [("family", ["Kinase (3)", "Synthase (2)"]), ("organism", ["a (3)", "b (2)"])],
    )
    def test_every_point_is_in_one_group_and_knows_its_row(self, colour_by, names):
        figure = map_figure(map_table(MAP, FAMILIES), colour_by)
        assert [trace.name for trace in figure.data] == names
        rows = [int(point[0]) for trace in figure.data for point in trace.customdata]
        assert sorted(rows) == [0, 1, 2, 3, 4]

    def test_a_family_has_its_colour_and_an_organism_its_shape(self):
        kinase, _ = map_figure(map_table(MAP, FAMILIES), "family").data
        assert kinase.marker.color == "#0072B2"
        assert list(kinase.marker.symbol) == ["circle", "circle", "diamond"]

    def test_names_are_texts(self):
        first = map_figure(map_table(MAP, FAMILIES), "family").data[0].customdata[0]
        assert first[1] == "a &lt;0>"


class TestFiles:
    FIGURE = printed_map(MAP, map_table(MAP, FAMILIES))

    def test_the_table_has_the_coordinates(self):
        table = self.FIGURE.table
        assert list(table.columns) == ["gene", "family", "organism", "length (bp)", "x", "y"]
        assert table[["x", "y"]].to_numpy().tolist() == COORDINATES.tolist()

    def test_is_a_file_for_a_paper(self):
        text = build_chart(self.FIGURE, "svg").decode()
        assert "t-SNE map by family" in text
        assert "t-SNE map by organism" in text

    def test_every_point_has_its_own_colour_in_each_panel(self):
        text = build_chart(self.FIGURE, "svg").decode()
        colours = re.findall(r'<path aria-label="x[^>]*? fill="(#\w+)"', text)
        table = map_table(MAP, FAMILIES)
        expected = [
            colour
            for colour_by in ("family", "organism")
            for trace in map_figure(table, colour_by).data
            for colour in [trace.marker.color] * len(trace.x)
        ]
        assert Counter(colours) == Counter(expected)

    def test_symbols_are_those_of_the_page(self):
        table = map_table(MAP, FAMILIES)
        assert text_symbols(table) == {"a": "●", "b": "◆"}
        kinase, _ = map_figure(table, "family").data
        assert set(kinase.marker.symbol) == {"circle", "diamond"}
