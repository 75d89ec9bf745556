"""Kinds of jobs: what a page submits, and the function that a worker calls."""
