"""The figures of the published demo, from the data that it was made with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from core.classify import classify
from core.encoders import CountEncoder
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.importer import read_records
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import Settings
from core.similarity import compare_organisms
from core.stores.stores import Stores

pytestmark = [pytest.mark.shared_data, pytest.mark.timeout(600)]

FILES = {"human": "human.txt", "chimpanzee": "chimpanzee.txt", "dog": "dog.txt"}


@pytest.fixture(scope="module")
def references(shared_data: Path) -> dict[str, list[Record]]:
    return {
        organism: read_records(shared_data / file, organism, Limits())
        for organism, file in FILES.items()
    }


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Libraries]:
    with Stores(Settings(home=tmp_path_factory.mktemp("figures"))) as stores:
        yield Libraries(stores)


@pytest.fixture(scope="module")
def everything(libraries, references):
    """All three organisms, loaded at once."""
    return load(libraries, references, library="everything", encoder="count")


@pytest.fixture(scope="module")
def kept(shared_data) -> dict[str, list[str]]:
    """The sequences that the demo loaded: distinct ones, human shuffled and without the last 20."""
    tables = {
        name: pd.read_csv(shared_data / file, sep="\t").drop_duplicates()
        for name, file in FILES.items()
    }
    tables["human"] = tables["human"].sample(frac=1, random_state=2021)[:-20]
    return {name: table["sequence"].tolist() for name, table in tables.items()}


@pytest.fixture(scope="module")
def encoder(kept) -> CountEncoder:
    return CountEncoder.fit([sequence for sequences in kept.values() for sequence in sequences])


class TestLoad:
    def test_copies_are_counted(self, everything):
        assert [(row.organism, row.records, row.added) for row in everything.organisms] == [
            ("human", 4380, 3629),
            ("chimpanzee", 1682, 1675),
            ("dog", 820, 817),
        ]


class TestSimilarity:
    @pytest.mark.parametrize(("organism", "mean"), [("chimpanzee", 0.9702), ("dog", 0.7045)])
    def test_of_the_first_800_genes_to_human(self, libraries, everything, organism, mean):
        found = compare_organisms(libraries.open("everything"), organism, "human", limit=800)

        assert found.n == 800
        assert found.mean == pytest.approx(mean, abs=0.0005)


class TestPublishedEncoder:
    """Fitted as the demo did: human without the last 20 rows of its shuffled table."""

    @pytest.mark.parametrize(("organism", "mean"), [("chimpanzee", 0.9690), ("dog", 0.7043)])
    def test_mean_best_inner_product_with_human(self, kept, encoder, organism, mean):
        products = encoder.encode(kept[organism][:800]) @ encoder.encode(kept["human"]).T

        assert float(np.mean(products.max(axis=1))) == pytest.approx(mean, abs=0.0005)


class TestSplit:
    def test_the_nearest_neighbour_is_right_as_often_as_published(self, libraries, references):
        distinct = list({record.residues: record for record in references["human"]}.values())
        assert len(distinct) == 3629
        known, queries = train_test_split(distinct, test_size=0.2, random_state=42)

        load(libraries, {"human": known}, library="split", encoder="count")
        calls = classify(libraries.open("split"), queries, neighbours=1)

        right = [call.family_id == query.family for call, query in zip(calls, queries, strict=True)]
        assert np.mean(right) == pytest.approx(0.908, abs=0.001)
