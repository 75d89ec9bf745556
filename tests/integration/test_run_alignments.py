import pytest

from core.alignment.explanation import explain
from core.classify import classify
from core.library.load import load
from core.library.manager import Libraries
from core.runs.alignments import align_hits
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.evolution import FAMILIES, member, members

QUERIES = [Record(f"q{n}", member(n, "query", 0.1), n, n) for n in (1, 2)]
RESIDUES = [record.residues for record in QUERIES]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("aligning"))) as stores:
        libraries = Libraries(stores)
        load(libraries, {"human": members("human", 3, 4)}, families=FAMILIES)
        yield libraries.open()


@pytest.fixture(scope="module")
def calls(library):
    return classify(library, QUERIES)


class TestAlignHits:
    def test_are_those_of_the_screen(self, library, calls):
        found = align_hits(library, RESIDUES, calls, searched=12)
        expected = {
            (index, alignment.hit.id): alignment
            for index, call in enumerate(calls)
            for alignment in explain(library, RESIDUES[index], call, searched=12).alignments
        }
        assert found == expected
        assert len(found) > len(calls)

    def test_the_closest_hits_come_first(self, library, calls):
        closest = {(index, call.closest.id) for index, call in enumerate(calls)}
        assert set(align_hits(library, RESIDUES, calls, searched=12, limit=2)) == closest
        assert set(align_hits(library, RESIDUES, calls, searched=12, closest_only=True)) == closest
        assert len(align_hits(library, RESIDUES, calls, searched=12, limit=3)) == 3

    def test_report_progress(self, library, calls):
        reported = []
        align_hits(
            library,
            RESIDUES,
            calls,
            searched=12,
            progress=lambda *step: reported.append(step),
        )
        assert reported == [("Aligning", done, 2) for done in range(3)]
