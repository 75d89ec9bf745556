from components.shared.figure import build_chart
from components.trace.charts import composition_figure
from core.bootstrap import Estimate
from core.tracing import OrganismShare


class TestComposition:
    FIGURE = composition_figure([OrganismShare("a", 3, Estimate(0.8, 0.5, 0.9, 4))], 4)

    def test_has_a_row_an_organism(self):
        columns = ["organism", "queries", "share", "low", "high"]
        assert list(self.FIGURE.table.columns) == columns
        assert self.FIGURE.table.to_numpy().tolist() == [["a", 3, 0.8, 0.5, 0.9]]

    def test_is_a_file_for_a_paper(self):
        text = build_chart(self.FIGURE, "svg").decode()
        assert text.startswith("<svg")
        assert "Estimated composition" in text
