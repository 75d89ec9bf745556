from dataclasses import replace

import pytest

from core.errors import InputError
from core.similarity import similarity
from core.similarity.aligning import align_genes


class TestAlignGenes:
    @pytest.fixture
    def pair(self, library):
        return similarity(library, "chimpanzee", "human")

    def test_orthologs_align_from_end_to_end(self, library, pair):
        gene, nearest = pair.genes[0], pair.nearest_gene(0)
        found = align_genes(library, gene, nearest, pair.best[0])
        assert (found.of.name, found.of.score) == ("human_1", pair.best[0])
        assert found.identity > 0.9
        assert found.query_coverage > 0.9
        assert found.beyond_chance

    def test_proteins_are_aligned_where_the_encoder_tells_the_frame(self, libraries):
        frames = {}
        for name in ("translated", "count"):
            library = libraries.open(name)
            pair = similarity(library, "chimpanzee", "human", 1)
            found = align_genes(library, pair.genes[0], pair.nearest_gene(0), pair.best[0])
            frames[name] = found.frame
        assert frames == {"translated": 1, "count": 0}

    def test_a_gene_is_aligned_with_any_other_one(self, library, pair):
        found = align_genes(library, pair.genes[0], pair.others[5], 0.1)
        assert found is None or found.of.name == "human_6"

    def test_a_gene_that_has_gone(self, library, pair):
        gone = replace(pair.others[0], id=7, name="lost")
        with pytest.raises(InputError, match="lost of human is not in the library any more"):
            align_genes(library, pair.genes[0], gone, 0.5)
