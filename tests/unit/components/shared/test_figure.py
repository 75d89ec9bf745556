import io
import re

import altair as alt
import pandas as pd
from PIL import Image

from components.shared.charts import layered
from components.shared.figure import Figure, Panel, as_file, build_chart

_TABLE = pd.DataFrame({"method": ["k-nearest neighbours", "GeneKin"], "accuracy": [0.9, 0.98]})
_CHART = layered([alt.Chart(_TABLE).mark_bar().encode(x="accuracy:Q", y="method:N")], 120)
FIGURE = Figure("Accuracy", (Panel("Random", _CHART), Panel("Homology", _CHART)), "Text.", _TABLE)


class TestPage:
    def test_draws_the_same_rows_as_the_file(self):
        (panel, _) = FIGURE.panels
        (table,) = panel.specification["datasets"].values()
        assert table.to_pylist() == _TABLE.to_dict("records")

    def test_takes_ink_and_sizes_from_the_page(self):
        (panel, _) = FIGURE.panels
        assert panel.specification["config"] == {"style": {"ink": {"color": "currentColor"}}}
        assert "width" not in panel.specification

    def test_a_panel_is_specified_once_for_all_runs_of_the_page(self):
        (panel, _) = FIGURE.panels
        assert panel.specification is panel.specification


class TestFiles:
    def test_png_is_sharp_enough_for_paper(self):
        image = Image.open(io.BytesIO(build_chart(FIGURE, "png")))
        assert image.format == "PNG"
        assert image.width > 2000

    def test_svg_holds_its_texts_and_asks_nobody(self):
        text = build_chart(FIGURE, "svg").decode()
        assert "k-nearest neighbours" in text
        assert "Homology" in text
        assert not re.search(r'(href|src)="http', text)

    def test_no_cell_of_a_table_is_a_formula(self):
        table = pd.DataFrame({"row": ["=1+1", "α"], "share": [-0.5, 1.0]})
        assert as_file(table, "\t").decode() == "row\tshare\n'=1+1\t-0.5\nα\t1.0\n"
        assert as_file(table, ",").startswith(b"\xef\xbb\xbfrow,share\n")
