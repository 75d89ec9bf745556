import numpy as np
import pytest

from core.errors import Cancelled
from core.evaluation.clusters import profile_clusters
from tests.support.evaluation_data import data, separate_families
from tests.support.synthetic import dna


class TestProfileClusters:
    def test_near_copies_are_together_and_strangers_are_not(self):
        records = data(families=6, count=12)
        clusters = profile_clusters(records.sequences)

        assert separate_families(clusters, records.families)
        near = np.arange(len(records)) % 12 % 4 == 0  # A twentieth of their bases differ.
        assert np.unique(clusters[near]).size == 6

    def test_what_a_third_one_links_is_together(self):
        whole = dna("whole", 1_200)
        one, bridge, other = whole[:600], whole[300:900], whole[600:]
        background = [dna(f"stranger {number}", 600) for number in range(5)]

        linked = profile_clusters([one, bridge, other, *background])
        apart = profile_clusters([one, other, *background])

        assert linked[0] == linked[2]
        assert apart[0] != apart[1]

    def test_a_higher_link_parts_more(self):
        records = data(families=3, count=12).sequences

        assert (
            np.unique(profile_clusters(records, 0.9)).size
            > np.unique(profile_clusters(records)).size
        )

    def test_can_be_ended(self):
        def cancel(*_):
            raise Cancelled("Enough.")

        with pytest.raises(Cancelled):
            profile_clusters(data().sequences, progress=cancel)
