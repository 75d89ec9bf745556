"""Towhee pipelines: the published demo's, over the calls of the core."""

import json
from collections.abc import Iterable

import pytest

import genekin
from core.calls import Call
from core.classify import classify
from core.library.refit import refit
from core.sequences.limits import Limits
from genekin.inputs import read_input
from genekin.towhee import Encode, Read, Recall, Search, SearchOptions, classify_pipeline
from tests.conftest import PROJECT
from tests.support.evolution import FAMILIES, member, members
from tests.support.services import require
from tests.support.synthetic import dna
from tests.support.towhee import run_pipelines, run_python, towhee_missing

QUERIES = {f"query {family}": member(family, "query", 0.1) for family in range(3)}
QUERIES |= {
    "distant": member(1, "distant", 0.5),
    "random": dna("random", 400),
    "short": "ACGT",
    "broken": "ACGT!",
}


@pytest.fixture(scope="module", params=["translated", "count"])
def home(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with genekin.open_library(home=home) as library:
        references = {"human": members("human", 3, 6), "dog": members("dog", 3, 4)}
        library.load(references, families=FAMILIES, encoder=request.param)
    return home


def called(home, queries, **options):
    """The calls of the core, as they are stored."""
    with genekin.open_library(home=home) as library:
        opened = library.manager().open()
        return stored(classify(opened, read_input(queries, Limits()), **options))


def stored(calls: Iterable[Call]):
    """Calls after a way through JSON, as those of another process."""
    return json.loads(json.dumps([call.to_json() for call in calls]))


class TestPipelines:
    @pytest.fixture(autouse=True)
    def _installed(self):
        require(towhee_missing())

    def test_calls_are_those_of_the_core(self, home):
        inputs = [QUERIES, *QUERIES.values()]
        expected = [called(home, given) for given in inputs]
        assert {call["status"] for call in expected[0]} == {"called", "unknown", "invalid"}
        answer = run_pipelines(home, inputs)
        assert answer["calls"] == expected
        assert answer["batch"] == expected

    def test_options_are_passed_on(self, home):
        options = {"organisms": ["dog"], "neighbours": 2, "threshold": 1.0}
        answer = run_pipelines(home, [QUERIES], options=options)
        assert answer["calls"] == [called(home, QUERIES, **options)]

    def test_genes_are_inserted(self, tmp_path):
        rows = [(gene.name, gene.residues, gene.family) for gene in members("cat", 3, 6)]
        file = tmp_path / "cat.tsv"
        lines = ["name\tsequence\tclass", *("\t".join(map(str, row)) for row in rows)]
        file.write_text("\n".join(lines))
        references = [{"cat": str(file)}, {"dog": str(file)}]
        answer = run_pipelines(tmp_path, [QUERIES], references=references, encoder="count")
        assert answer["organisms"] == {"cat": 18, "dog": 18}
        assert answer["calls"] == [called(tmp_path, QUERIES)]

    def test_the_error_of_an_operator_is_the_pipelines(self, home):
        with pytest.raises(AssertionError, match="There is no library 'none'"):
            run_pipelines(home, [QUERIES], library="none")

    def test_the_example_runs(self, tmp_path):
        printed = run_python(str(PROJECT / "examples" / "towhee_pipelines.py"), home=tmp_path)
        assert printed.startswith("<Loads: human +3,629>")
        assert "receptor called G protein coupled receptors" in printed
        assert "invalid_character invalid" in printed


class TestOperators:
    def test_one_after_the_other_they_give_the_calls_of_the_core(self, home):
        with genekin.open_library(home=home) as library:
            encode = Encode(library, SearchOptions(neighbours=3))
            search = Search(encode)
            encoded = encode(Read()(QUERIES))
            assert encoded.records.vectors.shape[0] == len(QUERIES) - 1
            searched = search(encoded)
            assert len(searched.records.hits) == len(QUERIES) - 1
            calls = Recall(encode, search)(searched)
        assert stored(calls) == called(home, QUERIES, neighbours=3)

    @pytest.mark.parametrize(
        ("encoder", "replaced_after"),
        [("count", "encode"), ("translated", "encode"), ("translated", "search")],
    )
    def test_an_encoder_replaced_meanwhile_is_used(self, tmp_path, encoder, replaced_after):
        with genekin.open_library(home=tmp_path) as library:
            library.load({"human": members("human", 3, 6)}, encoder=encoder)
            library.load({"dog": members("dog", 3, 4)})
            encode = Encode(library)
            search = Search(encode)
            recall = Recall(encode, search)
            encoded = encode(Read()(QUERIES))
            if replaced_after == "encode":
                refit(library.manager(), library.name)
            searched = search(encoded)
            if replaced_after == "search":
                refit(library.manager(), library.name)
            calls = recall(searched)
        assert stored(calls) == called(tmp_path, QUERIES)

    def test_without_towhee_it_is_said_how_to_install_it(self, tmp_path):
        with (
            genekin.open_library(home=tmp_path) as library,
            pytest.raises(genekin.InputError, match=r"requirements-towhee\.txt"),
        ):
            classify_pipeline(library)
