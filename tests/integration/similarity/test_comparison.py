from dataclasses import replace

import numpy as np
import pytest

from core.encoders import CountEncoder, TranslatedEncoder
from core.errors import Cancelled, InputError
from core.similarity import compare, compare_organisms, comparison
from core.similarity.comparison import align_genes
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
    """Return the inner product of two sequences, summed term by term."""
    if isinstance(encoder, CountEncoder):
        return float(encoder.encode([one])[0] @ encoder.encode([other])[0])
    first, second = encoder.profile(one), encoder.profile(other)
    weights = dict(zip(second.keys.tolist(), second.weights.tolist(), strict=True))
    both = zip(first.keys.tolist(), first.weights.tolist(), strict=True)
    return sum(weight * weights.get(key, 0) for key, weight in both)


class TestCompareOrganisms:
    def test_is_the_best_of_all_inner_products(self, library):
        found = compare_organisms(library, "dog", "human")
        for index, gene in enumerate(REFERENCES["dog"]):
            products = [
                product(library.encoder, gene.residues, other.residues)
                for other in REFERENCES["human"]
            ]
            assert found.best[index] == pytest.approx(max(products), abs=1e-5)
            assert found.nearest[index] == np.argmax(products)

    def test_is_the_same_whatever_the_blocks(self, library, monkeypatch):
        in_one_block = compare_organisms(library, "human", "chimpanzee")
        monkeypatch.setattr(comparison, "_ROWS", 5)
        monkeypatch.setattr(comparison, "_COLUMNS", 4)
        found = compare_organisms(library, "human", "chimpanzee")
        assert found.best == pytest.approx(in_one_block.best, abs=1e-6)
        assert found.nearest.tolist() == in_one_block.nearest.tolist()

    def test_has_the_genes_in_the_order_they_came(self, library):
        found = compare_organisms(library, "dog", "human")
        assert [gene.name for gene in found.genes] == [f"dog_{number}" for number in range(1, 7)]
        assert [gene.organism for gene in found.reference_genes] == ["human"] * 12
        first = REFERENCES["dog"][0]
        assert (found.genes[0].family, found.genes[0].length) == (0, len(first.residues))
        assert library.residues([found.genes[0].id]) == {found.genes[0].id: first.residues}

    def test_only_the_first_ask_and_all_are_asked(self, library):
        found = compare_organisms(library, "human", "dog", limit=2)
        all_genes = compare_organisms(library, "human", "dog")
        assert (found.n, len(found.reference_genes)) == (2, 6)
        assert found.best.tolist() == pytest.approx(all_genes.best[:2].tolist())

    def test_of_an_organism_to_itself_is_one(self, library):
        assert compare_organisms(library, "dog", "dog").mean == pytest.approx(1)

    def test_what_nothing_is_recognised_in_shares_nothing(self, libraries, monkeypatch):
        library = libraries.open("count")
        monkeypatch.setattr(comparison, "encode_full", lambda _, given: np.zeros((len(given), 3)))
        found = compare_organisms(library, "dog", "human")
        assert found.best.tolist() == [0] * 6
        assert found.nearest.tolist() == [-1] * 6

    @pytest.mark.parametrize("pair", [("cat", "human"), ("human", "cat")])
    def test_an_organism_that_is_not_there(self, library, pair):
        with pytest.raises(InputError, match="no organism 'cat'"):
            compare_organisms(library, *pair)

    @pytest.mark.parametrize("limit", [0, -3])
    def test_a_limit_of_nothing(self, library, limit):
        with pytest.raises(InputError, match="Invalid limit"):
            compare_organisms(library, "human", "dog", limit)


class TestCompare:
    def test_has_every_pair_both_ways(self, library):
        found = compare(library)
        assert (found.encoder, found.organisms) == (library.encoder.name, tuple(REFERENCES))
        assert list(found.pairs) == PAIRS
        for (of, to), pair in found.pairs.items():
            assert (pair.organism, pair.reference) == (of, to)
            assert pair.best == pytest.approx(compare_organisms(library, of, to).best)

    def test_limits_those_that_ask(self, library):
        found = compare(library, limit=7)
        assert [pair.n for pair in found.pairs.values()] == [7, 7, 7, 7, 6, 6]

    def test_with_another_encoder_is_as_with_a_library_of_it(self, libraries):
        encoders = {"translated": TranslatedEncoder, "count": CountEncoder}
        for mine, other in (("translated", "count"), ("count", "translated")):
            found = compare(libraries.open(mine), encoder=encoders[other])
            expected = compare(libraries.open(other))
            assert found.encoder == other
            for key, pair in expected.pairs.items():
                assert found.pairs[key].best == pytest.approx(pair.best, abs=1e-6)

    def test_its_own_encoder_is_not_fitted_again(self, library):
        steps = []
        compare(
            library, encoder=type(library.encoder), progress=lambda step, *_: steps.append(step)
        )
        assert "Fitting the encoder" not in steps

    def test_says_how_far_it_is(self, library):
        reports = []
        compare(library, progress=lambda *report: reports.append(report))
        total = comparison.count_pairs([12, 9, 6], None)
        assert [step for step, _, _ in reports] == [f"Comparing {a} with {b}" for a, b in PAIRS]
        assert [done for _, done, _ in reports] == sorted(done for _, done, _ in reports)
        assert reports[-1][1:] == (total, total)

    def test_can_be_ended(self, library):
        def end(*_):
            raise Cancelled("enough")

        with pytest.raises(Cancelled, match="enough"):
            compare(library, progress=end)


def first_pair(library):
    """Return the first gene of the chimpanzee, its nearest human gene, and their inner product."""
    pair = compare_organisms(library, "chimpanzee", "human", 1)
    nearest = pair.nearest_gene(0)
    assert nearest is not None
    return pair.genes[0], nearest, pair.mean


class TestAlignGenes:
    def test_orthologs_align_from_end_to_end(self, library):
        gene, nearest, product = first_pair(library)
        found = align_genes(library, gene, nearest, product)
        assert found is not None
        assert (found.hit.name, found.hit.score) == ("human_1", product)
        assert found.identity > 0.9
        assert found.query_coverage > 0.9
        assert found.significant

    @pytest.mark.parametrize(("encoder", "frame"), [("translated", 1), ("count", 0)])
    def test_proteins_are_aligned_where_the_encoder_tells_the_frame(
        self, libraries, encoder, frame
    ):
        library = libraries.open(encoder)
        found = align_genes(library, *first_pair(library))
        assert found is not None
        assert found.frame == frame

    def test_genes_that_have_nothing_to_do_with_each_other_align_by_chance_at_most(self, library):
        gene, *_ = first_pair(library)
        unrelated = compare_organisms(library, "dog", "dog").genes[5]
        found = align_genes(library, gene, unrelated, 0.0)
        assert found is None or not found.significant

    def test_a_gene_that_has_gone(self, library):
        gene, nearest, product = first_pair(library)
        removed = replace(nearest, id=7, name="lost")
        with pytest.raises(InputError, match="lost of human is no longer in the library"):
            align_genes(library, gene, removed, product)
