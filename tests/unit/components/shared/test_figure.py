import io
import re

import altair as alt
import pandas as pd
import pytest
from PIL import Image

from components.shared.charts import layered
from components.shared.figure import Figure, Panel, as_file, build_chart
from components.shared.figure_files import DEFAULT_SIZE, SIZES

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
        config = dict(panel.specification["config"])
        assert config.pop("style") == {"ink": {"color": "currentColor"}}
        text = {"labelColor": "currentColor", "titleColor": "currentColor"}
        assert config == {"axis": text, "legend": text, "header": text}
        assert "width" not in panel.specification

    def test_a_panel_is_specified_once_for_all_runs_of_the_page(self):
        (panel, _) = FIGURE.panels
        assert panel.specification is panel.specification


class TestFiles:
    @pytest.mark.parametrize("size", SIZES)
    def test_png_has_300_pixels_per_inch_of_its_size(self, size):
        image = Image.open(io.BytesIO(build_chart(FIGURE, "png", size)))
        assert image.format == "PNG"
        assert image.width == pytest.approx(SIZES[size].width / 25.4 * 300, abs=2)

    @pytest.mark.parametrize("size", SIZES)
    def test_pdf_and_svg_are_as_wide_as_the_size_says(self, size):
        svg = build_chart(FIGURE, "svg", size).decode()
        (width,) = re.findall(r'^<svg[^>]* width="([\d.]+)mm"', svg)
        assert float(width) == pytest.approx(SIZES[size].width, abs=0.1)
        pdf = build_chart(FIGURE, "pdf", size)
        (points,) = re.findall(rb"MediaBox ?\[0 0 ([\d.]+) ", pdf)
        assert float(points) == pytest.approx(SIZES[size].width / 25.4 * 72, abs=0.5)
        assert b"BaseFont" in pdf

    def test_a_figure_that_is_too_tall_is_reduced(self):
        tall = Figure("Tall", (Panel("", _CHART.properties(height=alt.Step(2000))),), "", _TABLE)
        (size,) = [name for name in SIZES if "Slide" in name]
        image = Image.open(io.BytesIO(build_chart(tall, "png", size)))
        assert image.height == pytest.approx(SIZES[size].height / 25.4 * 300, abs=2)

    def test_one_column_has_the_panels_below_each_other(self):
        double, single = (
            Image.open(io.BytesIO(build_chart(FIGURE, "png", name)))
            for name in (DEFAULT_SIZE, "Single column (89 mm)")
        )
        assert single.height > 1.5 * double.height

    def test_svg_holds_its_texts_and_asks_nobody(self):
        text = build_chart(FIGURE, "svg").decode()
        assert "k-nearest neighbours" in text
        assert "Homology" in text
        assert not re.search(r'(href|src)="http', text)

    def test_no_cell_of_a_table_is_a_formula(self):
        table = pd.DataFrame({"row": ["=1+1", "α"], "share": [-0.5, 1.0]})
        assert as_file(table, "\t").decode() == "row\tshare\n'=1+1\t-0.5\nα\t1.0\n"
        assert as_file(table, ",").startswith(b"\xef\xbb\xbfrow,share\n")
