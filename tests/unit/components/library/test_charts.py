from components.library.charts import family_chart, length_chart


def rows(chart):
    (found,) = chart.to_dict()["datasets"].values()
    return found


class TestFamilyChart:
    def test_has_a_part_a_family_in_order_of_class_number(self):
        found = rows(family_chart({5: 1, 0: 3}, {0: "Kinase"}))
        assert [(row["family"], row["genes"]) for row in found] == [("Kinase", 3), ("class 5", 1)]


class TestLengthChart:
    def test_counts_every_gene_in_one_bar(self):
        found = rows(length_chart({300: 2, 301: 1, 1200: 4}))
        assert sum(row["genes"] for row in found) == 7
        assert (found[0]["from"], found[-1]["genes"]) == (300, 4)
        assert all(row["from"] < row["to"] for row in found)

    def test_of_one_length_is_one_bar(self):
        (row,) = rows(length_chart({300: 2}))
        assert (row["from"], row["to"], row["genes"]) == (300, 301, 2)

    def test_has_bars_of_equal_width_on_a_log_scale(self):
        found = rows(length_chart({10: 1, 99: 1, 10_000: 4}))
        ratios = [row["to"] / row["from"] for row in found]
        assert max(ratios) / min(ratios) < 1.0001
        encoding = length_chart({10: 1, 10_000: 4}).to_dict()["encoding"]["x"]
        assert encoding["scale"] == {"type": "log", "domain": [10, 10_001], "nice": False}
        assert encoding["axis"]["values"] == [10, 100, 1000, 10_000]
