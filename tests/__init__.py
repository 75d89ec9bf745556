"""Tests of GeneKin."""
