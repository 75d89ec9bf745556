"""How often the encoder ``translated`` is right, on the reference data."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from core.calls import Call, Status
from core.classify import classify
from core.library.library import Library
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.importer import read_records
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.oracles import reverse_complement

pytestmark = [pytest.mark.shared_data, pytest.mark.timeout(900)]

SEED = 42
PIECE = 150


@pytest.fixture(scope="module")
def split(shared_data: Path) -> tuple[list[Record], list[Record]]:
    """2,903 distinct human genes as the reference, 726 others as queries."""
    records = read_records(shared_data / "human.txt", "human", Limits())
    distinct = list({record.residues: record for record in records}.values())
    known: list[Record]
    queries: list[Record]
    known, queries = train_test_split(distinct, test_size=0.2, random_state=SEED)
    assert (len(known), len(queries)) == (2903, 726)
    return known, queries


@pytest.fixture(scope="module")
def library(split, tmp_path_factory) -> Iterator[Library]:
    with Stores(Settings(home=tmp_path_factory.mktemp("accuracy"))) as stores:
        libraries = Libraries(stores)
        load(libraries, {"human": split[0]}, encoder="translated")
        yield libraries.open()


@pytest.fixture(scope="module")
def queries(split):
    return split[1]


@pytest.fixture(scope="module")
def calls(library, queries) -> list[Call]:
    return classify(library, queries)


def changed(queries: list[Record], share: float) -> list[Record]:
    """The queries with this share of their bases replaced by other ones."""
    draw = random.Random(SEED)
    return [
        _with(
            query,
            "".join(
                draw.choice("ACGT".replace(base, "")) if draw.random() < share else base
                for base in query.residues
            ),
        )
        for query in queries
    ]


def pieces(queries: list[Record]) -> list[Record]:
    """150 bases from five places in each query of 300 or more: one draw alone is off by 0.01."""
    draw = random.Random(SEED)
    found = []
    for query in [query for query in queries if len(query.residues) >= 2 * PIECE] * 5:
        start = draw.randint(0, len(query.residues) - PIECE)
        found.append(_with(query, query.residues[start : start + PIECE]))
    return found


def _with(query: Record, residues: str) -> Record:
    return Record(query.name, residues, query.position, query.line, query.family)


def right(calls: list[Call], queries: list[Record]) -> list[bool]:
    """Whether the best guess is right, whatever the status."""
    return [call.family_id == query.family for call, query in zip(calls, queries, strict=True)]


def called(calls: list[Call]) -> float:
    return float(np.mean([call.status is Status.CALLED for call in calls]))


class TestSplit:
    def test_the_best_guess_is_right(self, calls, queries):
        assert np.mean(right(calls, queries)) >= 0.984

    def test_nearly_all_are_called_and_nearly_all_of_those_rightly(self, calls, queries):
        assert called(calls) >= 0.95
        judged = zip(calls, right(calls, queries), strict=True)
        assert np.mean([good for call, good in judged if call.status is Status.CALLED]) >= 0.995

    def test_the_other_strand_gets_the_same_answers(self, library, calls, queries):
        turned = [_with(query, reverse_complement(query.residues)) for query in queries]
        found = classify(library, turned)
        assert [(call.status, call.families, call.hits) for call in found] == [
            (call.status, call.families, call.hits) for call in calls
        ]

    def test_pieces_of_150_bases(self, library, queries):
        some = pieces(queries)
        assert len(some) > 5 * 600
        assert np.mean(right(classify(library, some), some)) >= 0.949

    @pytest.mark.parametrize(("share", "accuracy"), [(0.05, 0.975), (0.10, 0.965)])
    def test_with_substitutions(self, library, queries, share, accuracy):
        assert np.mean(right(classify(library, changed(queries, share)), queries)) >= accuracy


class TestNoise:
    def test_random_dna_is_unknown(self, library, queries):
        draw = random.Random(SEED)
        bases = "".join(query.residues for query in queries)
        noise = [
            _with(query, "".join(draw.choices(bases, k=len(query.residues))))
            for query in queries[:300]
        ]
        assert called(classify(library, noise)) <= 0.005

    def test_shuffled_genes_are_unknown(self, library, queries):
        draw = random.Random(SEED)
        noise = [
            _with(query, "".join(draw.sample(query.residues, len(query.residues))))
            for query in queries[300:600]
        ]
        assert called(classify(library, noise)) <= 0.005
