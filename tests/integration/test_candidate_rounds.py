import threading

import pytest

from core.classification.prediction import Prediction
from core.classification.reading_frame import NO_FRAME
from core.encoders.count import CountEncoder
from core.errors import StoreError
from core.library.library import Library
from core.library.load import load
from core.library.manager import Libraries
from core.predictor import FIRST_ROUND, SECOND_ROUND, predict_sequences
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.evolution import FAMILIES, member, members
from tests.support.synthetic import dna

FIRST_CANDIDATES, CANDIDATES = 2 * FIRST_ROUND[1], SECOND_ROUND[1]
"""Of two organisms."""
NEAR = [member(family, "near", 0.1) for family in range(3)]
FAR = [member(family, "far", 0.45) for family in range(3)]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("rounds"))) as stores:
        libraries = Libraries(stores)
        for encoder in ("translated", "count"):
            references = {"human": members("human", 3, 40), "dog": members("dog", 3, 4)}
            load(libraries, references, library=encoder, encoder=encoder, families=FAMILIES)
        yield libraries


@pytest.fixture
def asked(monkeypatch):
    """Numbers of queries searched for, and of candidates requested for each."""
    seen = []
    search = Library.search_vectors

    def watched(self, vectors, **options):
        seen.append((vectors.shape[0], options["limit"]))
        return search(self, vectors, **options)

    monkeypatch.setattr(Library, "search_vectors", watched)
    return seen


def fail(*_arguments, **_options):
    message = "The vector store is out of reach."
    raise StoreError(message)


class TestPredictSequences:
    def test_few_candidates_are_enough_where_they_make_it_clear(self, libraries, asked):
        list(predict_sequences(libraries.open("translated"), NEAR, None, 10))
        assert asked == [(3, FIRST_CANDIDATES)]

    def test_fewer_are_asked_for_where_fewer_organisms_are_searched(self, libraries, asked):
        list(predict_sequences(libraries.open("translated"), NEAR, ["human"], 10))
        assert asked == [(3, FIRST_ROUND[1])]

    def test_many_are_asked_for_where_they_do_not(self, libraries, asked):
        list(predict_sequences(libraries.open("translated"), [*NEAR, *FAR], None, 10))
        assert asked == [(6, FIRST_CANDIDATES), (3, CANDIDATES)]

    def test_nothing_is_searched_before_a_prediction_is_wanted(self, libraries, asked, monkeypatch):
        monkeypatch.setattr("core.predictor._BATCH_SIZE", 2)
        predictions = predict_sequences(libraries.open("translated"), NEAR * 4, None, 10)
        assert asked == []
        next(predictions)
        predictions.close()
        assert asked in ([(2, FIRST_CANDIDATES)] * searches for searches in (1, 2, 3, 4))

    def test_batches_overlap_without_a_change_of_any_prediction(self, libraries, monkeypatch):
        mixed = [*NEAR, *FAR, dna("noise", 400), "N" * 50] * 3
        library = libraries.open("translated")
        at_once = list(predict_sequences(library, mixed, None, 10))
        monkeypatch.setattr("core.predictor._BATCH_SIZE", 5)
        monkeypatch.setattr("core.predictor._UNCLEAR_BATCH_SIZE", 2)
        assert list(predict_sequences(library, mixed, None, 10)) == at_once

    def test_a_failed_search_is_raised_and_leaves_no_thread(self, libraries, monkeypatch):
        monkeypatch.setattr("core.predictor._BATCH_SIZE", 2)
        library = libraries.open("translated")
        predictions = predict_sequences(library, NEAR * 3, None, 10)
        next(predictions)
        monkeypatch.setattr(Library, "search_vectors", fail)
        with pytest.raises(StoreError, match="out of reach"):
            list(predictions)
        assert not [thread for thread in threading.enumerate() if "stage" in thread.name]

    def test_the_predictions_come_in_the_order_of_the_sequences(self, libraries):
        mixed = [FAR[2], NEAR[1], dna("noise", 400), NEAR[0], "N" * 50, FAR[1]]
        predictions = list(predict_sequences(libraries.open("translated"), mixed, None, 10))
        best = [next(iter(prediction.families), None) for prediction in predictions]
        assert [best[index] for index in (0, 1, 3, 4, 5)] == [2, 1, 0, None, 1]
        assert [prediction.significant for prediction in predictions] == [
            True,
            True,
            False,
            True,
            False,
            True,
        ]

    @pytest.mark.parametrize("neighbours", [1, 25, 60])
    def test_has_as_many_hits_as_are_wanted(self, libraries, neighbours):
        for prediction in predict_sequences(libraries.open("translated"), NEAR, None, neighbours):
            assert min(neighbours, 20) <= len(prediction.hits) <= neighbours
            assert next(iter(prediction.organisms)) == prediction.hits[0].organism

    def test_without_a_model_the_neighbours_vote(self, libraries):
        library = libraries.open("count")
        assert isinstance(library.encoder, CountEncoder)
        known = members("human", 3, 40)[0].residues
        prediction, nothing = predict_sequences(library, [known, "ACG"], None, 5)
        assert len(prediction.hits) == 5
        assert prediction.organisms == {"human": 1.0}
        assert prediction.significant
        assert prediction.reading_frame is NO_FRAME
        assert nothing == Prediction()

    def test_of_nothing_there_are_none(self, libraries):
        assert list(predict_sequences(libraries.open("translated"), [], None, 10)) == []
