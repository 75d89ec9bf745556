"""The contract of all methods, and the behaviour of single ones."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from pymilvus import MilvusClient
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from core.errors import Cancelled, GeneKinError, InputError
from core.evaluation import external_tools
from core.evaluation.classifiers import KmerNaiveBayes, MajorityClass, count_classifiers
from core.evaluation.data import LabelledData
from core.evaluation.external_tools import BLASTN, Tool, run_tool
from core.evaluation.genekin_method import library_methods
from core.evaluation.methods import NO_FAMILY, Method, Predictions, Predictor, concatenate
from core.evaluation.registry import METHODS, make_methods
from core.progress import no_progress
from core.settings import Settings
from core.stores.milvus.index import INDEX_KINDS
from core.stores.sql.database import Database
from tests.support.evaluation_data import data
from tests.support.synthetic import dna

QUICK = [name for name in METHODS if not name.startswith("count-")]
EXACT = [name for name in QUICK if name not in {"majority", "naive-bayes"}]


@pytest.fixture(scope="module")
def methods(tmp_path_factory):
    home = tmp_path_factory.mktemp("methods")
    database = Database(f"sqlite:///{home / 'labels.sqlite'}", timeout=10)
    yield make_methods(Settings(home=home), database)
    database.close()


@pytest.fixture(scope="module")
def parts() -> tuple[LabelledData, LabelledData]:
    """Relatives to learn from, and near ones to ask about."""
    whole = data(families=3, count=12)
    asked = np.arange(len(whole)) % 12 == 4  # A twentieth of their bases differ.
    return whole.take(np.flatnonzero(~asked)), whole.take(np.flatnonzero(asked))


@pytest.fixture(scope="module")
def answer(methods, parts):
    """Answers of a trained method; each is trained once."""
    with ExitStack() as stack:
        known: dict[str, Predictor] = {}

        def ask(name: str, sequences) -> Predictions:
            if name not in known:
                if why := methods[name].unavailable_reason():
                    pytest.skip(why)
                known[name] = stack.enter_context(methods[name].fit(parts[0], no_progress))
            return known[name](sequences)

        yield ask


@pytest.mark.parametrize("name", QUICK)
class TestEveryMethod:
    def test_tells_what_it_is(self, methods, name):
        assert methods[name].name == name
        assert methods[name].title
        assert all(
            isinstance(value, str | int | float) for value in methods[name].settings().values()
        )

    def test_answers_every_query_in_its_order(self, answer, parts, name):
        found = answer(name, [*parts[1].sequences, *reversed(parts[1].sequences)])

        assert found.families.shape == found.called.shape == (6,)
        assert found.families[:3].tolist() == found.families[:2:-1].tolist()
        for shares in (found.confidences, found.scores):
            assert shares is None or shares.shape == (6,)
        if found.confidences is not None:
            assert ((found.confidences >= 0) & (found.confidences <= 1)).all()

    def test_names_families_of_the_training_part_or_none(self, answer, parts, name):
        found = answer(name, [dna("stranger", 300), "N" * 60])

        assert set(found.families.tolist()) <= {0, 1, 2, NO_FAMILY}

    def test_ends_between_small_steps(self, methods, parts, name):
        def cancel(*_):
            raise Cancelled("Enough.")

        if why := methods[name].unavailable_reason():
            pytest.skip(why)
        with pytest.raises(Cancelled), methods[name].fit(parts[0], cancel):
            pass


class TestNearCopies:
    @pytest.mark.parametrize("name", EXACT)
    def test_are_known(self, answer, parts, name):
        found = answer(name, parts[1].sequences)

        assert found.families.tolist() == parts[1].families.tolist()


class TestLibrarySearch:
    def test_leaves_the_user_s_home_alone(self, methods, parts, tmp_path):
        home = tmp_path / "home"
        database = Database(f"sqlite:///{tmp_path / 'labels.sqlite'}", timeout=10)
        method = make_methods(Settings(home=home), database)["count"]

        with method.fit(parts[0], no_progress) as answering:
            answering(parts[1].sequences)

        assert not home.exists()
        database.close()

    def test_its_folder_goes_after_a_failure_too(self, methods, parts, tmp_path, monkeypatch):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

        def use():
            with methods["count"].fit(parts[0], no_progress):
                assert list(tmp_path.iterdir())
                raise RuntimeError("a defect")

        with pytest.raises(RuntimeError, match="a defect"):
            use()

        assert not list(tmp_path.iterdir())

    def test_exact_copies_are_kept_once(self, methods, parts):
        whole = np.arange(len(parts[0]))
        twice = parts[0].take(np.concatenate([whole, whole]))

        with methods["seed"].fit(twice, no_progress) as answering:
            assert answering(parts[0].sequences[:1]).scores == pytest.approx([1.0])

    def test_an_index_that_only_servers_have_says_so(self, methods):
        why = methods["count-gpu_ivf_flat"].unavailable_reason()

        assert why == "GPU_IVF_FLAT needs a Milvus server with a GPU; this is Milvus Lite."


@pytest.mark.milvus_server
class TestOnAServer:
    def test_what_milvus_lite_has_not_is_searched_there_and_leaves_nothing(
        self, milvus_server, parts, tmp_path
    ):
        # In a database of its own, since other processes may use the same server.
        MilvusClient(milvus_server.uri).create_database("methods")
        uri = f"{milvus_server.uri}/methods"
        client = MilvusClient(uri)
        before = set(client.list_collections())
        settings = Settings(home=tmp_path, milvus_uri=uri)
        search = library_methods(settings, INDEX_KINDS)[-1]
        assert search.settings()["index"] == "GPU_IVF_FLAT"
        assert not search.unavailable_reason()

        with search.fit(parts[0], no_progress) as answering:
            (there,) = set(client.list_collections()) - before
            found = answering(parts[1].sequences)

        assert there.startswith("genekin_evaluation_")
        assert found.families.tolist() == parts[1].families.tolist()
        assert set(client.list_collections()) == before
        client.close()


class TestSeedClassifier:
    def test_words_that_only_queries_have_change_nothing(self, parts):
        """The features are those of the training part."""
        knn = next(item for item in count_classifiers(42) if item.name == "knn")
        with knn.fit(parts[0], no_progress) as answering:
            alone = answering(parts[1].sequences)
        with knn.fit(parts[0], no_progress) as answering:
            among = answering([*parts[1].sequences, "TTTTTTTTTTTT" * 50])

        assert among.families[:3].tolist() == alone.families.tolist()
        assert among.confidences is not None
        assert alone.confidences is not None
        assert among.confidences[:3].tolist() == alone.confidences.tolist()

    @pytest.mark.parametrize(
        ("places", "said"),
        [([*range(6)], "6 sequences of 1 families"), ([0, 1, 30, 31], "4 sequences of 2 families")],
    )
    def test_too_little_to_learn_from_is_said(self, parts, places, said):
        little = parts[0].take(np.array(places))

        kinds: list[Method] = [*count_classifiers(42), KmerNaiveBayes()]
        for method in kinds:
            with pytest.raises(InputError, match=said), method.fit(little, no_progress):
                pass


class TestWordCounts:
    def test_is_the_recipe(self, parts):
        def words(sequence):
            return " ".join(sequence[at : at + 6] for at in range(len(sequence) - 5))

        known, asked = parts
        vectorizer = CountVectorizer(ngram_range=(4, 4))
        counts = vectorizer.fit_transform(map(words, known.sequences))
        recipe = MultinomialNB(alpha=0.1).fit(counts, known.families)
        wanted = recipe.predict_proba(vectorizer.transform(map(words, asked.sequences)))

        with KmerNaiveBayes().fit(known, no_progress) as answering:
            found = answering(asked.sequences)

        assert found.families.tolist() == recipe.classes_[wanted.argmax(axis=1)].tolist()
        assert found.confidences == pytest.approx(wanted.max(axis=1))

    def test_nothing_but_short_sequences_is_said(self):
        short = LabelledData(("ACGTACGT",) * 6, np.arange(6) % 2, ("human",) * 6)

        with (
            pytest.raises(InputError, match="too short"),
            KmerNaiveBayes().fit(short, no_progress),
        ):
            pass


class TestMajority:
    def test_the_commonest_family_with_its_share(self, parts):
        uneven = parts[0].take(np.arange(20))

        with MajorityClass().fit(uneven, no_progress) as answering:
            found = answering(["ACGT", "TTTT"])

        assert found.families.tolist() == [0, 0]
        assert found.confidences == pytest.approx([11 / 20, 11 / 20])


class TestTool:
    def test_what_is_not_installed_is_named(self):
        tool = Tool("x", "x", "no-such-maker in", "no-such-finder in")

        reason = tool.unavailable_reason()
        assert reason == "Not installed (not on the PATH): no-such-finder, no-such-maker."

    def test_a_program_that_fails_says_why(self):
        with pytest.raises(GeneKinError, match=r"^ls failed: .*no-such-file"):
            run_tool(["ls", "/no-such-file"])

    def test_the_best_hit_counts_and_a_chance_hit_is_no_call(self, tmp_path):
        hits = tmp_path / "hits.tsv"
        hits.write_text("0\t1\t50.0\t1e-9\n0\t0\t90.0\t1e-20\n2\t1\t20.0\t5.0\n")

        found = external_tools._best_hits(hits, families=[7, 8], count=3)

        assert found.families.tolist() == [7, NO_FAMILY, 8]
        assert found.called.tolist() == [True, False, False]

    @pytest.mark.skipif(bool(BLASTN.unavailable_reason()), reason=BLASTN.unavailable_reason())
    def test_its_folder_goes(self, parts, tmp_path, monkeypatch):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with BLASTN.fit(parts[0], no_progress):
            assert list(Path(tmp_path).glob("*/reference.fasta"))

        assert not list(tmp_path.iterdir())


class TestTogether:
    def test_rounds_follow_each_other(self):
        one = Predictions(np.array([1]), np.array([True]), np.array([0.5]), np.array([0.9]))
        other = Predictions(np.array([2]), np.array([False]), np.array([0.25]))

        found = concatenate([one, other])

        assert found.families.tolist() == [1, 2]
        assert found.called.tolist() == [True, False]
        assert found.confidences is not None
        assert found.confidences.tolist() == [0.5, 0.25]
        assert found.scores is None
