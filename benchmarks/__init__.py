"""Accuracy and speed of GeneKin beside other tools: scripts to be run by hand."""
