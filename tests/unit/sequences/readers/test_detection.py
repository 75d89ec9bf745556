import gzip
import io
import zipfile
from datetime import date

import openpyxl
import pytest

from core.errors import InputError
from core.sequences.readers.detection import read_family_names, read_files
from core.sequences.source_file import Format, Row
from tests.support.uploads import LIMITS, codes, one, report_on

GENE = "ATGGCCATTGTAATGGGCCGCTGA"


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def workbook(**sheets) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


class TestFormat:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (f">a\n{GENE}\n", Format.FASTA),
            (f"\n \n  >a\n{GENE}\n", Format.FASTA),
            (f"@a\n{GENE}\n+\n{GENE}\n", Format.FASTQ),
            (f"sequence\tclass\n{GENE}\t3\n", Format.TABLE),
            (f"gene,dna\na,{GENE}\n", Format.TABLE),
            (f"gene;dna\na;{GENE}\n", Format.TABLE),
            (f"@gene,dna\na,{GENE}\n", Format.TABLE),
            (f"sequence\n{GENE}\n", Format.TABLE),
            (f"{GENE}\n{GENE}\n", Format.BARE),
            ("class\tgene_family\n0\tSynthase\n", Format.FAMILIES),
            ("0,Synthase\n1,Ion channel\n", Format.FAMILIES),
        ],
    )
    def test_is_told_from_the_content_whatever_the_name(self, text, expected):
        for name in ("genes.xlsx", "genes.fa", "genes"):
            assert one(text.encode(), name).format is expected

    def test_packing_changes_nothing_but_the_label(self):
        data = f">a\n{GENE}\n".encode()
        plain = one(data, "a.fa")
        assert one(gzip.compress(data), "a.fa") == plain
        assert one(zipped(**{"folder/a.fa": data}), "genes.zip") == plain
        assert one(zipped(**{"a.fa": gzip.compress(data)}), "genes.zip") == plain

    def test_a_zip_may_hold_several_of_several_kinds(self):
        data = zipped(
            **{
                "a.fa": f">a\n{GENE}\n".encode(),
                "b.xlsx": workbook(genes=[["sequence", "class"], [GENE, 3]]),
                "gene_class.txt": b"class\tgene_family\n3\tSynthase\n",
            }
        )
        found = read_files(data, "genes.zip", LIMITS)
        assert [(upload.name, upload.format) for upload in found] == [
            ("a.fa", Format.FASTA),
            ("b.xlsx", Format.EXCEL),
            ("gene_class.txt", Format.FAMILIES),
        ]


class TestRows:
    def test_of_fasta_have_header_and_sequence_as_written(self):
        upload = one(f"\n>a one\nacgt\nAC\n\n>b\n{GENE}".encode())
        assert upload.header == ("header", "sequence")
        assert upload.rows == (Row(2, ("a one", "acgt\nAC\n\n")), Row(6, ("b", GENE)))

    def test_of_fastq_come_with_the_line_of_their_header(self):
        record = f"@a\n{GENE}\n+\n{'I' * 24}\n"
        wrapped = f"@b c\n{GENE[:9]}\n{GENE[9:]}\n+b c\n@{'I' * 8}\n{'I' * 15}\n"
        upload = one(f"\n{record}{wrapped}{record}\n\n".encode())
        assert [(row.line, row.cells) for row in upload.rows] == [
            (2, ("a", GENE)),
            (6, ("b c", GENE)),
            (12, ("a", GENE)),
        ]

    def test_of_a_table_come_with_their_line_also_after_quoted_line_ends(self):
        upload = one(f'note,sequence\n"a\nb",{GENE}\n\nc,{GENE}\n'.encode())
        assert upload.header == ("note", "sequence")
        assert upload.rows == (Row(2, ("a\nb", GENE)), Row(5, ("c", GENE)))

    def test_a_first_line_with_dna_is_a_record(self):
        upload = one(f"{GENE}\t3\n{GENE}\t4\n".encode())
        assert upload.header == ("column 1", "column 2")
        assert len(upload.rows) == 2
        assert upload.notes[0].startswith("No header: the first line contains DNA")

    def test_of_rejected_records_are_as_they_were_before(self):
        upload = one(b"reason\tline\tname\tsequence\nbad\t3\t'=A1\t'-ACGT\n")
        assert upload.rows[0].cells == ("bad", "3", "=A1", "-ACGT")

    def test_of_another_table_keep_their_quotation_marks(self):
        assert one(b"name\tsequence\n'=A1\tACGT\n").rows[0].cells == ("'=A1", "ACGT")


