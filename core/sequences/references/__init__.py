"""Reference genes (human, published, simulated) and example queries."""
