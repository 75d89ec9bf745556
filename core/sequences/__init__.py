"""Records in: uploads of any common format, checked; the built-in, published and simulated ones."""
