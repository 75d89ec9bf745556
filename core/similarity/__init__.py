"""Similarity of organisms by their genes: comparison, tree, map, and alignment of two genes."""

from core.similarity.comparison import compare, compare_organisms, count_pairs
from core.similarity.organism_pairs import Comparison, Gene, Similarity

__all__ = ["Comparison", "Gene", "Similarity", "compare", "compare_organisms", "count_pairs"]
