import pytest

from core.classification.training import CANDIDATES
from core.classify import FIRST_CANDIDATES, Verdict, judge
from core.encoders.count import CountEncoder
from core.library.library import Library
from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores import Stores
from tests.support.evolution import FAMILIES, member, members
from tests.support.synthetic import dna

NEAR = [member(family, "near", 0.1) for family in range(3)]
FAR = [member(family, "far", 0.45) for family in range(3)]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("judging"))) as stores:
        libraries = Libraries(stores)
        for encoder in ("translated", "count"):
            references = {"human": members("human", 3, 40), "dog": members("dog", 3, 4)}
            load(libraries, references, library=encoder, encoder=encoder, families=FAMILIES)
        yield libraries


@pytest.fixture
def asked(monkeypatch):
    """How many queries were searched for, and how many candidates were asked for each."""
    seen = []
    search = Library.search_vectors

    def watched(self, vectors, **options):
        seen.append((vectors.shape[0], options["limit"]))
        return search(self, vectors, **options)

    monkeypatch.setattr(Library, "search_vectors", watched)
    return seen


class TestJudge:
    def test_few_candidates_are_enough_where_they_make_it_clear(self, libraries, asked):
        list(judge(libraries.open("translated"), NEAR, None, 10))
        assert asked == [(3, FIRST_CANDIDATES)]

    def test_many_are_asked_for_where_they_do_not(self, libraries, asked):
        list(judge(libraries.open("translated"), [*NEAR, *FAR], None, 10))
        assert asked == [(6, FIRST_CANDIDATES), (3, CANDIDATES)]

    def test_nothing_is_searched_before_a_verdict_is_wanted(self, libraries, asked, monkeypatch):
        monkeypatch.setattr("core.classify._TOGETHER", 2)
        verdicts = judge(libraries.open("translated"), [*NEAR, NEAR[0]], None, 10)
        assert asked == []
        next(verdicts)
        assert asked == [(2, FIRST_CANDIDATES)]
        assert len(list(verdicts)) == 3

    def test_the_verdicts_come_in_the_order_of_the_sequences(self, libraries):
        mixed = [FAR[2], NEAR[1], dna("noise", 400), NEAR[0], "N" * 50, FAR[1]]
        verdicts = list(judge(libraries.open("translated"), mixed, None, 10))
        best = [next(iter(verdict.families), None) for verdict in verdicts]
        assert [best[place] for place in (0, 1, 3, 4, 5)] == [2, 1, 0, None, 1]
        assert [verdict.significant for verdict in verdicts] == [
            True,
            True,
            False,
            True,
            False,
            True,
        ]

    @pytest.mark.parametrize("neighbours", [1, 25, 60])
    def test_has_as_many_hits_as_are_wanted(self, libraries, neighbours):
        for verdict in judge(libraries.open("translated"), NEAR, None, neighbours):
            assert min(neighbours, 20) <= len(verdict.hits) <= neighbours
            assert next(iter(verdict.organisms)) == verdict.hits[0].organism

    def test_without_a_caller_the_neighbours_vote(self, libraries):
        library = libraries.open("count")
        assert isinstance(library.encoder, CountEncoder)
        known = members("human", 3, 40)[0].residues
        verdict, nothing = judge(library, [known, "ACG"], None, 5)
        assert len(verdict.hits) == 5
        assert verdict.organisms == {"human": 1.0}
        assert (verdict.significant, verdict.strand, verdict.frame) == (True, "", 0)
        assert nothing == Verdict()

    def test_of_nothing_there_are_none(self, libraries):
        assert list(judge(libraries.open("translated"), [], None, 10)) == []
