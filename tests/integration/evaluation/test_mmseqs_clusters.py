"""Clusters by MMseqs2, an external program."""

import numpy as np
import pytest

from core.evaluation.clusters import mmseqs_clusters, mmseqs_unavailable
from tests.support.evaluation_data import data, separate_families


@pytest.mark.skipif(bool(mmseqs_unavailable()), reason=mmseqs_unavailable())
class TestMmseqsClusters:
    def test_near_copies_are_together_and_strangers_are_not(self):
        records = data(families=3, count=2)
        clusters = mmseqs_clusters(records.sequences)

        assert separate_families(clusters, records.families)
        assert np.unique(clusters).size < len(records)
