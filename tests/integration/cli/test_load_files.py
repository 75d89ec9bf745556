import gzip
import io
import zipfile

import openpyxl
import pytest

from core.cli.files import Source, source
from core.errors import InputError

ONE, TWO, THREE = "ATGGCCATTGTAATGGGCCGC", "ATGTTTCCCGGGAAATTTCCC", "ATGAAACCCTTTGGGAAACCC"
FASTA = f">a class=Kinase\n{ONE}\n>b class=Ligase\n{TWO}\n"
CSV = f"Gene,Species,Gene family,CDS\na,human,Kinase,{ONE}\nb,dog,Ligase,{TWO}\n"
BAD = f"sequence\tclass\n{ONE}\tKinase\nACG!\tKinase\n{TWO}\tLigase\n{THREE}\t\n"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    page = book.create_sheet("genes", 0)
    for row in (["sequence", "class"], [ONE, "Kinase"], [TWO, "Ligase"]):
        page.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.txt", text)
    return buffer.getvalue()


class TestSource:
    @pytest.mark.parametrize(
        ("argument", "organism", "file"),
        [
            ("human=a.txt", "human", "a.txt"),
            ("human=a=b.txt", "human", "a=b.txt"),
            ("a.txt", "", "a.txt"),
            ("./a=b.txt", "", "./a=b.txt"),
            ("builtin:human", "human", "builtin:human"),
        ],
    )
    def test_is_an_organism_and_a_file_or_a_file_alone(self, argument, organism, file):
        assert source(argument) == Source(organism, file)

    @pytest.mark.parametrize("argument", ["=", "human=", "=a.txt", "Homo sapiens=a.txt"])
    def test_is_nothing_else(self, argument):
        with pytest.raises(InputError):
            source(argument)


class TestFormats:
    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(FASTA.encode(), id="FASTA"),
            pytest.param(gzip.compress(FASTA.encode()), id="gzip"),
            pytest.param(zipped(a=FASTA), id="zip"),
            pytest.param(
                f"@a class=Kinase\n{ONE}\n+\n{'I' * 21}\n"
                f"@b class=Ligase\n{TWO}\n+\n{'I' * 21}\n".encode(),
                id="FASTQ",
            ),
            pytest.param(f"family;dna\nKinase;{ONE}\nLigase;{TWO}\n".encode(), id="semicolons"),
            pytest.param(FASTA.replace("\n", "\r\n").encode("utf-16"), id="UTF-16"),
            pytest.param(workbook(), id="Excel"),
        ],
    )
    def test_are_those_of_the_pages(self, load, loaded, written, content):
        done = load(f"human={written(content)}")
        assert (done.status, done.err) == (0, "")
        assert done.out.splitlines()[-2].startswith("human: 2 sequences added;")
        assert loaded() == {"human": {"Kinase": 1, "Ligase": 1}}

    def test_names_are_kept(self, load, run, written):
        file = written(FASTA)
        load(f"human={file}")
        assert [row["hit"] for row in run("classify", file).rows] == ["a", "b"]


class TestOrganisms:
    def test_of_a_file_alone_are_those_it_names(self, load, loaded, written):
        load(written(CSV))
        assert loaded() == {"human": {"Kinase": 1}, "dog": {"Ligase": 1}}

    def test_of_a_file_that_names_none_is_what_it_is_called(self, load, loaded, written):
        load(written(FASTA, "Felis catus.fa.gz"))
        assert loaded() == {"Felis_catus": {"Kinase": 1, "Ligase": 1}}

    def test_an_organism_that_is_told_goes_before_those_of_the_file(self, load, loaded, written):
        load(f"mouse={written(CSV)}")
        assert loaded() == {"mouse": {"Kinase": 1, "Ligase": 1}}

    def test_of_a_zip_each_file_is_one(self, load, loaded, written):
        load(written(zipped(cat=FASTA, dog=f">c class=Kinase\n{THREE}\n"), "pets.zip"))
        assert loaded() == {"cat": {"Kinase": 1, "Ligase": 1}, "dog": {"Kinase": 1}}

    def test_two_files_may_add_to_one(self, load, loaded, written):
        other = CSV.replace(ONE, THREE)
        load(written(CSV, "one.csv"), written(other, "two.csv"))
        assert loaded() == {"human": {"Kinase": 2}, "dog": {"Ligase": 1}}


