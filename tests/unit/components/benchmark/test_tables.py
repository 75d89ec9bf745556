from components.benchmark.tables import comparison_table


class TestComparisonTable:
    def test_has_all_methods_with_both_splits_side_by_side(self, report):
        table = comparison_table(report)

        assert list(table.columns[:5]) == [
            "method",
            "accuracy, random 80/20",
            "95% CI, random 80/20",
            "accuracy, homology-aware",
            "95% CI, homology-aware",
        ]
        assert len(table) == 5
        assert "majority-class baseline" in set(table["method"])
        accuracies = table["accuracy, random 80/20"].tolist()
        assert accuracies == sorted(accuracies, reverse=True)
