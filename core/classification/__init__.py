"""Calling: from the candidates of a query to its family, with a confidence that can be trusted."""
