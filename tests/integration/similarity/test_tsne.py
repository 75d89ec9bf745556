import numpy as np
import pytest

from core.errors import Cancelled
from core.progress import no_progress
from core.similarity import tsne
from core.similarity.tsne import map_sequences
from tests.integration.similarity.conftest import REFERENCES

DOG = [record.residues for record in REFERENCES["dog"]]
TOTAL = sum(map(len, REFERENCES.values()))


class TestMapSequences:
    def test_orthologs_are_neighbours(self, library):
        found = map_sequences(library)
        names = [gene.name for gene in found.genes]
        distances = np.linalg.norm(found.coordinates[:, None] - found.coordinates, axis=2)
        np.fill_diagonal(distances, np.inf)
        for number in range(1, 10):
            chimpanzee, human = (
                names.index(f"{name}_{number}") for name in ("chimpanzee", "human")
            )
            near = np.argsort(distances[chimpanzee])[:4]
            assert human in near, names[chimpanzee]

    def test_has_all_sequences_in_their_order(self, library):
        found = map_sequences(library)
        expected = [record.name for records in REFERENCES.values() for record in records]
        assert [gene.name for gene in found.genes] == expected
        assert (found.coordinates.shape, found.total) == ((TOTAL, 2), TOTAL)
        assert np.isfinite(found.coordinates).all()

    def test_of_many_some_are_drawn_in_their_order(self, library):
        found = map_sequences(library, max_sequences=8)
        everything = [gene.id for gene in map_sequences(library).genes]
        chosen = [everything.index(gene.id) for gene in found.genes]
        assert (len(chosen), found.total) == (8, TOTAL)
        assert chosen == sorted(chosen)

    def test_the_same_seed_gives_the_same_map(self, library):
        one, other, another = (
            map_sequences(library, max_sequences=8, seed=seed) for seed in (1, 1, 2)
        )
        assert one.genes == other.genes
        assert np.array_equal(one.coordinates, other.coordinates)
        assert one.genes != another.genes

    @pytest.mark.parametrize("most", range(1, 7))
    def test_of_very_few_there_is_one_too(self, library, most):
        assert np.isfinite(map_sequences(library, max_sequences=most).coordinates).all()

    def test_is_the_same_whatever_the_blocks(self, library, monkeypatch):
        in_one_block = tsne._compute_products(library, DOG, no_progress)
        monkeypatch.setattr(tsne, "_ROWS", 4)
        found = tsne._compute_products(library, DOG, no_progress)
        assert found == pytest.approx(in_one_block, abs=1e-6)
        assert np.diag(found) == pytest.approx(np.ones(6), abs=1e-5)

    def test_can_be_ended(self, library):
        def end(*_):
            raise Cancelled("enough")

        with pytest.raises(Cancelled, match="enough"):
            map_sequences(library, progress=end)
