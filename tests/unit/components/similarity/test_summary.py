import numpy as np

from components.similarity.summary import headline
from core.similarity import Comparison, Gene, Similarity


def comparison(**best):
    """Compare organisms, of which the best similarities are given, with human."""
    genes = [Gene(1, "human", 0, "one", 300)]
    pairs = {
        (organism, "human"): Similarity(
            organism, "human", genes, genes, np.zeros(9, int), np.array(values)
        )
        for organism, values in best.items()
    }
    return Comparison("count", ["human", *best], pairs)


def sentence(found):
    return headline(found, "human").replace("\\", "")


class TestHeadline:
    def test_of_two_that_differ(self):
        found = comparison(dog=[0.7, 0.71], chimpanzee=[0.97, 0.98])
        assert sentence(found) == "Human genes are closer to chimpanzee (0.97) than to dog (0.70)."

    def test_of_two_whose_intervals_overlap_none_is_closer(self):
        found = comparison(dog=[0.5, 0.9], cat=[0.6, 0.78])
        assert sentence(found) == "Human genes are about as close to dog (0.70) as to cat (0.69)."

    def test_of_many_the_closest_are_named(self):
        found = comparison(**{letter: [0.9 - 0.1 * at] for at, letter in enumerate("abcdefgh")})
        assert sentence(found) == (
            "Human genes are closest to a (0.90), then to b (0.80), then c (0.70), then d (0.60),"
            " then e (0.50), then 3 more."
        )
