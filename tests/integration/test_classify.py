import pytest

from core.calls import Status, query_name
from core.classify import classify
from core.errors import InputError, LibraryError
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.synthetic import FAMILY_NAMES, dna, genes


class TestQueryName:
    def test_is_its_own_or_its_place(self):
        assert query_name(Record("BRCA1", "ACGT", 3, 9)) == "BRCA1"
        assert query_name(Record("", "ACGT", 3, 9)) == "record_3"


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("classifier"))) as stores:
        libraries = Libraries(stores)
        references = {"human": genes("human", 12), "dog": genes("dog", 4)}
        load(libraries, references, encoder="count", families=FAMILY_NAMES)
        yield libraries


@pytest.fixture
def library(libraries):
    return libraries.open()


def ask(library, text, **options):
    return classify(
        library, read_text_queries(text, "The text", Limits(max_record_bases=1_000)), **options
    )


NOT_DNA = ">bad\nACGT!\n"
TOO_SHORT = ">short\nACG\n"


class TestClassify:
    def test_an_exact_copy_is_called_with_its_gene_first(self, library):
        (call,) = ask(library, f">mine\n{dna('human 2')}")
        assert (call.query, call.length, call.status) == ("mine", 240, Status.CALLED)
        assert (call.family_id, call.family) == (1, "Synthase")
        best = call.hits[0]
        assert (best.organism, best.family, best.name, best.length) == ("human", 1, "human_2", 240)
        assert best.score == pytest.approx(1, abs=1e-5)
        assert call.confidence == call.families[1] > 0.9
        assert call.reason == ""

    def test_hits_come_best_first_and_no_more_than_asked_for(self, library):
        (call,) = ask(library, dna("human 2"), neighbours=3)
        scores = [hit.score for hit in call.hits]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)

    def test_nothing_recognised_is_unknown_with_the_commonest_family_as_its_guess(self, library):
        (call,) = ask(library, TOO_SHORT)
        assert call.status is Status.UNKNOWN
        assert call.reason == "No similar gene in the library."
        # Of the 16 genes, 6 are of family 0, and 5 of each other one.
        assert (call.family_id, call.family, call.confidence) == (0, "Kinase", 6 / 16)
        assert (call.hits, call.families) == ((), {})

    def test_an_invalid_one_says_why_and_guesses_nothing(self, library):
        (call,) = ask(library, NOT_DNA)
        assert call.status is Status.INVALID
        assert call.reason.startswith("Record 1 (line 2) has an invalid character '!' at base 5")
        assert (call.family_id, call.family, call.confidence, call.hits) == (None, "", 0.0, ())

    def test_answers_come_in_the_order_of_the_questions(self, library):
        text = f">a\n{dna('human 1')}\n{NOT_DNA}{TOO_SHORT}>b\n{dna('dog 3')}\n"
        calls = ask(library, text)
        assert [(call.query, call.status.value) for call in calls] == [
            ("a", "called"),
            ("bad", "invalid"),
            ("short", "unknown"),
            ("b", "called"),
        ]
        assert [call.hits[0].name if call.hits else None for call in calls] == [
            "human_1",
            None,
            None,
            "dog_3",
        ]

    def test_an_answer_does_not_depend_on_the_other_questions(self, library):
        alone = ask(library, f">a\n{dna('human 1')}")
        among = ask(library, f"{TOO_SHORT}{NOT_DNA}>a\n{dna('human 1')}\n{TOO_SHORT}")
        assert among[2] == alone[0]

    def test_no_questions_have_no_answers(self, library):
        assert classify(library, []) == []

    def test_searches_only_where_it_is_told(self, library):
        (call,) = ask(library, dna("human 1"), organisms=["dog"], neighbours=50)
        assert {hit.organism for hit in call.hits} == {"dog"}
        (call,) = ask(library, dna("human 1"), organisms=["dog", "human"], neighbours=50)
        assert {hit.organism for hit in call.hits} == {"dog", "human"}

    @pytest.mark.parametrize("text", [dna("human 1"), TOO_SHORT, NOT_DNA])
    def test_an_unknown_organism_is_refused_whatever_is_asked(self, library, text):
        with pytest.raises(InputError) as caught:
            ask(library, text, organisms=["cat"])
        assert str(caught.value) == (
            "There is no organism 'cat' in the library 'default'. It has: human, dog."
        )

    @pytest.mark.parametrize("neighbours", [0, -1, 1_001])
    def test_a_number_of_neighbours_out_of_range_is_refused(self, library, neighbours):
        with pytest.raises(InputError, match=r"Choose 1 to 1,000\.$"):
            ask(library, dna("human 1"), neighbours=neighbours)

    @pytest.mark.parametrize("neighbours", [1, 1_000])
    def test_the_range_is_taken_to_its_ends(self, library, neighbours):
        (call,) = ask(library, dna("human 1"), neighbours=neighbours)
        assert call.hits[0].name == "human_1"

    @pytest.mark.parametrize("text", [dna("human 1"), TOO_SHORT])
    def test_a_library_that_is_still_empty_says_so(self, libraries, text):
        def ask_too_early(step, done, total):
            if step == "Loading":
                with pytest.raises(LibraryError, match="The library 'new' is empty"):
                    ask(libraries.open("new"), text)
                asked.append(done)

        asked: list[int] = []
        load(
            libraries,
            {"cat": genes("cat")},
            library="new",
            encoder="count",
            progress=ask_too_early,
        )
        assert asked
        libraries.remove_organism("new", "cat")
