import numpy as np

from core.classification.held_out import linked_clusters


class TestLinkedClusters:
    SIMILARITIES = np.array(
        [
            [0.0, 0.5, 0.0, 0.0],
            [0.5, 0.0, 0.2, 0.0],
            [0.0, 0.2, 0.0, 0.1],
            [0.0, 0.0, 0.1, 0.0],
        ],
        dtype=np.float32,
    )

    def partition(self, threshold):
        clusters = linked_clusters(self.SIMILARITIES, threshold)
        assert clusters.dtype == np.int64
        return {frozenset(np.flatnonzero(clusters == one).tolist()) for one in set(clusters)}

    def test_a_chain_of_links_is_one_cluster(self):
        assert self.partition(0.05) == {frozenset({0, 1, 2, 3})}
        assert self.partition(0.15) == {frozenset({0, 1, 2}), frozenset({3})}

    def test_without_links_each_is_alone(self):
        assert self.partition(0.6) == {frozenset({number}) for number in range(4)}

    def test_a_link_is_above_the_threshold_not_at_it(self):
        assert self.partition(0.5) == self.partition(0.6)
