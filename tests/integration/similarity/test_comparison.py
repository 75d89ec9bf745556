import numpy as np
import pytest

from core.encoders import CountEncoder, TranslatedEncoder
from core.errors import Cancelled, InputError
from core.similarity import compare, comparison, similarity
from tests.integration.similarity.conftest import REFERENCES

PAIRS = [
    ("human", "chimpanzee"),
    ("human", "dog"),
    ("chimpanzee", "human"),
    ("chimpanzee", "dog"),
    ("dog", "human"),
    ("dog", "chimpanzee"),
]


def product(encoder, one, other):
    """The inner product of two sequences, the plain way."""
    if isinstance(encoder, CountEncoder):
        return float(encoder.encode([one])[0] @ encoder.encode([other])[0])
    first, second = encoder.profile(one), encoder.profile(other)
    weights = dict(zip(second.keys.tolist(), second.weights.tolist(), strict=True))
    both = zip(first.keys.tolist(), first.weights.tolist(), strict=True)
    return sum(weight * weights.get(key, 0) for key, weight in both)


class TestSimilarity:
    def test_is_the_best_of_all_inner_products(self, library):
        found = similarity(library, "dog", "human")
        for place, gene in enumerate(REFERENCES["dog"]):
            products = [
                product(library.encoder, gene.residues, other.residues)
                for other in REFERENCES["human"]
            ]
            assert found.best[place] == pytest.approx(max(products), abs=1e-5)
            assert found.nearest[place] == np.argmax(products)

    def test_is_the_same_whatever_the_blocks(self, library, monkeypatch):
        whole = similarity(library, "human", "chimpanzee")
        monkeypatch.setattr(comparison, "_ROWS", 5)
        monkeypatch.setattr(comparison, "_COLUMNS", 4)
        found = similarity(library, "human", "chimpanzee")
        assert found.best == pytest.approx(whole.best, abs=1e-6)
        assert found.nearest.tolist() == whole.nearest.tolist()

    def test_has_the_genes_in_the_order_they_came(self, library):
        found = similarity(library, "dog", "human")
        assert [gene.name for gene in found.genes] == [f"dog_{place}" for place in range(1, 7)]
        assert [gene.organism for gene in found.others] == ["human"] * 12
        first = REFERENCES["dog"][0]
        assert (found.genes[0].family, found.genes[0].length) == (0, len(first.residues))
        assert library.residues([found.genes[0].id]) == {found.genes[0].id: first.residues}

    def test_only_the_first_ask_and_all_are_asked(self, library):
        found = similarity(library, "human", "dog", limit=2)
        whole = similarity(library, "human", "dog")
        assert (found.n, len(found.others)) == (2, 6)
        assert found.best.tolist() == pytest.approx(whole.best[:2].tolist())

    def test_of_an_organism_to_itself_is_one(self, library):
        assert similarity(library, "dog", "dog").mean == pytest.approx(1)

    def test_what_nothing_is_recognised_in_shares_nothing(self, libraries, monkeypatch):
        library = libraries.open("count")
        monkeypatch.setattr(comparison, "whole_vectors", lambda _, given: np.zeros((len(given), 3)))
        found = similarity(library, "dog", "human")
        assert found.best.tolist() == [0] * 6
        assert found.nearest.tolist() == [-1] * 6

    @pytest.mark.parametrize("pair", [("cat", "human"), ("human", "cat")])
    def test_an_organism_that_is_not_there(self, library, pair):
        with pytest.raises(InputError, match="no organism 'cat'"):
            similarity(library, *pair)

    @pytest.mark.parametrize("limit", [0, -3])
    def test_a_limit_of_nothing(self, library, limit):
        with pytest.raises(InputError, match="leaves nothing to compare"):
            similarity(library, "human", "dog", limit)


class TestCompare:
    def test_has_every_pair_both_ways(self, library):
        found = compare(library)
        assert (found.encoder, found.organisms) == (library.encoder.name, tuple(REFERENCES))
        assert list(found.pairs) == PAIRS
        for (of, to), pair in found.pairs.items():
            assert (pair.of, pair.to) == (of, to)
            assert pair.best == pytest.approx(similarity(library, of, to).best)

    def test_limits_those_that_ask(self, library):
        found = compare(library, limit=7)
        assert [pair.n for pair in found.pairs.values()] == [7, 7, 7, 7, 6, 6]

    def test_with_another_encoder_is_as_with_a_library_of_it(self, libraries):
        kinds = {"translated": TranslatedEncoder, "count": CountEncoder}
        for mine, other in (("translated", "count"), ("count", "translated")):
            found = compare(libraries.open(mine), encoder=kinds[other])
            expected = compare(libraries.open(other))
            assert found.encoder == other
            for key, pair in expected.pairs.items():
                assert found.pairs[key].best == pytest.approx(pair.best, abs=1e-6)

    def test_its_own_encoder_is_not_fitted_again(self, library):
        said = []
        compare(
            library, encoder=type(library.encoder), progress=lambda doing, *_: said.append(doing)
        )
        assert "Fitting the encoder" not in said

    def test_says_how_far_it_is(self, library):
        told = []
        compare(library, progress=lambda *told_now: told.append(told_now))
        everything = comparison.compared_pairs([12, 9, 6], None)
        assert [doing for doing, _, _ in told] == [f"Comparing {a} with {b}" for a, b in PAIRS]
        assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
        assert told[-1][1:] == (everything, everything)

    def test_can_be_ended(self, library):
        def end(*_):
            raise Cancelled("enough")

        with pytest.raises(Cancelled, match="enough"):
            compare(library, progress=end)
