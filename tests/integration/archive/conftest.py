"""Libraries to export, in stores of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.library.archive import export_library
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.limits import Limits
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.evolution import FAMILIES, members
from tests.support.synthetic import FAMILY_NAMES, genes

LIMITS = Limits()


@pytest.fixture(scope="package")
def source(tmp_path_factory) -> Iterator[Libraries]:
    """Two libraries, one of each encoder, that no test changes."""
    with Stores(Settings(home=tmp_path_factory.mktemp("source"))) as stores:
        libraries = Libraries(stores)
        load(
            libraries,
            {"human": members("human", families=3, count=6), "dog": members("dog", 3, 4)},
            library="lab",
            families=FAMILIES,
            source="lab.fasta",
            by="ada",
        )
        load(libraries, {"human": genes("human")}, library="counted", encoder="count")
        load(libraries, {"human": genes("more", 3)}, library="counted", families=FAMILY_NAMES)
        libraries.set_threshold("counted", 0.25)
        yield libraries


@pytest.fixture(scope="package")
def archives(source, tmp_path_factory) -> Path:
    """A folder with both of them, exported: ``lab.zip`` and ``counted.zip``."""
    folder = tmp_path_factory.mktemp("archives")
    for name in ("lab", "counted"):
        export_library(source, name, folder / f"{name}.zip")
    return Path(folder)


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Iterator[Libraries]:
    """Other stores, empty at first."""
    with Stores(Settings(home=tmp_path_factory.mktemp("here"))) as stores:
        yield Libraries(stores)
