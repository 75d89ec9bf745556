"""Files of queries that are read, asked and written batch by batch."""

import csv
import gzip
import io
import json
import multiprocessing
import os
import signal
import sys
import zipfile

import pytest
from pyarrow import parquet

from core.cli import part_file, query_batches, questions, stream
from core.cli.loopback import answer_commands
from core.cli.main import main
from core.library.load import load as load_library
from core.library.manager import Libraries
from core.sequences import input_file, query_stream
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.killing import start_process
from tests.support.memory import process_memory
from tests.support.synthetic import FAMILY_NAMES, dna, genes

RECORDS = 150
BATCH = 16
ORGANISMS = ("human", "dog")


def fasta(count=RECORDS):
    """Queries, some of which are invalid."""
    entries = []
    for number in range(count):
        gene = dna(f"{ORGANISMS[number % 2]} {1 + number % 9}")[: 100 + number % 100]
        entries.append(f">query_{number}\n{gene}{'!' if number % 25 == 7 else ''}\n")
    return "".join(entries)


def small_batches(patch):
    """Make files of this size large, and batches small."""
    for module in (input_file, query_stream):
        patch.setattr(module, "WHOLE_BYTES", 500)
    patch.setattr(query_batches, "BATCH_RECORDS", BATCH)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A home with a library."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    with Stores(settings) as stores:
        references = {organism: genes(organism) for organism in ORGANISMS}
        load_library(Libraries(stores), references, families=FAMILY_NAMES, encoder="count")
    return settings


@pytest.fixture
def home(filled, run, tmp_path, monkeypatch):
    """The home of these tests, and a file of queries in the working directory."""
    monkeypatch.setenv("GENEKIN_HOME", str(filled.home))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queries.fasta").write_text(fasta())
    return filled


@pytest.fixture
def whole(home, run):
    """Answer files as a whole."""
    return run


@pytest.fixture
def streamed(home, run, monkeypatch):
    """Answer files batch by batch."""

    def streamed(*arguments):
        with monkeypatch.context() as patch:
            small_batches(patch)
            return run(*arguments)

    return streamed


COMMANDS = {
    "classify": ["classify"],
    "classify, options": ["classify", "--organism", "dog", "--neighbours", "3", "--threshold", "1"],
    "classify, aligned": ["classify", "--align"],
    "classify, BLAST": ["classify", "--format", "blast6"],
    "trace": ["trace"],
    "trace, summary": ["trace", "--summary"],
    "trace, JSON": ["trace", "--format", "json"],
}
FORMATS = ("tsv", "csv", "json", "ndjson")


