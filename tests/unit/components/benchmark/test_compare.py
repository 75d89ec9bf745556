from components.benchmark.compare import change_figure
from core.evaluation.diff import compare_accuracy
from core.evaluation.splits import UNMODIFIED
from tests.support.figures import rows


class TestChangeFigure:
    def test_draws_one_task_and_lists_all_in_the_table(self, report):
        compared = compare_accuracy(report, report)
        figure = change_figure(report, compared, "seed", UNMODIFIED)
        assert len(figure.table) == len(report.results)
        assert {row["change"] for row in rows(figure.panels[0])} == {0}
        assert "The interval excludes zero for 0 of 5 methods." in figure.notes[0]
