"""A library with the encoder ``translated``: what its answers promise."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core.calls import Status
from core.classify import classify
from core.errors import InputError, LibraryError, StoreError
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.alphabet import normalise
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.contents import NOTHING, contents
from tests.support.evolution import FAMILIES, ancestor, member, members
from tests.support.oracles import reverse_complement
from tests.support.synthetic import dna

MUCH = 100_000_000


def record(sequence, name="query"):
    return Record(name, normalise(sequence), 1, 1)


NEAR = [record(member(family, "near", 0.1), f"near {family}") for family in range(6)]
FAR = [record(member(family, "far", 0.4), f"far {family}") for family in range(6)]
PIECES = [record(member(family, "piece", 0.1)[100:250], f"piece {family}") for family in range(6)]
NOISE = [record(dna(f"noise {number}", 300 + 20 * number), "noise") for number in range(20)]
LITTLE = [record("N" * 300, "unreadable"), record("ACGTA", "short"), record("A", "one")]
ALL = [*NEAR, *FAR, *PIECES, *NOISE, *LITTLE]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(home=tmp_path_factory.mktemp("translated"))


@pytest.fixture(scope="module")
def libraries(settings):
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        references = {"human": members("human"), "dog": members("dog", count=4)}
        load(libraries, references, encoder="translated", families=FAMILIES)
        yield libraries


@pytest.fixture
def library(libraries):
    return libraries.open()


@pytest.fixture(scope="module")
def calls(libraries):
    return classify(libraries.open(), ALL)


def answers(calls):
    """All but the strand, the frame and the place of the evidence."""
    return [replace(call, strand="", frame=0, start=0, end=0) for call in calls]


class TestCalls:
    @pytest.mark.parametrize("queries", [NEAR, FAR, PIECES], ids=["near", "far", "pieces"])
    def test_relatives_are_called_right(self, library, queries):
        for family, call in enumerate(classify(library, queries)):
            assert (call.status, call.family_id) == (Status.CALLED, family), call
            assert call.family == FAMILIES[family]
            assert call.confidence == call.families[family] >= library.threshold
            assert call.hits[0].family == family
            assert call.reason == ""

    def test_a_sequence_of_the_library_finds_itself(self, library):
        own = members("dog", count=4)[5]
        (call,) = classify(library, [own])
        assert (call.hits[0].name, call.organism) == (own.name, "dog")
        assert call.hits[0].score == pytest.approx(1, abs=1e-5)

    def test_random_dna_is_unknown(self, library):
        calls = classify(library, NOISE)
        assert {call.status for call in calls} == {Status.UNKNOWN}
        assert {call.reason for call in calls} <= {
            "No similar gene in the library.",
            "The closest gene is no more similar than expected by chance.",
        }

    @pytest.mark.parametrize("query", LITTLE, ids=lambda query: query.name)
    def test_what_has_nothing_to_compare_is_unknown(self, library, query):
        (call,) = classify(library, [query])
        assert (call.status, call.hits, call.organism) == (Status.UNKNOWN, (), "")
        assert call.reason == "No similar gene in the library."
        assert call.family_id in FAMILIES
        assert 0 < call.confidence < library.threshold
        assert (call.strand, call.frame, call.organism_confidence) == ("", 0, 0.0)

    def test_hits_are_ranked_by_their_exact_inner_product(self, library):
        for call in classify(library, [*NEAR, *FAR]):
            scores = [hit.score for hit in call.hits]
            assert scores == sorted(scores, reverse=True)
            assert len(scores) <= 10

    def test_probabilities_add_up_to_one_the_largest_first(self, calls):
        for call in calls:
            shares = list(call.families.values())
            assert shares == sorted(shares, reverse=True)
            assert sum(shares) == pytest.approx(1) or not (shares or call.hits)

    def test_how_many_hits_are_shown_changes_no_call(self, library):
        few, many = (classify(library, [*NEAR, *FAR], neighbours=count) for count in (1, 10))
        assert [call.families for call in few] == [call.families for call in many]
        assert [call.hits for call in few] == [call.hits[:1] for call in many]


class TestStrand:
    def test_the_other_strand_gives_the_same_answers(self, library, calls):
        turned = [replace(record, residues=reverse_complement(record.residues)) for record in ALL]
        assert answers(classify(library, turned)) == answers(calls)

    @pytest.mark.parametrize("frame", [1, 2, 3])
    def test_is_told_with_the_frame(self, library, frame):
        query = "CCC"[: frame - 1] + NEAR[3].residues
        forward, turned = classify(library, [record(query), record(reverse_complement(query))])
        assert (forward.strand, forward.frame) == ("+", frame)
        assert (turned.strand, turned.frame) == ("-", frame)
        assert 0 < forward.start < forward.end <= len(query)
        assert (turned.start, turned.end) == (
            len(query) + 1 - forward.end,
            len(query) + 1 - forward.start,
        )

    def test_u_is_t(self, library, calls):
        rna = [record(query.residues.replace("T", "U"), query.name) for query in NEAR]
        assert classify(library, rna) == calls[: len(NEAR)]


class TestThreshold:
    def test_zero_calls_whatever_is_significant(self, library):
        calls = classify(library, [*FAR, *NOISE], threshold=0)
        assert {call.status for call in calls[:6]} == {Status.CALLED}
        assert {call.status for call in calls[6:]} == {Status.UNKNOWN}

    def test_one_calls_only_what_is_certain(self, library):
        for call in classify(library, ALL, threshold=1):
            assert call.status is (Status.CALLED if call.confidence >= 1 else Status.UNKNOWN)

    def test_says_what_it_was_likeliest_to_be(self, library):
        (call,) = classify(library, FAR[:1], threshold=1)
        assert call.status is Status.UNKNOWN
        assert call.reason == (
            f"Family 0 is the best guess, but its confidence of {call.confidence:.0%} is below the"
            " threshold of 100%."
        )

    @pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
    def test_out_of_range_is_refused(self, libraries, library, threshold):
        with pytest.raises(InputError, match="A confidence lies between 0 and 1"):
            classify(library, NEAR, threshold=threshold)
        with pytest.raises(InputError, match="A confidence lies between 0 and 1"):
            libraries.set_threshold("default", threshold)

    def test_is_kept_with_the_library_until_it_is_calibrated(self, libraries):
        load(libraries, {"human": members("human", 2, 4)}, library="own", encoder="translated")
        learned = libraries.open("own").threshold
        libraries.set_threshold("own", 0.33)
        assert libraries.open("own").threshold == 0.33
        assert libraries.calibrate("own").threshold == learned
        assert libraries.open("own").threshold == learned
        libraries.remove_organism("own", "human")

    def test_of_no_library_is_refused(self, libraries):
        with pytest.raises(LibraryError, match="There is no library 'none'"):
            libraries.set_threshold("none", 0.5)


class TestSameAnswers:
    def test_one_by_one_as_all_together(self, library, calls):
        assert [classify(library, [record])[0] for record in ALL] == calls

    def test_in_any_order(self, library, calls):
        order = random.Random(1).sample(range(len(ALL)), len(ALL))
        shuffled = classify(library, [ALL[index] for index in order])
        assert shuffled == [calls[index] for index in order]

    def test_with_another_size_of_batch(self, library, calls, monkeypatch):
        monkeypatch.setattr("core.predictor._BATCH_SIZE", 7)
        monkeypatch.setattr("core.predictor._UNCLEAR_BATCH_SIZE", 2)
        assert classify(library, ALL) == calls

    def test_from_threads_at_once(self, libraries, calls):
        with ThreadPoolExecutor(2) as threads:
            futures = [
                threads.submit(classify, libraries.open(), some) for some in (ALL, ALL[::-1])
            ]
        assert futures[0].result() == calls
        assert futures[1].result() == calls[::-1]

    @pytest.mark.parametrize("cache_bytes", [1, 30_000, MUCH])
    def test_from_another_process_with_any_cache(self, libraries, calls, cache_bytes):
        other = Libraries(libraries.stores, cache_bytes)
        assert classify(other.open(), ALL) == calls
        assert classify(other.open(), ALL) == calls
        assert other._candidate_cache._cache.currsize <= cache_bytes

    def test_after_the_library_was_calibrated_on_the_same(self, libraries, calls):
        libraries.calibrate("default")
        assert classify(libraries.open(), ALL) == calls


class TestOrganisms:
    def test_are_told_with_their_confidence(self, library):
        (call,) = classify(library, [members("dog", count=4)[9]])
        assert call.organism == "dog"
        assert call.organism_confidence > 0.9

    def test_a_gene_that_both_have_is_as_much_of_one_as_of_the_other(self, libraries):
        both = members("both", families=2, count=3)
        load(libraries, {"human": both, "dog": both}, library="both", encoder="translated")
        (call,) = classify(libraries.open("both"), [both[0]])
        assert call.organism in {"human", "dog"}
        assert call.organism_confidence == pytest.approx(0.5)
        for organism in ("human", "dog"):
            libraries.remove_organism("both", organism)

    def test_only_those_asked_for_are_searched(self, library):
        for call in classify(library, [*NEAR, *FAR], organisms=["dog"]):
            assert {hit.organism for hit in call.hits} == {"dog"}
            assert (call.organism, call.organism_confidence) == ("dog", 1.0)

    @pytest.mark.parametrize("queries", [NEAR[:1], LITTLE[:1], []])
    def test_an_unknown_one_is_refused_whatever_is_asked(self, library, queries):
        with pytest.raises(InputError, match="There is no organism 'cat'"):
            classify(library, queries, organisms=["cat"])


class TestLittleLibraries:
    @pytest.fixture
    def made(self, libraries):
        name = uuid4().hex

        def make(records):
            load(libraries, {"human": records}, library=name, encoder="translated")
            return libraries.open(name)

        yield make
        libraries.remove_organism(name, "human")

    def test_of_two_sequences_knows_them(self, made):
        library = made(members("human", families=2, count=1))
        found = classify(library, [*NEAR[:2], *NOISE[:3], *LITTLE])
        assert [(call.status, call.family_id) for call in found[:2]] == [
            (Status.CALLED, 0),
            (Status.CALLED, 1),
        ]
        assert {call.status for call in found[2:]} == {Status.UNKNOWN}

    @pytest.mark.parametrize("count", [1, 60])
    def test_of_one_family_knows_it(self, made, count):
        library = made(members("human", families=1, count=count))
        near, *noise = classify(library, [NEAR[0], *NOISE[:3]])
        assert (near.status, near.family_id, near.confidence) == (Status.CALLED, 0, 1.0)
        assert {call.status for call in noise} == {Status.UNKNOWN}

    def test_of_one_family_can_learn_another_one(self, made):
        made(members("human", families=1, count=60))
        library = made(members("human", families=2, count=60))
        calls = classify(library, NEAR[:2])
        assert [(call.status, call.family_id) for call in calls] == [
            (Status.CALLED, 0),
            (Status.CALLED, 1),
        ]

    def test_with_sequences_that_have_no_kmers_keeps_them(self, made):
        short = Record("short", "ACGTACGTACGT", 99, 99, 0)
        library = made([*members("human", families=2, count=2), short])
        assert library.organisms()[0].count == 5
        assert classify(library, NEAR[:1])[0].family_id == 0

    def test_loaded_again_with_other_families_forgets_the_old_ones(self, libraries, made):
        records = members("human", families=2, count=3)
        library = made(records)
        assert classify(library, NEAR[:1])[0].family_id == 0
        libraries.remove_organism(library.name, "human")
        library = made([replace(record, family=1 - (record.family or 0)) for record in records])
        assert classify(library, NEAR[:1])[0].family_id == 1


class TestIndex:
    def test_a_dense_one_is_refused_and_nothing_is_left(self, libraries):
        from core.stores.milvus.index import VectorIndex

        with pytest.raises(
            InputError, match="makes sparse vectors, which the index HNSW does not support"
        ):
            load(
                libraries,
                {"human": members("human", 2, 2)},
                library="dense",
                encoder="translated",
                index=VectorIndex.of_kind("HNSW"),
            )
        assert contents(libraries, "dense") == NOTHING


@pytest.mark.milvus_server
class TestOldServer:
    """Milvus 2.3.5: the first version with sparse vectors is 2.4."""

    @pytest.fixture
    def libraries(self, milvus_server, tmp_path):
        url = SecretStr(f"sqlite:///{tmp_path / 'labels.sqlite'}")
        settings = Settings(home=tmp_path, milvus_uri=milvus_server.uri, database_url=url)
        with Stores(settings) as stores:
            yield Libraries(stores)

    def test_refuses_it_in_plain_words_and_nothing_is_left(self, libraries):
        name = uuid4().hex
        with pytest.raises(StoreError) as caught:
            load(libraries, {"human": members("human", 2, 2)}, library=name, encoder="translated")
        assert "has no sparse vectors" in str(caught.value)
        assert "Use Milvus 2.4 or newer, or the encoder count" in str(caught.value)
        assert contents(libraries, name) == NOTHING

        load(libraries, {"human": members("human", 2, 2)}, library=name, encoder="count")
        (call,) = classify(libraries.open(name), [members("human", 2, 2)[0]])
        assert (call.status, call.family_id) == (Status.CALLED, 0)
        libraries.remove_organism(name, "human")


class TestCommandLine:
    def test_shows_strand_frame_and_the_confidence_of_the_organism(
        self, monkeypatch, tmp_path, capsys
    ):
        import csv
        import io

        from core.cli.main import main

        monkeypatch.setenv("GENEKIN_HOME", str(tmp_path / "home"))
        reference = tmp_path / "human.txt"
        rows = [f"{one.residues}\t{one.family}\n" for one in members("human", 3, 4)]
        reference.write_text("sequence\tclass\n" + "".join(rows))
        query = tmp_path / "query.fasta"
        turned = reverse_complement("C" + ancestor(1))
        query.write_text(f">mine\n{turned}\n>little\nACGTA\n")
        assert main(["load", "--encoder", "translated", f"human={reference}"]) == 0
        capsys.readouterr()
        assert main(["classify", str(query)]) == 0
        mine, little = csv.DictReader(io.StringIO(capsys.readouterr().out), delimiter="\t")
        assert (mine["status"], mine["family_id"]) == ("called", "1")
        assert (mine["strand"], mine["frame"], mine["organism_confidence"]) == ("-", "2", "1.0")
        assert (mine["unreadable"], mine["note"]) == ("0.0", "")
        assert (little["status"], little["strand"], little["frame"]) == ("unknown", "", "")
        assert (little["organism"], little["organism_confidence"]) == ("", "")