class TestFamilies:
    def test_a_number_means_one_thing_in_all_files(self, load, loaded, written):
        numbers = written(f"sequence\tclass\n{ONE}\t0\n{TWO}\t1\n", "human.txt")
        names = written(f"sequence\tclass\n{ONE}\tKinase\n", "dog.txt")
        load(numbers, names)
        assert loaded() == {"human": {"class 0": 1, "class 1": 1}, "dog": {"Kinase": 1}}

    def test_names_of_numbers_come_from_a_file_or_out_of_the_zip(self, load, loaded, written):
        table = f"sequence\tclass\n{ONE}\t0\n{TWO}\t1\n"
        names = "class,gene_family\n0,Kinase\n1,Ligase\n"
        load(f"human={written(table)}", "--families", written(names, "names.csv"))
        load(f"dog={written(zipped(dog=table, names=names))}")
        assert loaded()["human"] == loaded()["dog"] == {"Kinase": 1, "Ligase": 1}

    def test_go_on_from_those_of_the_library(self, load, loaded, written):
        load(f"human={written(FASTA.replace('Kinase', 'Ion channel'))}")
        load(f"dog={written(FASTA.replace('Kinase', 'ion_channel'))}")
        assert loaded()["dog"] == {"Ion channel": 1, "Ligase": 1}

    def test_a_file_of_names_alone_is_refused(self, load, written):
        done = load(
            f"human={written('class,gene_family')}", written("0,Kinase\n1,Ligase\n", "n.csv")
        )
        assert "has a header but no records" in done.refused()
        assert "contains family names but no sequences" in load(written("0\tKinase\n")).refused()

    def test_a_library_that_has_a_sequence_in_another_family_keeps_it(self, load, loaded, written):
        load(f"human={written(FASTA)}")
        done = load(f"human={written(FASTA.replace('class=Kinase', 'class=Ligase'))}")
        assert "the library has the same sequence with the family 'Kinase'" in done.refused()
        assert loaded() == {"human": {"Kinase": 1, "Ligase": 1}}


class TestMapping:
    TABLE = f"probe,cds,kind,group,title\n{THREE},{ONE},Kinase,x,a\n{THREE},{TWO},Ligase,y,b\n"

    def test_columns_can_be_named(self, load, run, loaded, written):
        options = ("--sequence-column", "CDS", "--family-column", "kind", "--name-column", "group")
        assert load(f"human={written(self.TABLE)}", *options).status == 0
        assert loaded() == {"human": {"Kinase": 1, "Ligase": 1}}
        assert run("classify", written(f">q\n{TWO}\n")).rows[0]["hit"] == "y"

    def test_a_column_that_was_taken_among_several_is_told(self, load, written):
        done = load(f"human={written(self.TABLE)}", "--family-column", "kind")
        assert "file.txt: 2 columns contain sequences: 'probe', 'cds'. Using 'cds';" in done.out

    def test_the_second_of_two_columns_of_one_name_can_be_chosen(self, load, loaded, written):
        file = written(f"class,class,dna\nKinase,Ligase,{ONE}\n")
        done = load(f"human={file}")
        assert "2 columns could hold the family: 'class', 'class (2)'. Using 'class';" in done.out
        load(f"dog={file}", "--family-column", "class (2)")
        assert loaded() == {"human": {"Kinase": 1}, "dog": {"Ligase": 1}}

    def test_what_was_read_otherwise_than_written_is_told(self, load, written):
        done = load(written(f"species,class,dna\nE. coli,1,{ONE}\nE-coli,1,{TWO}\nNA,1,ACGT\n"))
        assert "file.txt: Spellings of organisms: 'E. coli', 'E-coli' are read as" in done.out
        assert "file.txt: 1 record shorter than 18 bp" in done.out

    def test_the_sheet_that_is_read_is_told(self, load, written):
        done = load(f"human={written(workbook())}")
        assert "Sheet 'genes' of 2 was read: genes, Sheet." in done.out

    @pytest.mark.parametrize("part", ["sequence", "family", "name"])
    def test_a_column_that_is_not_there_is_refused(self, load, written, part):
        done = load(f"human={written(self.TABLE)}", f"--{part}-column", "x")
        assert "has no column 'x'. Choose one of its columns: 'probe', 'cds'" in done.refused()

    def test_a_family_is_found_in_headers_by_a_pattern(self, load, loaded, written):
        file = written(f">a fam-7 x\n{ONE}\n")
        assert "no families found" in load(f"human={file}").refused()
        load(f"human={file}", "--family-pattern", r"fam-(\d)")
        assert loaded() == {"human": {"class 7": 1}}

    def test_a_pattern_that_cannot_be_read_is_refused(self, load, written):
        done = load(f"human={written(FASTA)}", "--family-pattern", "fam-(")
        assert "Invalid pattern 'fam-('" in done.refused()

    @pytest.mark.parametrize(("family", "name"), [("Kinase", "Kinase"), ("4", "class 4")])
    def test_one_family_can_be_given_to_those_that_name_none(
        self, load, loaded, written, family, name
    ):
        load(f"human={written(f'>a{chr(10)}{ONE}')}", "--family", family)
        assert loaded() == {"human": {name: 1}}

    @pytest.mark.parametrize(
        ("rule", "expected"), [("first", {"Kinase": 1, "Ligase": 1}), ("drop", {"Ligase": 1})]
    )
    def test_of_two_families_one_or_none_is_kept(self, load, loaded, written, rule, expected):
        file = written(f"{FASTA}>c class=Ligase\n{ONE}\n")
        assert "has the same sequence with the family 'Ligase'" in load(f"human={file}").refused()
        done = load(f"human={file}", "--two-families", rule, "--good-only")
        assert "were left out; the first: Record" in done.out
        assert loaded() == {"human": expected}


