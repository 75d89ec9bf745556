"""Records in: files and pasted text, checked; the built-in reference; examples."""
