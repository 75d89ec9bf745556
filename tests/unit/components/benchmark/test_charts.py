from itertools import pairwise

import pytest

from components.benchmark.charts import spread_out


class TestSpreadOut:
    def test_keeps_the_order_and_the_distance(self):
        placed = spread_out([0.1, 0.98, 0.99, 1.0], 0.05, 1.06)
        assert placed[0] == pytest.approx(0.1)
        assert all(b - a >= 0.05 - 1e-6 for a, b in pairwise(placed))
        assert placed[-1] <= 1.06
