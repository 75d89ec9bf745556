"""Alignment of a query with its hits, letter by letter, for people to read."""
