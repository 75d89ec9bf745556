"""How close the genes of organisms are: all with all, a tree, a map, and any two aligned."""

from core.similarity.comparison import compare, compared_pairs, similarity
from core.similarity.organism_pairs import Comparison, Gene, Similarity

__all__ = ["Comparison", "Gene", "Similarity", "compare", "compared_pairs", "similarity"]