class TestRejected:
    def test_one_bad_record_keeps_all_out(self, load, loaded, written):
        assert load(f"human={written(BAD)}").refused() == (
            "genekin: 2 of 4 records are invalid. In file.txt: Record 2 (line 3) has an invalid"
            " character '!' at base 4; use IUPAC nucleotide codes. Nothing was loaded. Fix the"
            " file, or load its valid records with --good-only; --rejected FILE writes the invalid"
            " ones with their reasons.\n"
        )
        assert loaded() == {}

    def test_the_good_ones_are_loaded_when_told(self, load, loaded, written):
        done = load(f"human={written(BAD)}", "--good-only")
        assert (done.status, done.err) == (0, "")
        assert done.out.startswith(
            "file.txt: 2 of 4 records were left out; the first: Record 2 (line 3) has an"
            " invalid character '!' at base 4"
        )
        assert loaded() == {"human": {"Kinase": 1, "Ligase": 1}}

    def test_where_none_is_good_nothing_can_be_loaded(self, load, loaded, written):
        done = load(f"human={written('sequence	class	x')}", "--good-only")
        done.refused()
        done = load(f"human={written(BAD.replace('ATG', '!'))}", "--good-only")
        assert "4 of 4 records are invalid." in done.refused()
        assert "There are no valid records." in done.err
        assert loaded() == {}

    @pytest.mark.parametrize("options", [(), ("--good-only",)])
    def test_the_bad_ones_are_written_with_their_reasons(self, load, written, tmp_path, options):
        load(f"human={written(BAD)}", "--rejected", tmp_path / "bad.tsv", *options)
        header, *rows = (tmp_path / "bad.tsv").read_text("utf-8-sig").splitlines()
        assert header == "reason\tline\tname\torganism\tfamily\tsequence"
        assert [row.split("\t")[1:] for row in rows] == [
            ["3", "", "human", "Kinase", "ACG!"],
            ["5", "", "human", "", THREE],
        ]
        assert rows[1].startswith("Record 4 (line 5) has no family.\t")

    def test_mended_they_can_be_loaded(self, load, loaded, written, tmp_path):
        bad = tmp_path / "bad.tsv"
        load(f"human={written(BAD)}", "--rejected", bad, "--good-only")
        bad.write_text(
            bad.read_text("utf-8-sig")
            .replace("ACG!", f"{ONE}A")
            .replace("\t\tATG", "\tKinase\tATG")
        )
        load(f"human={bad}")
        assert loaded() == {"human": {"Kinase": 3, "Ligase": 1}}

    def test_of_several_files_each_says_which(self, load, written, tmp_path):
        good, bad = written(FASTA, "good.fa"), written(BAD, "bad.txt")
        done = load(f"human={good}", f"dog={bad}", "--rejected", tmp_path / "out.tsv")
        assert "2 of 6 records are invalid. In bad.txt: Record 2" in done.refused()
        rows = (tmp_path / "out.tsv").read_text("utf-8-sig").splitlines()[1:]
        assert [row.partition(": ")[0] for row in rows] == ["bad.txt", "bad.txt"]

    def test_where_there_is_none_the_table_is_empty(self, load, written, tmp_path):
        assert load(f"human={written(FASTA)}", "--rejected", tmp_path / "bad.tsv").status == 0
        assert len((tmp_path / "bad.tsv").read_text().splitlines()) == 1


class TestLimits:
    def test_are_those_of_files_on_disk(self, load, written, monkeypatch):
        monkeypatch.setenv("GENEKIN_MAX_FILE_MB", "1")
        monkeypatch.setenv("GENEKIN_MAX_DISK_FILE_MB", "2")
        assert load(f"human={written(FASTA + ' ' * 1_500_000)}").status == 0
        done = load(f"dog={written(FASTA + ' ' * 2_500_000)}")
        assert "is larger than 2 MB. Split it into smaller files, or raise" in done.refused()
