"""``benchmark``: how often methods are right, on a library or on files."""

import json
import os
from pathlib import Path

import pytest

from core.evaluation.report import Report
from core.settings import read_settings
from core.stores.sql.database import Database
from core.stores.sql.evaluations import EvaluationTable
from core.stores.stores import Stores
from tests.support.evolution import members
from tests.support.synthetic import table

QUICK = ("--methods", "majority", "knn", "--splits", "seed")


@pytest.fixture
def human(written):
    return f"human={written(table(members('human', 3, 8)), 'human.txt')}"


@pytest.fixture
def kept(run):
    """The evaluations that are kept."""

    def kept():
        settings = read_settings()
        database = Database(settings.labels_url, settings.store_timeout)
        rows = EvaluationTable(database).recent()
        database.close()
        return rows

    return kept


class TestOnFiles:
    def test_one_table_a_split(self, run, human):
        done = run("benchmark", human, *QUICK)

        assert (done.status, done.err) == (0, "")
        assert "24 sequences, 24 of them distinct, 3 families, from human" in done.out
        assert "Random 80/20. A random fifth of the distinct sequences is held out" in done.out
        assert "k-nearest neighbours" in done.out
        assert "majority-class baseline" in done.out
        assert "random forest" not in done.out

    def test_a_file_name_may_be_no_text(self, run, written, tmp_path, kept):
        file = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")
        Path(file).write_text(table(members("human", 3, 8)))

        done = run("benchmark", f"human={file}", *QUICK, "--name", "\udcff")

        assert (done.status, done.err) == (0, "")
        assert [(row.name, row.source) for row in kept()] == [("?", f"{tmp_path}/?.txt")]

    def test_as_json_it_is_the_whole_report(self, run, human):
        report = Report.from_json(run("benchmark", human, *QUICK, "--format", "json").out)

        assert [(result.split, result.method) for result in report.results] == [
            ("seed", "majority"),
            ("seed", "knn"),
        ]

    def test_the_report_goes_into_a_file(self, run, human, tmp_path):
        output = tmp_path / "report.json"
        done = run("benchmark", human, *QUICK, "--format", "json", "--output", output)

        assert done.out == ""
        assert json.loads(output.read_text())["seed"] == 42

    def test_it_is_kept(self, run, human, kept):
        run("benchmark", human, *QUICK, "--name", "mine", "--seed", "7")

        (row,) = kept()
        assert (row.name, row.seed) == ("mine", 7)
        assert row.settings == {"seed": ["majority", "knn"]}

    def test_copies_and_several_organisms(self, run, human, written):
        copies = table([*members("dog", 3, 8), *members("dog", 3, 8)])
        dog = f"dog={written(copies, 'dog.txt')}"
        report = Report.from_json(
            run(
                "benchmark",
                human,
                dog,
                *("--methods", "knn", "--splits", "copies", "organisms"),
                *("--format", "json"),
            ).out
        )

        assert (report.data.sequences, report.data.distinct) == (72, 48)
        assert [(result.split, result.task) for result in report.results] == [
            ("copies", "as they are"),
            ("organisms", "dog from human"),
            ("organisms", "human from dog"),
        ]

    def test_of_many_only_some_are_drawn(self, run, human):
        done = run("benchmark", human, *QUICK, "--most", "12", "--format", "json")

        assert Report.from_json(done.out).data.sequences == 12

    def test_stress_has_a_row_for_each_change(self, run, human):
        done = run("benchmark", human, "--methods", "majority", "knn", "--splits", "stress")

        assert "majority    knn" in done.out
        assert "  reverse complement" in done.out
        assert "  30% substituted" in done.out

    def test_what_is_left_out_says_why(self, run, human):
        methods = ("--methods", "count-gpu_ivf_flat", "majority")
        done = run("benchmark", human, *methods, "--splits", "seed", "organisms")

        assert "Skipped: The data have only one organism." in done.out
        assert "GeneKin, count, GPU_IVF_FLAT: GPU_IVF_FLAT needs a Milvus server" in done.out


class TestOnALibrary:
    @pytest.fixture(autouse=True)
    def _loaded(self, run, human, written):
        dog = f"dog={written(table(members('dog', 3, 8)), 'dog.txt')}"
        assert run("load", "--encoder", "count", human, dog).status == 0

    def test_all_of_it(self, run):
        done = run("benchmark", *QUICK)

        assert "the library default (human, dog): 48 sequences" in done.out

    def test_an_organism_of_it(self, run):
        assert "the library default (dog): 24" in run("benchmark", "--organism", "dog", *QUICK).out

    def test_while_another_process_has_the_vectors(self, run):
        """The dashboard may be open: evaluating does not need them."""
        with Stores(read_settings()):
            assert run("benchmark", *QUICK).status == 0


class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--methods", "magic"], "There is no method 'magic'."),
            (["--splits", "banana"], "There is no split 'banana'."),
            (["--seed", "-1"], "-1 cannot be a seed."),
            (["--most", "1"], "--most 1 is too few sequences."),
            (["--organism", "dog"], "--organism selects from a library, but files are given."),
        ],
    )
    def test_options_that_cannot_be(self, run, human, kept, options, said):
        assert said in run("benchmark", human, *options).refused()
        assert kept() == []

    def test_a_library_that_is_not_there(self, run):
        said = run("benchmark", "--library", "none").refused()

        assert said == "genekin: There is no library 'none'. Load an organism into it first.\n"

    def test_a_file_with_one_family(self, run, written):
        one = f"human={written(table(members('human', 1, 8)), 'one.txt')}"

        assert "fewer than two families" in run("benchmark", one).refused()