class TestSameAnswers:
    @pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
    def test_as_of_a_file_that_is_read_as_a_whole(self, whole, streamed, command):
        expected = whole(*command, "queries.fasta")
        assert expected.status == 0
        assert streamed(*command, "queries.fasta") == expected

    @pytest.mark.parametrize("file_format", FORMATS)
    def test_in_every_format(self, whole, streamed, file_format):
        command = ("classify", "queries.fasta", "--format", file_format)
        assert streamed(*command) == whole(*command)

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_from_standard_input(self, whole, streamed, monkeypatch, pack):
        expected = whole("classify", "queries.fasta")
        piped = io.TextIOWrapper(io.BytesIO(pack(fasta().encode())))
        monkeypatch.setattr(sys, "stdin", piped)
        assert streamed("classify", "-") == expected

    def test_from_a_zip_with_notes(self, whole, streamed, tmp_path):
        with zipfile.ZipFile(tmp_path / "queries.zip", "w") as archive:
            archive.writestr("a.fasta", fasta())
            archive.writestr("notes.pdf", "%PDF-1.4" * 99)
            archive.writestr("b.csv", f"name,dna,cds\n{f'x,{dna(1)},{dna(2)}' + chr(10)}" * 9)
        expected = whole("classify", "queries.zip", "--format", "blast6")
        done = streamed("classify", "queries.zip", "--format", "blast6")
        assert done.out == expected.out
        assert sorted(done.err.split("\n")) == sorted(expected.err.split("\n"))
        assert "notes.pdf: PDF files are not supported" in done.err

    def test_asks_several_questions_of_some_queries_each(self, streamed, monkeypatch):
        sizes = []
        classify = questions.QUESTIONS["classify"]

        def count(open_libraries, progress, source, **options):
            sizes.append(len(source.records()))
            return classify(open_libraries, progress, source, **options)

        monkeypatch.setattr(stream, "QUESTIONS", {**questions.QUESTIONS, "classify": count})
        assert streamed("classify", "queries.fasta").status == 0
        assert sizes == [BATCH] * (RECORDS // BATCH) + [RECORDS % BATCH]


class TestOutputs:
    @pytest.mark.parametrize("name", ["calls.tsv", "calls.tsv.gz"])
    @pytest.mark.parametrize("file_format", [*FORMATS, "blast6"])
    def test_are_what_would_be_printed(self, whole, streamed, tmp_path, name, file_format):
        command = ("classify", "queries.fasta", "--format", file_format)
        expected = whole(*command).out
        for answer in (whole, streamed):
            assert answer(*command, "--output", name).out == ""
            data = (tmp_path / name).read_bytes()
            assert (gzip.decompress(data) if name.endswith(".gz") else data).decode() == expected
            (tmp_path / name).unlink()
        assert {path.name for path in tmp_path.iterdir()} == {"queries.fasta"}

    @pytest.mark.parametrize("command", ["classify", "trace"])
    def test_lines_of_json_are_the_items_of_the_list(self, whole, command):
        lines = whole(command, "queries.fasta", "--format", "ndjson").out.splitlines()
        found = json.loads(whole(command, "queries.fasta", "--format", "json").out)
        assert list(map(json.loads, lines)) == (
            found if command == "classify" else found["queries"]
        )

    @pytest.mark.parametrize("command", ["classify", "trace"])
    def test_parquet_has_the_rows_with_types(self, whole, streamed, tmp_path, command):
        rows = csv.DictReader(io.StringIO(whole(command, "queries.fasta").out), delimiter="\t")
        expected = list(rows)
        tables = []
        for answer in (whole, streamed):
            output = tmp_path / "calls.parquet"
            done = answer(command, "queries.fasta", "--format", "parquet", "--output", output)
            assert (done.status, done.out, done.err) == (0, "", "")
            tables.append(parquet.read_table(output))
        one, other = tables
        assert one.equals(other)
        found = one.to_pylist()
        assert [
            {name: "" if value is None else str(value) for name, value in row.items()}
            for row in found
        ] == expected
        assert {type(row["length"]) for row in found} == {int}
        assert {type(row["confidence"]) for row in found} == {float, type(None)}

    @pytest.mark.parametrize(
        ("file_format", "name"),
        [("tsv", "shares.tsv"), ("csv", "shares.csv.gz"), ("ndjson", "shares.ndjson")],
    )
    def test_a_summary_has_all_batches(self, whole, streamed, tmp_path, file_format, name):
        command = ("trace", "queries.fasta", "--summary", "--format", file_format)
        expected = whole(*command)
        assert all(organism in expected.out for organism in ORGANISMS)
        assert streamed(*command) == expected
        assert streamed(*command, "--output", name).err == expected.err
        data = (tmp_path / name).read_bytes()
        assert (gzip.decompress(data) if name.endswith(".gz") else data).decode() == expected.out
        assert {path.name for path in tmp_path.iterdir()} == {"queries.fasta", name}

    @pytest.mark.parametrize("name", ["traces.json", "traces.json.gz"])
    @pytest.mark.parametrize("options", [[], ["--summary"]])
    def test_a_document_has_all_batches_and_their_shares(
        self, whole, streamed, tmp_path, options, name
    ):
        command = ("trace", "queries.fasta", "--format", "json", *options)
        expected = whole(*command)
        found = json.loads(expected.out)
        assert len(found["queries"]) == RECORDS
        assert {part["organism"] for part in found["organisms"]} == set(ORGANISMS)
        assert streamed(*command) == expected
        assert streamed(*command, "--output", name) == whole(*command, "--output", "whole.json")
        data = (tmp_path / name).read_bytes()
        assert (gzip.decompress(data) if name.endswith(".gz") else data).decode() == expected.out
        assert (tmp_path / "whole.json").read_text() == expected.out

    def test_parquet_of_a_summary(self, whole, streamed, tmp_path):
        output = tmp_path / "summary.parquet"
        command = ("trace", "queries.fasta", "--summary", "--format", "parquet", "--output", output)
        tables = []
        for answer in (whole, streamed):
            assert answer(*command).status == 0
            tables.append(parquet.read_table(output))
        assert tables[0].equals(tables[1])
        assert {row["organism"] for row in tables[0].to_pylist()} == set(ORGANISMS)

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            (["--format", "parquet"], "Parquet is written to a file only."),
            (["--format", "parquet", "--output", "/dev/null"], "written to a file only."),
            (["--format", "parquet", "--output", "a.gz"], "Parquet is compressed already."),
            (["--resume"], "--resume continues a file. Name it with --output."),
            (["--resume", "--output", "/dev/stdout"], "--resume continues a file."),
        ],
    )
    def test_what_no_output_can_be_is_refused(self, whole, options, reason):
        assert reason in whole("classify", "queries.fasta", *options).refused()


