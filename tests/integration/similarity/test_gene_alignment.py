from dataclasses import replace

import pytest

from core.errors import InputError
from core.similarity import similarity
from core.similarity.gene_alignment import align_genes


def first_pair(library):
    """The first gene of the chimpanzee, its nearest human gene, and their inner product."""
    pair = similarity(library, "chimpanzee", "human", 1)
    nearest = pair.nearest_gene(0)
    assert nearest is not None
    return pair.genes[0], nearest, pair.mean


class TestAlignGenes:
    def test_orthologs_align_from_end_to_end(self, library):
        gene, nearest, product = first_pair(library)
        found = align_genes(library, gene, nearest, product)
        assert found is not None
        assert (found.of.name, found.of.score) == ("human_1", product)
        assert found.identity > 0.9
        assert found.query_coverage > 0.9
        assert found.beyond_chance

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
        stranger = similarity(library, "dog", "dog").genes[5]
        found = align_genes(library, gene, stranger, 0.0)
        assert found is None or not found.beyond_chance

    def test_a_gene_that_has_gone(self, library):
        gene, nearest, product = first_pair(library)
        gone = replace(nearest, id=7, name="lost")
        with pytest.raises(InputError, match="lost of human is not in the library any more"):
            align_genes(library, gene, gone, product)
