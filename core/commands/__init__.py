"""The commands of the command line, a module for each kind; ``core.__main__`` runs them."""
