"""GeneKin measured against its peers, by hand: ``python -m benchmarks.accuracy`` and ``.speed``."""
