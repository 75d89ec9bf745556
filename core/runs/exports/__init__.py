"""Exports: a run to take away, safe to open whatever its sequences are called."""
