from components.trace.charts import composition_figure
from components.trace.results import headline
from core.tracing import TraceResult, estimate_composition


def traced(**organisms):
    return TraceResult("q", 300, organisms=organisms)


NOISE = TraceResult("noise", 300, problem="No relative found: it is like nothing.")


def sentence(*results):
    return headline(results, estimate_composition(results)).replace("\\", "")


class TestHeadline:
    def test_of_one_names_its_organism(self):
        assert sentence(traced(a_1=0.97, b=0.03)) == "Closest to a_1 (confidence 97%)."

    def test_of_one_that_several_share_names_no_single_one(self):
        assert sentence(traced(a=0.4, b=0.3, c=0.2, d=0.1)) == (
            "No single closest organism: a (40%), b (30%), c (20%)."
        )

    def test_of_what_has_no_relative(self):
        assert sentence(NOISE) == "No relative found."
        assert sentence(NOISE, NOISE) == "No relatives found."

    def test_of_a_batch_says_what_the_figure_shows(self):
        results = [traced(a=0.9, b=0.1)] * 7 + [traced(b=1.0)] * 2 + [NOISE] * 5
        table = composition_figure(estimate_composition(results), 9).table
        first = table.sort_values("share").iloc[-1]
        assert sentence(*results) == (
            f"Of 9 queries with a relative in the library, {first['share']:.0%} (95% CI"
            f" {first['low']:.0%} to {first['high']:.0%}) are closest to {first['organism']}."
        )