class TestDamage:
    def test_what_comes_before_is_answered_and_the_rest_after_the_correction(
        self, whole, streamed, tmp_path
    ):
        good = "".join(f"@q{number}\n{dna(number)}\n+\n{'I' * 240}\n" for number in range(300))
        (tmp_path / "reads.fq").write_text(good + "@bad\nACGT\n+\nII\n" + good)
        command = ("classify", "reads.fq", "--output", "calls.tsv")
        done = streamed(*command)
        assert done.status == 2
        note, error = done.err.splitlines()
        assert note == (
            "genekin: The answers to 300 records are in calls.tsv.part. The same command with"
            " --resume goes on from there."
        )
        assert "line 1,201: invalid FASTQ record" in error
        assert not (tmp_path / "calls.tsv").exists()
        (tmp_path / "reads.fq").write_text(good + good)
        assert streamed(*command, "--resume").status == 0
        assert (tmp_path / "calls.tsv").read_text() == whole("classify", "reads.fq").out

    def test_an_error_of_the_library_leaves_nothing(self, streamed, tmp_path):
        for options in (["--library", "none"], ["--organism", "cat"]):
            done = streamed("classify", "queries.fasta", *options, "--output", "calls.tsv")
            assert "no " in done.refused()
        assert {path.name for path in tmp_path.iterdir()} == {"queries.fasta"}


def killed_run(home, folder, arguments, write, share):
    """Run a command, and kill the process in one of its writes, after a share of its bytes."""
    os.environ["GENEKIN_HOME"] = str(home)
    os.chdir(folder)
    writes = 0

    def write_and_die(file, data):
        nonlocal writes
        writes += 1
        if writes < write:
            file.write(data)
            return
        file.write(data[: round(share * len(data))])
        os.kill(os.getpid(), signal.SIGKILL)

    patch = pytest.MonkeyPatch()
    small_batches(patch)
    patch.setattr(part_file, "_write", write_and_die)
    main(arguments)


PROCESSES = multiprocessing.get_context("forkserver")


