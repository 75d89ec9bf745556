"""Background jobs: long work that every session and process can follow and cancel."""
