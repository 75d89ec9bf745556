"""The contract of ``python -m core``: what scripts may rely on."""

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path

import pytest

from core import __version__
from core.cli.main import main
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.commands import Done, run_command
from tests.support.evolution import member, members
from tests.support.services import free_port
from tests.support.synthetic import FAMILY_NAMES, dna, genes, table

PROJECT = Path(__file__).resolve().parents[3]
COLUMNS = [
    "query",
    "length",
    "status",
    "family_id",
    "family",
    "confidence",
    "organism",
    "hit",
    "score",
]


@pytest.fixture
def run(capsys):
    """Run a command in this process."""
    return partial(run_command, capsys)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home for one test."""
    monkeypatch.setenv("GENEKIN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def loaded_home(tmp_path_factory):
    """A home with two organisms that no test changes."""
    folder = tmp_path_factory.mktemp("loaded")
    families = folder / "families.txt"
    families.write_text("".join(f"{number}\t{name}\n" for number, name in FAMILY_NAMES.items()))
    (folder / "human.txt").write_text(table(genes("human", 12)))
    (folder / "dog.txt").write_text(table(genes("dog", 4)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENEKIN_HOME", str(folder / "home"))
        files = [f"human={folder / 'human.txt'}", f"dog={folder / 'dog.txt'}"]
        assert main(["load", "--encoder", "count", "--families", str(families), *files]) == 0
    return folder / "home"


@pytest.fixture
def loaded(loaded_home, monkeypatch):
    monkeypatch.setenv("GENEKIN_HOME", str(loaded_home))


@pytest.fixture
def written(tmp_path):
    """Write a file."""

    def write(content, name="file.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def start(*arguments, **options):
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


QUERIES = f">one\n{dna('human 2')}\n>bad\nACGT!\n\n>short\nACG\n>two\n{dna('dog 3').lower()}\n"


class TestUsage:
    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["dance"],
            ["classify"],
            ["classify", "a.fa", "--neighbours", "x"],
            ["classify", "a.fa", "--format", "xml"],
            ["classify", "a.fa", "--unknown"],
            ["load"],
            ["load", "a=b", "--encoder", "bert"],
            ["load", "a=b", "--index", "BTREE"],
            ["similarity", "--of", "human"],
            ["remove"],
        ],
    )
    def test_what_is_not_a_command_is_refused_in_one_line(self, run, home, arguments):
        assert "--help" in run(*arguments).refused()
        assert not home.exists()

    def test_help_lists_every_command(self, run):
        done = run("--help")
        assert done.status == 0
        for command in (
            "load",
            "classify",
            "similarity",
            "status",
            "remove",
            "reconcile",
            "demo",
        ):
            assert command in done.out.split()
            assert run(command, "--help").status == 0

    def test_tells_its_version(self, run):
        assert run("--version") == Done(0, f"genekin {__version__}\n", "")

    @pytest.mark.parametrize("name", ["", " lab", "x" * 65, "a\nb"])
    def test_a_library_name_that_cannot_be_is_refused(self, run, home, written, name):
        assert (
            "Invalid library name" in run("classify", written("ACGT"), "--library", name).refused()
        )


class TestLoad:
    def test_tells_what_was_added(self, run, home, written):
        records = [*genes("human", 3), *genes("human", 2)]
        done = run("load", "--encoder", "count", f"human={written(table(records))}")
        assert done.status == 0
        assert done.err == ""
        first, second = done.out.splitlines()
        assert first == (
            "human: 3 sequences added; of 5 records 2 were exact copies, 0 were there already"
        )
        assert second.startswith("Loaded in ")

    def test_a_second_time_adds_nothing(self, run, home, written):
        command = ("load", "--encoder", "count", f"human={written(table(genes('human', 3)))}")
        run(*command)
        before = run("status", "--format", "json").out
        done = run(*command)
        assert done.status == 0
        assert done.out.startswith("human: 0 sequences added; of 3 records 0 were exact copies, 3")
        assert run("status", "--format", "json").out == before

    def test_tells_what_can_not_be_found(self, run, home, written):
        text = f"{table(genes('human', 3))}ACGT\t1\n"
        done = run("load", "--encoder", "count", f"human={written(text)}")
        note, load, _ = done.out.splitlines()
        assert note.startswith("file.txt: 1 record shorter than 18 bp")
        assert load.startswith("human: 4 sequences added;")
        assert "1 are kept but can not be found" in done.out

    def test_reads_packed_files_with_any_line_ends(self, run, home, written):
        content = gzip.compress(table(genes("human", 3)).replace("\n", "\r\n").encode())
        done = run("load", "--encoder", "count", f"human={written(content, 'human.txt.gz')}")
        assert done.out.startswith("human: 3 sequences added;")

    def test_a_file_name_may_have_an_equals_sign(self, run, home, written):
        file = written(table(genes("human", 3)), "a=b.txt")
        assert run("load", "--encoder", "count", f"human={file}").status == 0

    def test_a_file_name_may_be_no_text(self, run, home, tmp_path):
        file = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")
        Path(file).write_text(table(genes("human", 3)))
        assert run("load", "--encoder", "count", f"human={file}").status == 0

    def test_keeps_the_index_it_was_asked_for(self, run, home, written):
        file = written(table(genes("human", 3)))
        run("load", "--encoder", "count", "--index", "HNSW", f"human={file}")
        assert "encoder count, index HNSW" in run("status").out

    def test_libraries_are_apart(self, run, home, written):
        file = written(table(genes("human", 3)))
        run("load", "--encoder", "count", "--library", "one", f"human={file}")
        assert "no library 'two'" in run("classify", file, "--library", "two").refused()
        assert run("classify", file, "--library", "one").status == 0

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("", "file.txt is empty."),
            ("\n \n", "is empty."),
            ("sequence\tclass\n", "has a header but no records."),
            ("ACGTACGTAC\t1\n", "file.txt: no families found."),
            (">a\nACGTACGTAC\n", "no families found"),
            (
                "sequence\tclass\nACGTACGTAC\t1\nACGT\t3.0\n",
                "Record 2 (line 3) has an invalid family '3.0'",
            ),
            (
                "sequence\tclass\n\nACG!ACGTAC\t1\n",
                "Record 1 (line 3) has an invalid character '!' at base 4;",
            ),
            ("sequence\tclass\nACGTACGTAC\n", "Record 1 (line 2) has 1 columns"),
            ("sequence\tclass\n\t1\n", "Record 1 (line 2) has no sequence."),
            (
                "sequence\tclass\nACGTACGTA\t1\nacgtacgta\t2\n",
                "has the same sequence with the family '2'.",
            ),
            ("sequence\tclass\nACGTAC\t1\n", "No sequence is long enough to learn from."),
            (b"\x89PNG\r\n\x1a\n\0\xff", "file.txt: PNG images are not supported."),
            (
                gzip.compress(b"sequence\tclass\n" * 99, mtime=0)[:30],
                "file.txt is a damaged gzip file.",
            ),
        ],
    )
    def test_a_bad_file_is_refused_and_nothing_loaded(self, run, home, written, content, reason):
        done = run("load", "--encoder", "count", f"human={written(content)}")
        assert reason in done.refused()
        assert json.loads(run("status", "--format", "json").out)["libraries"] == []

    def test_of_two_files_a_bad_one_keeps_the_good_one_out(self, run, home, written):
        good = written(table(genes("human", 3)), "good.txt")
        bad = written("sequence\tclass\nAC!\t1\n", "bad.txt")
        done = run("load", "--encoder", "count", f"human={good}", f"dog={bad}")
        assert "In bad.txt: Record 1 (line 2)" in done.refused()
        assert json.loads(run("status", "--format", "json").out)["libraries"] == []

    def test_into_a_library_a_bad_file_changes_nothing(self, run, home, written):
        run("load", "--encoder", "count", f"human={written(table(genes('human', 3)))}")
        before = run("status", "--format", "json").out
        bad = written("sequence\tclass\nAC!\t1\n")
        run("load", f"dog={bad}").refused()
        assert run("status", "--format", "json").out == before

    @pytest.mark.parametrize("argument", ["human=", "=file.txt", "="])
    def test_what_is_not_organism_equals_file_is_refused(self, run, home, argument):
        assert "is not of the form ORGANISM=FILE" in run("load", argument).refused()

    def test_a_missing_file_is_named(self, run, home):
        assert (
            "nowhere.txt cannot be read: No such file or directory"
            in run("load", "human=nowhere.txt").refused()
        )

    def test_an_organism_named_twice_is_refused(self, run, home, written):
        file = written(table(genes("human", 3)))
        assert "named twice" in run("load", f"human={file}", f"human={file}").refused()

    @pytest.mark.parametrize("organism", ["9lives", "Homo sapiens", "a-b", "_default", "Mäuse"])
    def test_a_name_that_milvus_cannot_take_is_refused(self, run, home, written, organism):
        file = written(table(genes("human", 3)))
        assert "Invalid organism name" in run("load", f"{organism}={file}").refused()

    def test_families_are_refused_by_line(self, run, home, written):
        file = written(table(genes("human", 3)), "human.txt")
        families = written("class\tgene_family\n0 Kinase\n", "families.txt")
        done = run("load", "--families", families, f"human={file}")
        assert "families.txt, line 2: expected a class number" in done.refused()

    def test_another_encoder_than_the_librarys_is_refused(self, run, home, written):
        file = written(table(genes("human", 3)))
        run("load", "--encoder", "count", f"human={file}")
        done = run("load", "--encoder", "translated", f"dog={file}")
        assert "has the encoder count, not translated" in done.refused()


@pytest.mark.usefixtures("loaded")
class TestClassify:
    def test_begins_with_these_columns(self, run, written):
        header = run("classify", written(QUERIES)).out.split("\n")[0].split("\t")
        assert header[: len(COLUMNS)] == COLUMNS

    def test_gives_one_row_a_query_in_their_order(self, run, written):
        done = run("classify", written(QUERIES))
        assert (done.status, done.err) == (0, "")
        assert [(row["query"], row["length"], row["status"]) for row in done.rows] == [
            ("one", "240", "called"),
            ("bad", "5", "invalid"),
            ("short", "3", "unknown"),
            ("two", "240", "called"),
        ]

    def test_a_call_names_family_and_best_hit(self, run, written):
        row = run("classify", written(QUERIES)).rows[0]
        assert (row["family_id"], row["family"]) == ("1", "Synthase")
        assert (row["organism"], row["hit"], row["score"]) == ("human", "human_2", "1.0")
        assert 0.9 < float(row["confidence"]) <= 1

    def test_an_invalid_query_has_no_family_and_says_why(self, run, written):
        row = run("classify", written(QUERIES)).rows[1]
        assert (row["family_id"], row["family"], row["confidence"]) == ("", "", "")
        assert row["note"].startswith("Record 2 (line 4) has an invalid character '!' at base 5;")

    def test_an_unknown_query_has_a_best_guess(self, run, written):
        row = run("classify", written(QUERIES)).rows[2]
        assert (row["family_id"], row["family"], row["hit"]) == ("0", "Kinase", "")

    @pytest.mark.parametrize(
        "content",
        [
            QUERIES.replace("\n", "\r\n").encode(),
            QUERIES.replace("\n", "\r").encode(),
            b"\xef\xbb\xbf" + QUERIES.encode(),
            gzip.compress(QUERIES.encode()),
        ],
        ids=["crlf", "cr", "bom", "gzip"],
    )
    def test_the_same_content_has_the_same_answers(self, run, written, content):
        assert run("classify", written(content, "other")).out == (
            run("classify", written(QUERIES)).out
        )

    @pytest.mark.parametrize("command", ["classify", "trace"])
    def test_a_file_of_a_zip_that_cannot_be_read_is_named(self, run, written, command):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.fa", QUERIES)
            archive.writestr("notes.pdf", "%PDF-1.4")
        done = run(command, written(buffer.getvalue(), "queries.zip"))
        assert done.status == 0
        assert done.err.startswith("genekin: notes.pdf: PDF files are not supported.")
        assert done.err.count("\n") == 1
        assert [row["query"] for row in done.rows] == ["one", "bad", "short", "two", "notes.pdf"]
        assert done.rows[-1]["note"].startswith("notes.pdf: PDF files are not supported.")

    @pytest.mark.parametrize(
        "arguments", [("classify", "--format", "blast6"), ("trace", "--summary")]
    )
    def test_invalid_queries_are_counted_where_no_row_names_them(self, run, written, arguments):
        command, *options = arguments
        done = run(command, written(QUERIES), *options)
        assert done.status == 0
        assert done.err.startswith("genekin: 1 of 4 records are invalid. The first: Record 2")

    def test_the_column_that_is_read_among_several_is_named(self, run, written):
        gene = dna("human 2")
        done = run("classify", written(f"name,dna,cds\none,{gene},{gene}\n"))
        assert done.status == 0
        assert done.err.startswith(
            "genekin: 2 columns contain sequences: 'dna', 'cds'. Using 'dna'"
        )

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_reads_standard_input(self, run, written, monkeypatch, pack):
        expected = run("classify", written(QUERIES)).out
        piped = io.TextIOWrapper(io.BytesIO(pack(QUERIES.encode())))
        monkeypatch.setattr(sys, "stdin", piped)
        assert run("classify", "-").out == expected

    def test_reads_a_bare_sequence_and_a_table(self, run, written):
        bare = run("classify", written(dna("human 2"))).rows
        assert [(row["query"], row["hit"]) for row in bare] == [("record_1", "human_2")]
        rows = run("classify", written(table(genes("human", 2)))).rows
        assert [row["hit"] for row in rows] == ["human_1", "human_2"]

    def test_searches_only_in_the_organisms_named(self, run, written):
        file = written(QUERIES)
        rows = run("classify", file, "--organism", "dog").rows
        assert {row["organism"] for row in rows if row["status"] == "called"} == {"dog"}
        both = run("classify", file, "--organism", "dog", "--organism", "human").out
        assert both == run("classify", file).out

    @pytest.mark.parametrize("text", [QUERIES, "ACG", "ACGTACGT!"])
    def test_an_unknown_organism_is_refused(self, run, written, text):
        done = run("classify", written(text), "--organism", "cat")
        assert "no organism 'cat' in the library 'default'. It has: human, dog." in done.refused()

    @pytest.mark.parametrize("neighbours", ["0", "-1", "1001"])
    def test_neighbours_out_of_range_are_refused(self, run, written, neighbours):
        done = run("classify", written(QUERIES), "--neighbours", neighbours)
        assert "Choose 1 to 1,000." in done.refused()

    def test_one_neighbour_decides_alone(self, run, written):
        assert run("classify", written(QUERIES), "--neighbours", 1).rows[0]["confidence"] == "1.0"

    def test_csv_is_the_same_with_commas(self, run, written):
        file = written(QUERIES)
        found = list(csv.DictReader(io.StringIO(run("classify", file, "--format", "csv").out)))
        assert found == run("classify", file).rows

    def test_json_has_the_hits_too(self, run, written):
        file = written(QUERIES)
        found = json.loads(run("classify", file, "--format", "json", "--neighbours", 3).out)
        assert [list(row)[: len(COLUMNS)] for row in found] == [COLUMNS] * 4
        assert [len(row["hits"]) for row in found] == [3, 0, 0, 3]
        assert found[1]["family_id"] is None

    def test_the_best_guess_of_an_unknown_query_stands_apart(self, run, written):
        rows = run("classify", written(QUERIES), "--threshold", 1).rows
        assert (rows[0]["status"], rows[0]["best_guess"]) == ("unknown", "Synthase")
        assert rows[0]["best_guess_confidence"] == rows[0]["confidence"]
        called = run("classify", written(QUERIES)).rows[0]
        assert (called["status"], called["best_guess"]) == ("called", "")

    def test_alignments_add_columns_at_the_end(self, run, written):
        file = written(QUERIES)
        plain, aligned = run("classify", file), run("classify", file, "--align")
        header = aligned.out.split("\n")[0].split("\t")
        assert header == [*plain.out.split("\n")[0].split("\t"), "identity", "coverage", "evalue"]
        one, bad = aligned.rows[:2]
        assert (one["identity"], one["coverage"]) == ("1.0", "1.0")
        assert float(one["evalue"]) < 1e-20
        assert (bad["identity"], bad["evalue"]) == ("", "")

    def test_json_has_the_alignment_of_every_hit(self, run, written):
        file = written(QUERIES)
        done = run("classify", file, "--align", "--format", "json", "--neighbours", 3)
        hits = json.loads(done.out)[0]["hits"]
        assert all(isinstance(hit["id"], str) for hit in hits)
        assert hits[0]["alignment"]["query_letters"] == hits[0]["alignment"]["hit_letters"]

    def test_blast_table_has_the_hits_without_a_header(self, run, written):
        lines = run("classify", written(QUERIES), "--format", "blast6").out.splitlines()
        best = lines[0].split("\t")
        assert (best[0], best[1], best[2], len(best)) == ("one", "human_2", "100.000", 12)
        assert {line.split("\t")[0] for line in lines} == {"one", "two"}

    @pytest.mark.parametrize(
        ("content", "reason"), [(b"", "is empty"), (b"\0\1\2", "not a text file")]
    )
    def test_a_bad_file_is_refused(self, run, written, content, reason):
        assert reason in run("classify", written(content)).refused()

    def test_an_unknown_library_is_refused(self, run, written):
        done = run("classify", written(QUERIES), "--library", "mine")
        assert "There is no library 'mine'." in done.refused()

    def test_a_sequence_of_ten_million_bases_is_answered_in_its_place(self, run, written):
        text = f">chromosome\n{'ACGTTGCAAG' * 1_000_000}\n>one\n{dna('human 2')}\n"
        done = run("classify", written(text))
        assert (done.status, done.err) == (0, "")
        assert [(row["length"], row["status"]) for row in done.rows] == [
            ("10000000", "invalid"),
            ("240", "called"),
        ]
        assert "has 10,000,000 bp; the maximum is 1,000,000 bp" in done.rows[0]["note"]

    def test_a_file_over_the_limit_is_refused(self, run, written, monkeypatch):
        monkeypatch.setenv("GENEKIN_MAX_DISK_FILE_MB", "1")
        done = run("classify", written(b"A" * 1_048_577))
        assert "is larger than 1 MB. Split it" in done.refused()


@pytest.mark.usefixtures("loaded")
class TestOutput:
    def test_is_what_would_have_been_printed(self, run, written, tmp_path):
        file, answers = written(QUERIES), tmp_path / "answers.tsv"
        assert run("classify", file, "--output", answers) == Done(0, "", "")
        assert answers.read_text() == run("classify", file).out

    def test_replaces_what_was_there_and_leaves_nothing_beside_it(self, run, written, tmp_path):
        folder = tmp_path / "answers"
        folder.mkdir()
        (folder / "all.tsv").write_text("old")
        run("classify", written(QUERIES), "--output", folder / "all.tsv")
        assert (folder / "all.tsv").read_text().startswith("query\t")
        assert [path.name for path in folder.iterdir()] == ["all.tsv"]

    def test_stays_as_it_was_where_nothing_could_be_answered(self, run, written, tmp_path):
        answers = written("old", "answers.tsv")
        run("classify", written(""), "--output", answers).refused()
        run("classify", tmp_path / "nowhere", "--output", answers).refused()
        assert answers.read_text() == "old"

    @pytest.mark.parametrize("place", ["missing/answers.tsv", "folder", "folder/..", "folder/."])
    def test_a_place_that_cannot_be_written_is_named(self, run, written, tmp_path, place):
        (tmp_path / "folder").mkdir()
        done = run("classify", written(QUERIES), "--output", tmp_path / place)
        assert "cannot be written" in done.refused()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file.txt", "folder"]

    @pytest.mark.parametrize("place", ["", "missing/answers.tsv", "folder"])
    def test_a_place_that_cannot_be_is_refused_before_anything_is_read(self, run, tmp_path, place):
        (tmp_path / "folder").mkdir()
        output = place and tmp_path / place
        done = run("classify", tmp_path / "nowhere.fasta", "--output", output)
        assert "cannot be written" in done.refused()

    def test_a_full_disk_is_no_bad_input(self, run, written):
        done = run("classify", written(QUERIES), "--output", "/dev/full")
        assert done.broke() == "genekin: /dev/full cannot be written: No space left on device.\n"

    def test_a_pipe_is_written_to_and_not_replaced(self, run, written, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        run("classify", written(QUERIES), "--output", pipe)
        assert os.read(reader, 6) == b"query\t"
        os.close(reader)
        assert pipe.is_fifo()

    @pytest.mark.parametrize("link", ["answers.tsv", ".answers.tsv.part"])
    def test_a_link_made_beforehand_overwrites_no_other_file(self, run, written, tmp_path, link):
        (tmp_path / "precious").write_text("precious")
        (tmp_path / link).symlink_to(tmp_path / "precious")
        run("classify", written(QUERIES), "--output", tmp_path / "answers.tsv")
        assert not (tmp_path / "answers.tsv").is_symlink()
        assert (tmp_path / "answers.tsv").read_text().startswith("query\t")
        assert (tmp_path / "precious").read_text() == "precious"

    def test_standard_output_by_its_name_is_written_to_and_not_replaced(self, written, tmp_path):
        file = tmp_path / "answers.tsv"
        with file.open("w") as out:
            process = start("classify", written(QUERIES), "--output", "/dev/stdout", stdout=out)
            assert process.communicate(timeout=60)[1] == ""
        assert file.read_text().startswith("query\t")
        assert Path("/dev/stdout").is_symlink()


class TestSimilarity:
    def test_says_the_mean_and_of_what(self, run, loaded):
        done = run("similarity", "--of", "dog", "--to", "human")
        mean, sentence = done.out.split("\t")
        assert done.status == 0
        assert 0 < float(mean) < 1
        assert sentence == "mean best inner product of 4 genes of dog with those of human\n"

    def test_of_an_organism_to_itself_is_one(self, run, loaded):
        assert run("similarity", "--of", "dog", "--to", "dog").out.startswith("1.0000\t")

    def test_json_has_all_digits(self, run, loaded):
        command = ("similarity", "--of", "dog", "--to", "human", "--limit", 2)
        found = json.loads(run(*command, "--format", "json").out)
        assert (found["of"], found["to"], found["n"]) == ("dog", "human", 2)
        assert run(*command).out.startswith(f"{found['mean']:.4f}\t")

    @pytest.mark.parametrize("pair", [("cat", "human"), ("human", "cat")])
    def test_an_unknown_organism_is_refused(self, run, loaded, pair):
        of, to = pair
        assert "no organism 'cat'" in run("similarity", "--of", of, "--to", to).refused()

    def test_a_limit_of_none_is_refused(self, run, loaded):
        done = run("similarity", "--of", "dog", "--to", "human", "--limit", 0)
        assert "Give 1 or more." in done.refused()

    def test_an_unknown_library_is_refused(self, run, home):
        done = run("similarity", "--of", "a", "--to", "b")
        assert "There is no library 'default'." in done.refused()


class TestStatus:
    def test_of_an_empty_home_says_what_to_do(self, run, home):
        done = run("status")
        assert done.status == 0
        assert "No library yet. Try: python -m core load human=builtin:human" in done.out

    def test_lists_what_is_loaded_and_where_it_is_kept(self, run, loaded, loaded_home):
        lines = run("status").out.splitlines()
        assert lines[0] == f"GeneKin {__version__}"
        assert lines[1].startswith(f"vectors: {loaded_home / 'vectors.db'} (")
        assert lines[2] == f"labels: sqlite:///{loaded_home / 'labels.sqlite'}"
        assert lines[3:] == [
            "library default: encoder count, index FLAT",
            "  human: 12 sequences",
            "  dog: 4 sequences",
        ]

    def test_json_has_it_all(self, run, loaded):
        status = json.loads(run("status", "--format", "json").out)
        assert status["version"] == __version__
        (library,) = status["libraries"]
        assert library["families"] == {str(key): name for key, name in FAMILY_NAMES.items()}
        assert [
            (organism["name"], organism["sequences"], organism["families"])
            for organism in library["organisms"]
        ] == [
            ("human", 12, {"0": 4, "1": 4, "2": 4}),
            ("dog", 4, {"0": 2, "1": 1, "2": 1}),
        ]
        assert (library["added_since_fit"], library["problem"]) == (0, "")


class TestRemove:
    def test_takes_an_organism_away(self, run, home, written):
        human = written(table(genes("human", 3)), "human.txt")
        dog = written(table(genes("dog", 4)), "dog.txt")
        run("load", "--encoder", "count", f"human={human}", f"dog={dog}")

        assert run("remove", "dog") == Done(0, "dog: 4 sequences removed.\n", "")

        assert "dog" not in run("status").out.replace(str(home), "")
        assert {row["organism"] for row in run("classify", dog).rows} <= {"human", ""}

    def test_the_last_one_leaves_nothing(self, run, home, written):
        run("load", "--encoder", "count", f"human={written(table(genes('human', 3)))}")
        run("remove", "human")
        assert json.loads(run("status", "--format", "json").out)["libraries"] == []

    def test_an_unknown_organism_or_library_is_refused(self, run, loaded):
        assert "no organism 'cat'" in run("remove", "cat").refused()
        assert "no library 'mine'" in run("remove", "human", "--library", "mine").refused()


class TestCalibrate:
    @pytest.fixture
    def translated(self, run, home, written):
        """A small library of the default encoder, and a query of it."""
        reference = written(table(members("human", families=3, count=8)), "human.txt")
        assert run("load", f"human={reference}").status == 0
        return written(f">far\n{member(1, 'asked', 0.4)}\n", "query.fasta")

    def test_the_threshold_decides_what_is_called(self, run, translated):
        assert run("classify", translated, "--threshold", "0").rows[0]["status"] == "called"
        row = run("classify", translated, "--threshold", "1").rows[0]
        assert (row["status"], row["family_id"]) == ("unknown", "1")
        assert "below the threshold of 100%" in row["note"]

    def test_a_library_keeps_the_threshold_that_is_chosen(self, run, translated):
        assert "from a confidence of 1.00 on" in run("calibrate", "--threshold", "1").out
        assert run("classify", translated).rows[0]["status"] == "unknown"
        assert "from a confidence of 0." in run("calibrate").out
        assert run("classify", translated).rows[0]["status"] == "called"

    @pytest.mark.parametrize("threshold", ["-0.1", "1.5", "nan"])
    def test_a_threshold_is_a_confidence(self, run, translated, threshold):
        for command in (["calibrate"], ["classify", translated]):
            refusal = run(*command, f"--threshold={threshold}").refused()
            assert "A confidence lies between 0 and 1." in refusal

    def test_strand_frame_and_organism_come_out(self, run, translated):
        row = run("classify", translated).rows[0]
        assert (row["strand"], row["frame"], row["organism"]) == ("+", "1", "human")
        assert float(row["organism_confidence"]) == 1
        assert float(row["unreadable"]) == 0


class TestLibraries:
    def test_can_be_renamed_and_deleted(self, run, home, written):
        human = written(table(genes("human", 3)), "human.txt")
        run("load", "--encoder", "count", "--library", "old", f"human={human}")

        assert run("rename", "new", "--library", "old").status == 0
        assert "no library 'old'" in run("classify", human, "--library", "old").refused()
        assert len(run("classify", human, "--library", "new").rows) == 3

        assert "3 sequences" in run("delete", "--library", "new", "--yes").out
        assert json.loads(run("status", "--format", "json").out)["libraries"] == []

    def test_are_not_renamed_to_what_they_are_called(self, run, loaded):
        assert "already has the name 'default'" in run("rename", "default").refused()

    def test_are_not_deleted_without_a_yes(self, run, loaded):
        assert "--yes" in run("delete").refused()


class TestReconcile:
    def test_finds_nothing_to_do_where_nothing_was_interrupted(self, run, loaded):
        assert run("reconcile").out == (
            "0 interrupted loads undone, 0 removals finished, 0 collections dropped.\n"
            "16 sequences compared: 0 lost vectors restored, 0 vectors without a"
            " sequence deleted.\n"
        )

    def test_an_unknown_library_is_refused(self, run, home):
        assert "There is no library 'default'." in run("reconcile").refused()


class TestDemo:
    def test_loads_the_human_reference_once_and_knows_its_examples(self, run, home):
        first = run("demo")
        assert first.status == 0
        assert first.out.startswith("human: 3,629 sequences added; of 4,380 records 751 were exact")
        answers = first.out[first.out.index(str(home / "example.fasta")) :]
        assert answers.startswith(f"{home / 'example.fasta'}: 8 sequences\n")
        for name, family in [
            ("example_1", "G protein coupled receptors"),
            ("example_4", "Synthetase"),
            ("example_7", "Transcription factor"),
        ]:
            assert f"  {name:16} {family}, " in answers

        assert run("demo").out == answers


class TestServices:
    def test_a_second_process_on_the_embedded_store_is_told_so(self, loaded_home, monkeypatch):
        monkeypatch.setenv("GENEKIN_HOME", str(loaded_home))
        with Stores(Settings(home=loaded_home)):
            out, err = start("status", stdout=subprocess.PIPE).communicate(timeout=60)
        assert out == ""
        assert err == (
            f"genekin: Another GeneKin process has the embedded store {loaded_home}/vectors.db"
            " open. Close it first, or set GENEKIN_MILVUS_URI to a Milvus server to share one.\n"
        )

    def test_the_store_is_free_again_after_a_failure(self, run, loaded, written):
        run("classify", written(QUERIES), "--organism", "cat").refused()
        assert run("status").status == 0

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("GENEKIN_MILVUS_URI", "milvus:19530"),
            ("GENEKIN_MILVUS_URI", "http://root:hush@milvus:19530"),
            ("GENEKIN_DATABASE_URL", "mysql://genekin:hush@host/genekin"),
            ("GENEKIN_DATABASE_URL", "mysql+pymysql://genekin:hu:hush/genekin"),
            ("GENEKIN_MAX_FILE_MB", "many"),
        ],
    )
    def test_a_setting_of_the_wrong_form_is_refused_by_name(
        self, run, home, monkeypatch, name, value
    ):
        monkeypatch.setenv(name, value)
        message = run("status").refused()
        assert f"The setting {name} is invalid" in message
        assert "hush" not in message

    def test_a_milvus_that_does_not_answer_is_a_failed_service(self, run, home, monkeypatch):
        uri = f"http://127.0.0.1:{free_port()}"
        monkeypatch.setenv("GENEKIN_MILVUS_URI", uri)
        monkeypatch.setenv("GENEKIN_MILVUS_TOKEN", "root:hush")
        monkeypatch.setenv("GENEKIN_STORE_TIMEOUT", "2")
        message = run("status").broke()
        assert message.startswith(f"genekin: The vector store {uri} failed while opening it: ")
        assert "GENEKIN_MILVUS_URI" in message
        assert "hush" not in message

    def test_a_database_that_does_not_answer_is_a_failed_service(self, run, home, monkeypatch):
        server = f"127.0.0.1:{free_port()}"
        url = f"mysql+pymysql://genekin:hush@{server}/genekin"
        monkeypatch.setenv("GENEKIN_DATABASE_URL", url)
        message = run("status").broke()
        assert f"The database mysql+pymysql://genekin:***@{server}/genekin failed" in message
        assert "GENEKIN_DATABASE_URL" in message
        assert "hush" not in message

    @pytest.mark.mariadb
    def test_a_wrong_password_is_a_failed_service(self, run, home, monkeypatch, mariadb):
        url = mariadb.url("command_line").replace("root@", "nobody:hush@")
        monkeypatch.setenv("GENEKIN_DATABASE_URL", url)
        message = run("status").broke()
        assert "Access denied for user 'nobody'@" in message
        assert "hush" not in message

    @pytest.mark.parametrize("name", ["vectors.db", "labels.sqlite"])
    def test_a_home_where_nothing_can_be_kept_is_a_failed_service(self, run, home, name):
        home.mkdir()
        (home / name).symlink_to("/proc/nowhere.db")
        message = run("status").broke()
        assert f"{home / name} failed while opening it: " in message
        assert "Check that its folder is writable and has free space" in message
        assert "GENEKIN_HOME" in message

    def test_a_home_that_is_a_file_is_a_failed_service(self, run, written, monkeypatch):
        monkeypatch.setenv("GENEKIN_HOME", str(written("")))
        assert "GENEKIN_HOME" in run("status").broke()


class TestProcess:
    """Behaviour that only a process of its own can show."""

    def test_a_reader_that_has_had_enough_is_no_error(self, loaded, written):
        file = written(">a\n!\n" * 2_000)  # more than a pipe holds
        process = start("classify", file, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("query\t")
        process.stdout.close()
        assert process.stderr is not None
        with process.stderr:
            assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 0

    def test_a_full_disk_is_a_failed_service(self, loaded):
        with Path("/dev/full").open("w") as full:
            _, err = (process := start("status", stdout=full)).communicate(timeout=60)
        assert err == "genekin: Standard output cannot be written: No space left on device.\n"
        assert process.returncode == 1

    def test_ctrl_c_ends_it_in_a_line(self, loaded):
        process = start("classify", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write("A" * 1_000_000)  # More than a pipe holds: it is being read.
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, "")
        assert err == "genekin: cancelled; no changes were left half done.\n"

    @pytest.fixture
    def interrupted_import(self, home):
        """Run a command that gets Ctrl+C when it imports a package."""
        code = (
            "import os, runpy, signal, sys\n"
            "package = sys.argv.pop(1)\n"
            "class Interrupt:\n"
            "    def find_spec(self, name, *_):\n"
            "        if name == package:\n"
            "            os.kill(os.getpid(), signal.SIGINT)\n"
            "sys.meta_path.insert(0, Interrupt())\n"
            "runpy.run_module('core', run_name='__main__')\n"
        )

        def run(package, *arguments):
            process = subprocess.Popen(
                [sys.executable, "-c", code, package, *arguments],
                cwd=PROJECT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            return (*process.communicate(timeout=60), process.returncode)

        return run

    def test_ctrl_c_while_it_starts_ends_it_without_a_word(self, interrupted_import):
        assert interrupted_import("click") == (b"", b"", -signal.SIGINT)

    @pytest.mark.parametrize("package", ["numpy", "pymilvus"])
    def test_ctrl_c_while_a_command_starts_cancels_it(self, interrupted_import, package):
        message = b"genekin: cancelled; no changes were left half done.\n"
        assert interrupted_import(package, "status") == (b"", message, 130)

    @pytest.mark.parametrize(
        ("command", "status", "err"),
        [
            ("classify - <&-", 2, "genekin: standard input is empty."),
            ("status >&-", 0, ""),
            ("classify nowhere.fasta 2>&-", 2, ""),
            ("classify nowhere.fasta 2>/dev/full", 2, ""),
        ],
    )
    def test_streams_may_be_closed(self, loaded, command, status, err):
        shell = ["sh", "-c", f'"$0" -m core {command}', sys.executable]
        done = subprocess.run(shell, check=False, cwd=PROJECT, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (status, "")
        assert done.stderr.startswith(err)
        assert done.stderr.count("\n") == bool(err)

    def test_a_file_name_that_is_no_text_comes_out_as_it_is(self, loaded, tmp_path):
        file = os.fsencode(tmp_path) + b"/\xff.zip"
        done = subprocess.run(
            [sys.executable, "-m", "core", "export", file],
            check=True,
            cwd=PROJECT,
            capture_output=True,
        )
        assert done.stdout == file + b": 16 sequences of the library default.\n"

    def test_a_terminal_obeys_no_name(self, loaded, written):
        file = written(f">a\x1b[2J\u202eb\n{dna('human 2')}\n")
        terminal, end = os.openpty()
        process = start("classify", file, stdout=end)
        notes = process.communicate(timeout=60)[1]
        assert notes == "genekin: 1 name was shortened or lost invisible characters.\n"
        os.close(end)
        out = os.read(terminal, 10_000).decode()
        os.close(terminal)
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "Synthase" in out

    def test_answers_are_utf_8_whatever_the_terminal_says(self, loaded, written, monkeypatch):
        monkeypatch.setenv("PYTHONIOENCODING", "ascii")
        process = start("classify", written(">Gen_α\nACG\n"), stdout=subprocess.PIPE)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert "Gen_α\t3\tunknown" in out
