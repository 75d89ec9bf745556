from components.shared.figure import build_chart
from components.similarity.tree import tree_figure
from core.similarity.tree import build_tree
from tests.support.comparisons import make_comparison

ABC = make_comparison("a", "b", "c")
FIGURE = tree_figure(build_tree(ABC), ABC)


class TestTree:
    def test_its_table_says_who_is_joined_with_whom(self):
        table = FIGURE.table
        first, second = table[["organisms", "joined with"]].to_numpy().tolist()
        (left,) = {"a", "b", "c"} - {*first}
        assert sorted(second) == sorted([left, ", ".join(first)])
        assert table["distance"].is_monotonic_increasing

    def test_is_a_file_for_a_paper(self):
        text = build_chart(FIGURE, "svg").decode()
        assert text.startswith("<svg")
        assert FIGURE.title in text

    def test_has_a_newick_file(self):
        (file,) = FIGURE.files
        assert (file.label, file.ending) == ("Newick", "nwk")
        assert file.text == build_tree(ABC).newick()
