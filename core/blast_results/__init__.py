"""BLAST results from elsewhere: read from a file, to be looked at."""

from core.blast_results.reader import read_blast_results
from core.blast_results.results import BlastAlignment, BlastHit, BlastQuery, BlastResults

__all__ = ["BlastAlignment", "BlastHit", "BlastQuery", "BlastResults", "read_blast_results"]
