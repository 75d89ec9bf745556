"""Reference genes: built-in, published and simulated, and example queries."""
