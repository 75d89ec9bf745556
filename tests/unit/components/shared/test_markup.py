import pytest

from components.shared.markup import (
    fact_table,
    family_bars,
    legend,
    status_bars,
    status_line,
    verdict,
)
from components.shared.palette import UNKNOWN, family_colour, family_mark

HOSTILE = "<script>alert(1)</script>\"'&"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;"


@pytest.mark.parametrize(
    "html",
    [
        legend({0: HOSTILE}),
        family_bars({0: 1.0}, {0: HOSTILE}),
        status_bars({0: 1}, {0: HOSTILE}, 0, 0),
        verdict(HOSTILE, UNKNOWN, 0.5, 0.5, HOSTILE, HOSTILE),
        fact_table({HOSTILE: HOSTILE}),
        status_line(HOSTILE),
    ],
)
def test_every_value_is_escaped(html):
    assert ESCAPED in html
    assert "<script" not in html


class TestLegend:
    def test_has_a_dot_and_a_name_for_each_family(self):
        html = legend({1: "Kinase", 3: "Ligase"})
        assert html.index(family_colour(1)) < html.index("Kinase") < html.index(family_colour(3))
        assert "Ligase" in html


class TestFamilyBars:
    def test_are_as_long_as_the_probabilities(self):
        html = family_bars({2: 0.975, 0: 0.025}, {2: "Kinase"})
        assert "width:97.5%" in html
        assert html.index("Kinase") < html.index("98%") < html.index("class 0") < html.index("2%")
        assert '<table aria-label="Probability of each family"' in html


class TestStatusBars:
    def test_rank_families_and_end_with_those_without(self):
        html = status_bars({0: 1, 1: 2_000}, {0: "Kinase", 1: "Ligase"}, unknown=500, invalid=1)
        names = ["Ligase", "Kinase", "unknown", "invalid"]
        assert sorted(names, key=html.index) == names
        assert "2,000" in html
        assert "width:100.0%" in html
        assert "width:25.0%" in html

    def test_leave_out_what_there_is_none_of(self):
        html = status_bars({}, {}, unknown=1, invalid=0)
        assert "unknown" in html
        assert "invalid" not in html


class TestVerdict:
    def test_shows_the_confidence_and_the_threshold(self):
        html = verdict("Kinase", family_mark(0), 0.9, 0.625, "90% confidence", "all of it")
        assert "Kinase</h2>" in html
        assert "width:90.0%" in html
        assert "left:62.5%" in html
        assert 'aria-label="all of it"' in html


class TestFactTable:
    def test_isolates_values_from_the_text_direction(self):
        assert "<bdi>\u0645\u0631</bdi>" in fact_table({"name": "\u0645\u0631"})
