"""Loads one small batch after the other until it is killed: ``python -m … LIBRARY FIRST``."""

import sys

from core.libraries import Libraries
from core.loading import load
from core.sequences.records import Record
from core.settings import read_settings
from core.stores import Stores
from tests.made_up import genes


def batch(number: int) -> dict[str, list[Record]]:
    """What load `number` adds: sequences of human, and a new organism."""
    return {
        "human": genes(f"human {number}", 30),
        f"new_{number}": genes(f"new {number}", 30),
    }


def main(library: str, first: int) -> None:
    with Stores(read_settings()) as stores:
        libraries = Libraries(stores)
        sys.stdout.write("open\n")
        sys.stdout.flush()
        for number in range(first, first + 10_000):
            load(libraries, batch(number), library=library, encoder="count")
            sys.stdout.write(f"loaded {number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
