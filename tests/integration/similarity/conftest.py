"""Libraries of orthologs: those of the chimpanzee are nearer to the human genes than the dog's."""

from dataclasses import replace

import pytest

from core.library.load import load
from core.library.manager import Libraries
from core.sequences.references.simulated import simulate
from core.settings import Settings
from core.stores import Stores
from tests.support.evolution import FAMILIES, members


def named(organism, records):
    return [
        replace(record, name=f"{organism}_{place}") for place, record in enumerate(records, start=1)
    ]


HUMAN = named("human", members("human", families=3, count=4))
REFERENCES = {
    "human": HUMAN,
    "chimpanzee": named("chimpanzee", simulate(HUMAN[:9], 0.02, seed=1)),
    "dog": named("dog", simulate(HUMAN[:6], 0.2, seed=2)),
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