class TestResume:
    POINTS = (
        *(("calls.tsv", *at) for at in ((1, 1), (2, 0), (2, 0.5), (3, 0.5), (4, 0.3), (21, 1))),
        *(("calls.json", *at) for at in ((2, 0.5), (5, 0.5), (22, 0))),
        *(("calls.csv.gz", *at) for at in ((4, 0.9), (7, 0.1))),
        *(("calls.ndjson.gz", *at) for at in ((6, 0.5), (11, 0.5))),
        *(("calls.parquet", *at) for at in ((4, 0.5), (22, 1))),
        *(("summary.tsv", *at) for at in ((2, 0.5), (6, 0.5), (22, 0))),
        *(("summary.csv.gz", *at) for at in ((4, 0.5), (5, 1))),
        *(("summary.parquet", *at) for at in ((6, 0.5),)),
        *(("traces.json", *at) for at in ((2, 0.5), (5, 0.5), (22, 0))),
        *(("traces.json.gz", *at) for at in ((4, 0.5),)),
    )
    """Outputs, and of each, which write is interrupted, after which share of its bytes."""

    @pytest.fixture
    def killed(self, home, tmp_path):
        """Kill a run in one of its writes."""

        def killed(arguments, write, share):
            process = PROCESSES.Process(
                target=killed_run, args=(home.home, tmp_path, arguments, write, share)
            )
            start_process(process)
            process.join(60)
            assert process.exitcode == -signal.SIGKILL
            process.close()

        return killed

    @staticmethod
    def command(output):
        name, file_format = output.split(".")[:2]
        questions = {"summary": ["trace", "--summary"], "traces": ["trace"]}
        question = questions.get(name, ["classify"])
        return [*question, "queries.fasta", "--format", file_format, "--output", output]

    @pytest.mark.parametrize(("output", "write", "share"), POINTS)
    def test_a_killed_run_is_continued(  # noqa: PLR0917
        self, killed, whole, streamed, tmp_path, output, write, share
    ):
        command = self.command(output)
        assert whole(*command).status == 0
        expected = self.read(tmp_path / output)
        (tmp_path / output).unlink()
        killed(command, write, share)
        assert not (tmp_path / output).exists()
        assert streamed(*command, "--resume").status == 0
        assert self.read(tmp_path / output) == expected
        assert {path.name for path in tmp_path.iterdir()} == {"queries.fasta", output}

    def test_a_run_killed_twice_before_its_first_answer(self, killed, whole, streamed, tmp_path):
        command = self.command("calls.tsv")
        expected = whole("classify", "queries.fasta").out
        killed(command, 2, 0.5)
        killed([*command, "--resume"], 2, 0.5)
        assert streamed(*command, "--resume").status == 0
        assert (tmp_path / "calls.tsv").read_text() == expected

    @staticmethod
    def read(path):
        if path.suffix == ".parquet":
            return parquet.read_table(path).to_pylist()
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data

    def test_a_run_killed_again_and_again_at_any_time(self, home, whole, streamed, tmp_path):
        """Kills at random moments, by the clock."""
        command = ["classify", "queries.fasta", "--output", "calls.tsv"]
        expected = whole("classify", "queries.fasta").out
        kills = 0
        for attempt in range(12):
            process = PROCESSES.Process(
                target=killed_run, args=(home.home, tmp_path, [*command, "--resume"], 10**9, 0)
            )
            start_process(process)
            process.join(0.8 + 0.13 * attempt)
            kills += process.is_alive()
            process.kill()
            process.join()
            process.close()
        assert kills
        assert streamed(*command, "--resume").status == 0
        assert (tmp_path / "calls.tsv").read_text() == expected

    def test_only_what_is_missing_is_asked(self, killed, streamed, monkeypatch):
        command = self.command("calls.tsv")
        killed(command, 6, 0)  # Header, and two batches with their checkpoints.
        asked: list[str] = []
        classify = questions.QUESTIONS["classify"]

        def count(open_libraries, progress, source, **options):
            asked.extend(record.name for record in source.records())
            return classify(open_libraries, progress, source, **options)

        monkeypatch.setattr(stream, "QUESTIONS", {"classify": count})
        assert streamed(*command, "--resume").status == 0
        assert asked == [f"query_{number}" for number in range(2 * BATCH, RECORDS)]

    def test_another_file_is_refused(self, killed, streamed, tmp_path):
        command = self.command("calls.tsv")
        killed(command, 6, 0)
        before = (tmp_path / "calls.tsv.part").read_bytes()
        text = fasta()
        for changed in (text.replace("query_5\n", "query_x\n"), text[:800], ">a\nACGT\n" * 99):
            (tmp_path / "queries.fasta").write_text(changed)
            done = streamed(*command, "--resume")
            assert done.status == 2
            assert "The first 32 records of queries.fasta are not those that were" in done.err
        (tmp_path / "queries.fasta").write_text(text[:400])
        assert "calls.tsv.part has answers to another" in streamed(*command, "--resume").refused()
        assert (tmp_path / "calls.tsv.part").read_bytes() == before
        (tmp_path / "queries.fasta").write_text(text + ">more\nACGTACGT\n")
        assert streamed(*command, "--resume").status == 0
        assert (tmp_path / "calls.tsv").read_text().count("\n") == 1 + RECORDS + 1

    def test_other_options_are_refused(self, killed, streamed):
        command = self.command("calls.tsv")
        killed(command, 6, 0)
        done = streamed(*command, "--resume", "--neighbours", "5")
        assert "was written with neighbours 10, not 5. Give the same options" in done.refused()

    def test_another_library_is_refused(self, killed, streamed, run, tmp_path, monkeypatch):
        monkeypatch.setenv("GENEKIN_HOME", str(tmp_path / "other"))
        (tmp_path / "dog.fa").write_text("".join(f">g class={n % 3}\n{dna(n)}\n" for n in range(9)))
        assert run("load", "--encoder", "count", "dog=dog.fa").status == 0
        command = self.command("calls.tsv")
        process = PROCESSES.Process(
            target=killed_run, args=(tmp_path / "other", tmp_path, command, 6, 0)
        )
        start_process(process)
        process.join(60)
        process.close()
        (tmp_path / "cat.fa").write_text("".join(f">c class={n % 3}\n{dna(-n)}\n" for n in (1, 2)))
        assert run("load", "cat=cat.fa").status == 0
        done = streamed(*command, "--resume")
        assert done.status == 2
        assert "The library default has changed since the first records were" in done.err
        assert streamed(*command).status == 0


