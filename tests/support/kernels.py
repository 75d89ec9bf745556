"""Compile the numba kernels once, before test processes that run side by side each would."""

from pathlib import Path
from tempfile import TemporaryDirectory

from core.classify import classify
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.evolution import FAMILIES, member, members


def main() -> None:
    """Load a small library and classify a query: all that compiles is called."""
    query = Record("query", member(1, "query", 0.3), 1, 1)
    with TemporaryDirectory() as home, Stores(Settings(home=Path(home))) as stores:
        libraries = Libraries(stores)
        load(libraries, {"human": members("human", 3, 6)}, families=FAMILIES)
        classify(libraries.open(), [query])


if __name__ == "__main__":
    main()
