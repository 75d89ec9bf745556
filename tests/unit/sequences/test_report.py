import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sequences.checks import Known
from core.sequences.readers.tables import escape_formula, unescape_formula
from core.sequences.records import Record
from core.sequences.report import rejected_table, require_all_valid
from tests.support.uploads import codes, one, report, report_on

GENE = "ATGGCCATTGTAATGGGCCGCTGA"
OTHER = "ATGTTTCCCGGGAAATTTCCCTAG"
THIRD = "ATGCCCCCCGGGAAATTTCCCTAG"
BAD = f"sequence\tclass\n{GENE}\t3\nACG!\t3\nACG\t\n"
LIBRARY = Known(library={5: "Ion channel"})


def table(*rows: str, header: str = "sequence\tclass") -> str:
    return "\n".join((header, *rows, ""))


class TestValidRecords:
    def test_are_what_loading_takes(self):
        found = report(f">a class=3\nacgu\n{GENE}\n>b class=4\n{OTHER}\n")
        assert found.valid == {
            "human": (Record("a", f"ACGT{GENE}", 1, 1, 3), Record("b", OTHER, 2, 4, 4))
        }
        assert (found.records, found.valid_count, found.all_valid) == (2, 2, True)
        assert found.family_counts == {3: 1, 4: 1}
        assert found.issues == ()

    def test_stand_under_their_organism(self):
        text = table(
            f"{GENE}\t1\tHomo sapiens", f"{OTHER}\t1\t", header="sequence\tclass\torganism"
        )
        assert list(report(text, organism="E. coli").valid) == ["Homo_sapiens", "E_coli"]

    def test_may_all_get_the_family_that_is_chosen(self):
        found = report(f">a\n{GENE}\n>b\n{OTHER}\n", family="Ion channel", known=LIBRARY)
        assert found.family_counts == {5: 2}

    def test_families_come_with_their_names(self):
        found = report(f"dna,family\n{GENE},Ion channel\n{OTHER},Kinase\n", known=LIBRARY)
        assert found.families == {5: "Ion channel", 0: "Kinase"}
        assert found.family_counts == {0: 1, 5: 1}

    def test_a_family_of_rejected_records_only_is_not_named(self):
        found = report(f"dna,family\n{GENE},Kinase\n{OTHER}!,Ligase\n", known=LIBRARY)
        assert found.families == {5: "Ion channel", 0: "Kinase"}

    def test_the_share_of_ambiguous_bases_is_told(self):
        found = report(table(f"{GENE}\t1", f"{GENE}NNRYACGT\t1"))
        assert found.bases == 56
        assert found.ambiguous == pytest.approx(4 / 56)

    @pytest.mark.shared_data
    def test_of_the_data_set_are_all(self, shared_data):
        found = report_on(one((shared_data / "human.txt").read_bytes(), "human.txt"))
        assert (found.records, found.valid_count) == (4_380, 4_380)
        assert {issue.code: issue.count for issue in found.issues} == {"copy": 751, "short": 6}


class TestRejected:
    TEXT = (
        f"name,organism,family,sequence\n"
        f"=cmd(),human,Kinase,{GENE}!\n"
        f"b,../x,Kinase,{OTHER}\n"
        f"c,human,,-{THIRD}\n"
    )

    def test_is_a_table_with_reasons_that_no_spreadsheet_runs(self):
        lines = rejected_table(report(self.TEXT)).decode("utf-8-sig").split("\n")
        assert lines[0] == "reason\tline\tname\torganism\tfamily\tsequence"
        assert lines[1].split("\t") == [
            (
                "Record 1 (line 2) has an invalid character '!' at base 25; "
                "use IUPAC nucleotide codes."
            ),
            "2",
            "'=cmd()",
            "human",
            "Kinase",
            f"{GENE}!",
        ]
        cells = [cell for line in lines for cell in line.split("\t")]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]

    def test_gives_the_same_report_when_it_is_read_again(self):
        first = report(self.TEXT)
        again = report(rejected_table(first))
        assert codes(again) == codes(first)
        assert [entry.entry.name for entry in again.rejected] == ["=cmd()", "b", "c"]
        assert again.rejected[2].entry.body == f"-{THIRD}"

    def test_goes_back_to_the_organism_that_it_was_meant_for(self):
        first = report(f"dna,family\n{GENE}!,Kinase\n", organism="E. coli")
        again = report(rejected_table(first), organism="rejected")
        assert [entry.entry.organism for entry in again.rejected] == ["E_coli"]

    def test_is_good_once_it_is_mended(self):
        text = rejected_table(report(self.TEXT)).decode("utf-8-sig")
        text = text.replace("!\n", "\n").replace("../x", "human").replace("'-ATG", "ATG")
        text = text.replace("human\t\t", "human\tKinase\t")
        found = report(text)
        assert found.all_valid
        assert [record.name for record in found.valid["human"]] == ["=cmd()", "b", "c"]

    @given(st.text())
    def test_escaping_is_undone(self, cell):
        escaped = escape_formula(cell)
        assert unescape_formula(escaped) == cell
        assert not escaped.startswith(("=", "+", "-", "@"))


class TestRequireAllValid:
    def test_counts_over_all_files(self):
        clean = report(f"sequence\tclass\n{GENE}\t3\n")
        require_all_valid([clean, clean])
        with pytest.raises(InputError, match=r"^4 of 7 records are invalid\. .* Try again\.$"):
            require_all_valid([clean, report(BAD), report(BAD)], "Try again.")


class TestSpreadsheetErrors:
    def test_are_problems_of_their_records_and_no_families(self):
        found = report(table(f"{GENE}\t#N/A", f"{OTHER}\t#DIV/0!", f"{THIRD}\tKinase"))
        assert found.families == {0: "Kinase"}
        assert [rejected.reasons for rejected in found.rejected] == [
            ("Record 1 (line 2) has the spreadsheet error '#N/A' as its family.",),
            ("Record 2 (line 3) has the spreadsheet error '#DIV/0!' as its family.",),
        ]

    def test_in_names_are_a_warning(self):
        found = report(table(f"#REF!\t{GENE}\t1", header="name\tsequence\tclass"))
        assert found.all_valid
        assert found.issues[0].examples == (
            "Record 1 (line 2) has the spreadsheet error '#REF!' as its name.",
        )

    def test_as_the_default_family_are_none(self):
        found = report(f">a\n{GENE}\n", family="#N/A")
        assert codes(found) == {"class"}