class TestMemory:
    def test_does_not_grow_with_the_file(self, home, tmp_path):
        """In a process of its own: the peak of ten times the queries is hardly higher."""
        peaks = []
        for count in (2_000, 20_000):
            (tmp_path / "queries.fasta").write_text(fasta(count))
            ours, theirs = PROCESSES.Pipe()
            process = PROCESSES.Process(target=peak_of_run, args=(home.home, tmp_path, theirs))
            start_process(process)
            assert ours.poll(200)
            peaks.append(ours.recv())
            process.join()
            process.close()
        assert all(status == 0 for status, _ in peaks)
        (_, small), (_, large) = peaks
        assert large - small < 25_000, "kB"


def peak_of_run(home, folder, parent):
    os.environ["GENEKIN_HOME"] = str(home)
    os.chdir(folder)
    small_batches(patch := pytest.MonkeyPatch())
    patch.setattr(query_batches, "BATCH_RECORDS", 256)
    status = main(["classify", "queries.fasta", "--format", "ndjson", "--output", "calls.ndjson"])
    parent.send((status, process_memory("VmHWM")))


class TestLoopback:
    @pytest.mark.parametrize(
        "command", [*COMMANDS.values(), ["classify", "--format", "ndjson", "--output", "calls.gz"]]
    )
    def test_a_dashboard_answers_batches_with_the_same_answers(
        self, home, whole, streamed, command, tmp_path
    ):
        long = f">long\n{'ACGTN' * 300_000}\n"
        (tmp_path / "queries.fasta").write_text(fasta() + long)
        expected = whole(*command, "queries.fasta")
        with Stores(home) as stores, answer_commands(Libraries(stores), home):
            assert streamed(*command, "queries.fasta") == expected

    def test_other_commands_are_answered_between_batches(self, home, whole, streamed, monkeypatch):
        asked: list[int] = []
        answer = stream._Asker._answer

        def record(asker, batch, progress):
            asked.append(len(batch.records()))
            return answer(asker, batch, progress)

        monkeypatch.setattr(stream._Asker, "_answer", record)
        with Stores(home) as stores, answer_commands(Libraries(stores), home):
            assert streamed("classify", "queries.fasta").status == 0
        assert asked == [BATCH] * (RECORDS // BATCH) + [RECORDS % BATCH]

    def test_a_dashboard_that_closes_leaves_what_was_answered(
        self, home, whole, streamed, monkeypatch, tmp_path
    ):
        answer = stream._Asker._answer
        count = 0

        def close_later(asker, batch, progress):
            nonlocal count
            count += 1
            if count == 4:
                (home.home / "vectors.dashboard.json").unlink()
            return answer(asker, batch, progress)

        monkeypatch.setattr(stream._Asker, "_answer", close_later)
        command = ("classify", "queries.fasta", "--output", "calls.tsv")
        with Stores(home) as stores, answer_commands(Libraries(stores), home):
            done = streamed(*command)
        assert done.status == 1
        assert "The answers to 48 records are in calls.tsv.part." in done.err
        assert "The dashboard that answered was closed. Try again." in done.err
        assert streamed(*command, "--resume").status == 0
        assert (tmp_path / "calls.tsv").read_text() == whole("classify", "queries.fasta").out


class TestLoad:
    def test_reads_standard_input(self, run, loaded, monkeypatch):
        text = "".join(f">g{n} class={n}\n{dna(n)}\n" for n in range(3))
        monkeypatch.setattr(
            sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(text.encode())))
        )
        done = run("load", "--encoder", "count", "dog=-")
        assert done.out.startswith("dog: 3 sequences added;")
        assert loaded() == {"dog": {"class 0": 1, "class 1": 1, "class 2": 1}}

    def test_alone_it_takes_the_organisms_that_it_names(self, run, loaded, monkeypatch):
        text = "".join(f">g{n} class={n} organism=cat\n{dna(n)}\n" for n in range(3))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert run("load", "--encoder", "count", "-").status == 0
        assert list(loaded()) == ["cat"]

    def test_without_an_organism_it_is_refused(self, run, monkeypatch):
        text = "".join(f">g{n} class={n}\n{dna(n)}\n" for n in range(3))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        done = run("load", "--encoder", "count", "-")
        assert "Standard input names no organism. Give it as ORGANISM=-." in done.refused()

    def test_twice_it_is_refused(self, run):
        assert "Standard input is named twice." in run("load", "a=-", "b=-").refused()