class TestExcel:
    SHEETS = workbook(
        first=[["Gene", "Family", "DNA"], ["a", 3, GENE], [None, None, None], ["b", 4.0, GENE]],
        second=[["sequence", "class"], [GENE, 5]],
    )

    def test_reads_the_first_sheet_and_names_all(self):
        upload = one(self.SHEETS)
        assert upload.format is Format.EXCEL
        assert upload.sheets == ("first", "second")
        assert upload.header == ("Gene", "Family", "DNA")
        assert upload.rows == (Row(2, ("a", "3", GENE)), Row(4, ("b", "4", GENE)))
        assert upload.notes == ("Sheet 'first' of 2 was read: first, second.",)

    def test_reads_no_hidden_sheet_if_another_can_be_seen(self):
        book = openpyxl.load_workbook(io.BytesIO(self.SHEETS))
        book["first"].sheet_state = "hidden"
        buffer = io.BytesIO()
        book.save(buffer)
        upload = one(buffer.getvalue())
        assert upload.rows == (Row(2, (GENE, "5")),)
        assert upload.notes == ("Sheet 'second' of 2 was read: first, second.",)

    def test_a_sheet_without_records_is_named(self):
        with pytest.raises(
            InputError, match=r"no records.*Sheet 'info' of 2 was read: info, genes"
        ):
            one(workbook(info=[["About"]], genes=[["sequence", "class"], [GENE, 5]]))

    def test_a_cell_beyond_the_header_is_a_problem_of_its_record(self):
        rows = [["sequence", "class"], [GENE, 3, "x"], [f"{GENE}A", 3]]
        found = report_on(one(workbook(genes=rows)))
        assert codes(found) == {"columns"}
        assert found.valid_count == 1

    def test_reads_the_one_that_is_chosen(self):
        (upload,) = read_files(self.SHEETS, "genes", LIMITS, sheet="second")
        assert upload.rows == (Row(2, (GENE, "5")),)

    def test_names_that_excel_made_dates_are_noted(self):
        dates = (date(2026, 3, 1), date(2026, 9, 2))
        rows = [["gene", "class", "sequence"], *([day, 3, GENE] for day in dates)]
        (note,) = one(workbook(genes=rows)).notes
        assert note.startswith("2 cells are dates, the first in line 2: 2026-03-01. Excel turns")

    def test_a_sheet_that_is_not_there_is_named(self):
        with pytest.raises(
            InputError, match=r"^genes has no sheet 'x'\. Its sheets: first, second\.$"
        ):
            read_files(self.SHEETS, "genes", LIMITS, sheet="x")


class TestReadFamilies:
    def test_reads_what_is_found_to_be_family_names(self):
        upload = one(b"class,gene_family\r\n0,Synthase\r\n\r\n7,Ion channel\r\n")
        assert read_family_names(upload) == {0: "Synthase", 7: "Ion channel"}

    def test_two_names_of_a_class_are_refused_with_their_line(self):
        with pytest.raises(InputError, match=r"^genes, line 3: class 0 has two names\.$"):
            read_family_names(one(b"class,gene_family\n0,Synthase\n0,Ion channel\n"))

    def test_the_header_is_not_needed_and_a_name_may_stand_twice(self):
        assert read_family_names(one(b"1\t Kinase \n1\tKinase\n")) == {1: "Kinase"}

    @pytest.mark.parametrize(
        "row", ["1", "x\tKinase", "1\t", "\tKinase", "1\tKinase\t", "1 Kinase", "1\t" + "x" * 201]
    )
    def test_a_row_that_cannot_be_read_is_named_with_its_line(self, row):
        upload = one(f"class\tgene_family\n0\tOther\n\n{row}\n".encode())
        with pytest.raises(InputError) as caught:
            read_family_names(upload)
        assert caught.value.message == (
            "genes, line 4: expected a class number, a tab and a family name."
        )

    def test_a_name_with_a_character_that_nobody_sees_is_refused_with_its_line(self):
        with pytest.raises(InputError) as caught:
            read_family_names(one("0\tOther\n1\tKi\u202enase\n".encode()))
        assert caught.value.message == r"genes, line 2: Invalid family name: 'Ki\u202enase'."

    def test_a_table_of_something_else_is_refused(self):
        with pytest.raises(InputError, match=r"^genes, line 1: expected a class number"):
            read_family_names(one(b"organism\tgene_family\n0\tSynthase\n"))

    @pytest.mark.shared_data
    def test_reads_that_of_the_data_set(self, shared_data):
        upload = one((shared_data / "gene_class.txt").read_bytes())
        assert upload.format is Format.FAMILIES
        assert read_family_names(upload)[5] == "Ion channel"
