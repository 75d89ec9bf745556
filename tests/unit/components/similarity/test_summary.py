import numpy as np
import pytest

from components.similarity.charts import distribution_figure, matrix_figure
from components.similarity.summary import explanation, headline
from core.similarity import Comparison, Gene, Similarity


def comparison(**best):
    """Compare organisms with human: the best similarities of their genes are given.

    In the other direction, they are half of these.
    """
    genes = [Gene(number, "any", 0, "one", 300) for number in range(9)]
    pairs = {}
    for organism, values in best.items():
        for pair, factor in (((organism, "human"), 1), (("human", organism), 0.5)):
            similarities = np.array(values) * factor
            nearest = np.zeros(similarities.size, dtype=np.int64)
            of = genes[: similarities.size]
            pairs[pair] = Similarity(*pair, of, genes, nearest, similarities)
    return Comparison("count", ["human", *best], pairs)


def means(found):
    """Return the means that the matrix shows, by direction, to two digits."""
    table = matrix_figure(found).table
    return {
        (row["genes of"], row["nearest in"]): f"{row['mean']:.2f}"
        for row in table.to_dict("records")
    }


def sentence(found):
    return headline(found, "human").replace("\\", "")


TWO = comparison(dog=[0.7, 0.71], chimpanzee=[0.97, 0.98])


class TestHeadline:
    def test_of_one(self):
        found = comparison(dog=[0.7, 0.72])
        mean = means(found)["dog", "human"]
        assert sentence(found) == f"Dog genes match human genes at {mean}, on a scale from 0 to 1."

    def test_of_two_that_differ(self):
        shown = means(TWO)
        assert sentence(TWO) == (
            f"Chimpanzee genes are closer to human genes ({shown['chimpanzee', 'human']}) than dog"
            f" genes are ({shown['dog', 'human']})."
        )

    def test_of_two_whose_intervals_overlap_none_is_closer(self):
        found = comparison(dog=[0.5, 0.9], cat=[0.6, 0.78])
        assert sentence(found) == (
            "Dog genes (0.70) are about as close to human genes as cat genes (0.69) are."
        )
        assert {"0.70", "0.69"} < set(means(found).values())

    def test_of_many_the_closest_are_named(self):
        found = comparison(**{letter: [0.9 - 0.1 * at] for at, letter in enumerate("abcdefgh")})
        shown = means(found)
        assert sentence(found) == (
            f"A genes are closer to human genes ({shown['a', 'human']}) than b genes are"
            f" ({shown['b', 'human']}), then c genes ({shown['c', 'human']}), then d genes"
            f" ({shown['d', 'human']}), then e genes ({shown['e', 'human']}), then 3 more."
        )

    def test_is_of_the_direction_of_the_distributions(self):
        figure = distribution_figure(TWO.rank_against("human"), "count")
        assert [panel.title for panel in figure.panels] == [
            "chimpanzee → human, n = 2",
            "dog → human, n = 2",
        ]
        for frame, name in zip(("chimpanzee", "dog"), (0.97, 0.7), strict=True):
            bins = figure.table[figure.table["genes of"] == frame]
            middle = (bins["from"] + bins["to"]) / 2
            assert (middle * bins["share"]).sum() == pytest.approx(name, abs=0.04)


class TestExplanation:
    def test_has_both_directions(self):
        shown, text = means(TWO), explanation(TWO, "human").replace("\\", "")
        assert "of genes (2 of chimpanzee, 2 of dog) with all 9 genes of human" in text
        assert (
            f"The other way: human → chimpanzee {shown['human', 'chimpanzee']},"
            f" human → dog {shown['human', 'dog']}."
        ) in text
