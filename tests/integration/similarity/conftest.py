"""Libraries of orthologs: those of the chimpanzee are nearer to the human genes than the dog's."""

from dataclasses import replace

import pytest

from core.library.load import load
from core.library.manager import Libraries
from core.sequences.references.simulated import simulate
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.evolution import FAMILIES, members


def rename(organism, records):
    return [
        replace(record, name=f"{organism}_{number}")
        for number, record in enumerate(records, start=1)
    ]


HUMAN = rename("human", members("human", families=3, count=4))
REFERENCES = {
    "human": HUMAN,
    "chimpanzee": rename("chimpanzee", simulate(HUMAN[:9], 0.02, seed=1)),
    "dog": rename("dog", simulate(HUMAN[:6], 0.2, seed=2)),
}


@pytest.fixture(scope="package")
def libraries(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("similarity"))) as stores:
        libraries = Libraries(stores)
        for encoder in ("translated", "count"):
            load(libraries, REFERENCES, library=encoder, encoder=encoder, families=FAMILIES)
        yield libraries


@pytest.fixture(params=["translated", "count"])
def library(request, libraries):
    return libraries.open(request.param)
