"""Alignment: where a query and its hits are alike, letter by letter, for people to read."""
