"""The Open file page."""
