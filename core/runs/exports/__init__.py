"""Exports: a run as a file, safe to open whatever the names of its sequences contain."""
