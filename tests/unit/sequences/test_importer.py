import gzip
import io
import zipfile
from dataclasses import replace

import pytest

from core.errors import Cancelled, InputError
from core.sequences.checks import ImportOptions, Known
from core.sequences.import_source import ImportSource
from core.sequences.importer import Importer, read_records
from core.sequences.layout_proposal import SAMPLE_ROWS, propose_layout, propose_organism
from core.sequences.limits import Limits
from core.sequences.records import Record
from tests.support.uploads import LIMITS, one

GENE = "ATGGCCATTGTAATGGGCCGCTGA"
OTHER = "ATGTTTCCCGGGAAATTTCCCTAG"
BAD = f"sequence\tclass\n{GENE}\t3\nACG!\t3\nACG\t\n"
NAMES = b"class\tgene_family\n3\tSynthase\n"


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.txt", data)
    return buffer.getvalue()


def opened(data: bytes, name: str = "genes.zip") -> ImportSource:
    return ImportSource.from_bytes(data, name, LIMITS)


class TestImportSource:
    def test_reads_a_path_as_it_reads_an_upload(self, tmp_path):
        data = gzip.compress(f">a\n{GENE}\n".encode())
        path = tmp_path / "genes.fa.gz"
        path.write_bytes(data)
        source = ImportSource.from_path(path, Limits())
        assert source == ImportSource.from_bytes(data, "genes.fa.gz", Limits())
        (file,) = source.files
        assert (file.name, file.rows[0].cells) == ("genes.fa.gz", ("a", f"{GENE}\n"))

    def test_what_is_not_there_is_named(self, tmp_path):
        with pytest.raises(InputError, match=r"genes\.fa cannot be read: No such file"):
            ImportSource.from_path(tmp_path / "genes.fa", Limits())

    def test_records_are_a_table_with_their_numbers_as_lines(self):
        source = ImportSource.from_records([("a", GENE, "Kinase"), ("b", "", "")], "mine", LIMITS)
        (file,) = source.files
        layout = propose_layout(file)
        parts = (layout.name, layout.sequence, layout.family)
        assert parts == (0, 1, 2)
        assert [row.line for row in file.rows] == [1, 2]

    def test_no_records_and_too_many_are_refused(self):
        with pytest.raises(InputError, match="mine has no records"):
            ImportSource.from_records([], "mine", LIMITS)
        with pytest.raises(InputError, match="mine has more than 1 records"):
            ImportSource.from_records([("a", GENE, "3")] * 2, "mine", Limits(max_records=1))

    def test_of_a_zip_sequences_names_and_the_unreadable_are_kept_apart(self):
        source = opened(zipped(a=f">a\n{GENE}\n".encode(), b=NAMES, c=b"%PDF-1.4"))
        assert [file.name for file in source.files] == ["a.txt"]
        assert source.family_names == {3: "Synthase"}
        (message,) = source.unreadable
        assert message.startswith("c.txt: PDF files are not supported.")

    def test_a_preview_has_the_first_rows_of_each_file(self):
        source = opened(f"sequence\tclass\n{f'{GENE}{chr(9)}3{chr(10)}' * 300}".encode())
        assert len(source.files[0].rows) == 300
        preview = source.preview()
        assert preview.files[0].rows == source.files[0].rows[:SAMPLE_ROWS]
        assert propose_layout(preview.files[0]) == propose_layout(source.files[0])

    def test_family_names_alone_are_no_sequences(self):
        with pytest.raises(InputError, match=r"^n\.txt contains family names but no sequences\."):
            opened(NAMES, "n.txt").require_sequences()
        opened(f">a\n{GENE}\n".encode()).require_sequences()

    def test_names_of_one_class_may_not_differ_between_files_of_a_zip(self):
        with pytest.raises(InputError, match=r"^b\.txt: class 3 is 'Kinase', but 'Synthase' in"):
            opened(zipped(a=NAMES, b=b"class\tgene_family\n3\tKinase\n"))

    def test_family_names_that_cannot_be_read_are_refused(self):
        with pytest.raises(InputError, match=r"^b\.txt: PDF files are not supported"):
            opened(zipped(a=NAMES, b=b"%PDF-1.4")).as_family_names()

    def test_files_of_one_name_are_told_apart_by_their_folders(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for folder in ("human", "dog"):
                archive.writestr(f"{folder}/genes.fa", f">a class=1\n{GENE}\n")
        source = opened(buffer.getvalue())
        assert [propose_organism(file) for file in source.files] == ["human-genes", "dog-genes"]

    def test_gives_the_names_of_a_family_names_file(self):
        assert opened(NAMES).as_family_names() == {3: "Synthase"}
        with pytest.raises(InputError, match=r"line 1: expected a class number"):
            opened(f">a\n{GENE}\n".encode()).as_family_names()


class TestImporter:
    @staticmethod
    def check(importer: Importer, text: str, organism: str = "human"):
        file = one(text.encode())
        return importer.check(file, propose_layout(file), ImportOptions(organism))

    def test_finds_new_families_that_look_like_those_of_the_library(self):
        known = Known({0: "G protein coupled receptors", 1: "class 1"})
        file = one(f"sequence\tclass\n{GENE}\tGPCR\n{OTHER}\tclasses 1\n".encode())
        importer, options = Importer(known, LIMITS), ImportOptions("human")
        (found,) = importer.similar_families(file, propose_layout(file), options)
        assert (found.written, found.name) == ("GPCR", "G protein coupled receptors")

    def test_reads_a_family_as_its_synonym(self):
        importer = Importer(Known({5: "G protein coupled receptors"}), LIMITS)
        file = one(f"sequence\tclass\n{GENE}\tGPCR\n".encode())
        synonyms = (("GPCR", "G protein coupled receptors"),)
        options = ImportOptions("human", synonyms=synonyms)
        found = importer.check(file, propose_layout(file), options)
        assert found.family_counts == {5: 1}
        assert not found.issues

    def test_a_number_means_one_thing_in_all_files(self):
        importer = Importer(Known({1: "Ligase"}), LIMITS)
        self.check(importer, f"sequence\tclass\n{GENE}\t0\n")
        self.check(importer, f"sequence\tclass\n{OTHER}\tKinase\n", "dog")
        assert importer.families == {0: "class 0", 1: "Ligase", 2: "Kinase"}
        assert importer.references == {
            "human": [Record("", GENE, 1, 2, 0)],
            "dog": [Record("", OTHER, 1, 2, 2)],
        }

    def test_names_are_those_of_the_files_that_follow(self):
        importer = Importer(Known(), LIMITS)
        importer.add_family_names({3: "Kinase"})
        importer.add_family_names({3: "Synthase"})
        report = self.check(importer, f"sequence\tclass\n{GENE}\t3\n")
        assert report.families == importer.families == {3: "Synthase"}

    def test_records_that_need_no_check_are_added(self):
        importer = Importer(Known(), LIMITS)
        importer.add_records("human", [Record("a", GENE, 1, 1, 0)], {0: "Kinase"})
        self.check(importer, f"sequence\tclass\n{OTHER}\tkinase\n")
        assert [record.family for record in importer.references["human"]] == [0, 0]
        assert len(importer.reports) == 1

    def test_the_report_has_the_notes_on_columns_and_header(self):
        report = self.check(Importer(Known(), LIMITS), f"class,class,dna\nA,B,{GENE}\n")
        (note,) = report.notes
        assert note.startswith("2 columns could hold the family: 'class', 'class (2)'.")
        rows = "".join(f"x{number % 2},{GENE}{'A' * number}\n" for number in range(9))
        report = self.check(Importer(Known(), LIMITS), f"a,b\n{rows}")
        assert report.notes == ("The first line was read as the names of the columns: 'a', 'b'.",)

    def test_a_wrong_column_of_families_is_refused_before_anything_is_numbered(self):
        rows = "".join(f"{GENE}{'A' * number}\tgene {number}\n" for number in range(1_001))
        file = one(f"sequence\tclass\n{rows}".encode())
        importer, layout = Importer(Known(), LIMITS), propose_layout(file)
        for check in (importer.similar_families, importer.check):
            with pytest.raises(InputError, match=r"^genes: the column 'class' has 1,001 different"):
                check(file, layout, ImportOptions("human"))

    def test_a_file_of_invalid_records_is_refused(self):
        limits = replace(LIMITS, max_invalid=100)
        good = f">a class=1\n{GENE}\n"
        with pytest.raises(InputError) as caught:
            self.check(Importer(Known(), limits), good + ">b class=1\n" * 101)
        assert caught.value.message == (
            "genes: more than 100 records are invalid. The first: Record 2 (line 3) has no"
            " sequence."
        )
        assert self.check(Importer(Known(), limits), good + ">b class=1\n" * 100).valid_count == 1

    def test_progress_is_told_every_thousand_records_and_can_end_it(self):
        upload = one(b"sequence\tclass\n" + f"{GENE}\t3\n".encode() * 2_500)
        arguments = (upload, propose_layout(upload), ImportOptions("human"))
        told = []
        Importer(Known(), LIMITS, lambda *said: told.append(said)).check(*arguments)
        assert told == [
            *(("Checking", done, 2_500) for done in (0, 1_000, 2_000)),
            ("Comparing", 0, 2_500),
            ("Comparing with the library", 0, 2_500),
            ("Checked", 2_500, 2_500),
        ]

        def enough(*_said):
            raise Cancelled("It was cancelled.")

        with pytest.raises(Cancelled):
            Importer(Known(), LIMITS, enough).check(*arguments)


class TestReadRecords:
    def test_reads_all_of_them(self, tmp_path):
        (tmp_path / "genes.txt").write_text(f"sequence\tclass\n{GENE}\t3\n{GENE}\t3\n")
        records = read_records(tmp_path / "genes.txt", "human", Limits())
        assert records == [Record("", GENE, 1, 2, 3), Record("", GENE, 2, 3, 3)]

    def test_a_bad_one_is_refused_with_its_line(self, tmp_path):
        (tmp_path / "genes.txt").write_text(BAD)
        with pytest.raises(InputError) as caught:
            read_records(tmp_path / "genes.txt", "human", Limits())
        assert caught.value.message == (
            "2 of 3 records are invalid. In genes.txt: Record 2 (line 3) has an invalid character"
            " '!' at base 4; use IUPAC nucleotide codes."
        )
