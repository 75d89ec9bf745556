from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Cancelled, InputError
from core.library.naming import check_organism_name
from core.sequences.importer import validate
from core.sequences.layout import organism_of, propose, read_entries
from core.sequences.readers.tables import escape_formula, unescape_formula
from core.sequences.records import Record, organism_name, sequence_id
from core.sequences.report import (
    KINDS,
    LEFT_OUT,
    Choices,
    ConflictPolicy,
    Known,
    Severity,
    rejected_table,
)
from core.sequences.upload import Format, Layout, Upload
from tests.support.uploads import codes, one, report, report_on

GENE = "ATGGCCATTGTAATGGGCCGCTGA"
OTHER = "ATGTTTCCCGGGAAATTTCCCTAG"
THIRD = "ATGCCCCCCGGGAAATTTCCCTAG"


def table(*rows: str, header: str = "sequence\tclass") -> str:
    return "\n".join((header, *rows, ""))


TWICE = table(f"{GENE}\t1", f"{OTHER}\t1", f"{GENE}\t2", f"{GENE}\t1")


class TestGoodRecords:
    def test_are_what_loading_takes(self):
        found = report(f">a class=3\nacgu\n{GENE}\n>b class=4\n{OTHER}\n")
        assert found.good == {
            "human": (Record("a", f"ACGT{GENE}", 1, 1, 3), Record("b", OTHER, 2, 4, 4))
        }
        assert (found.records, found.good_count, found.clean) == (2, 2, True)
        assert found.balance == {3: 1, 4: 1}
        assert found.issues == ()

    def test_stand_under_their_organism(self):
        text = table(
            f"{GENE}\t1\tHomo sapiens", f"{OTHER}\t1\t", header="sequence\tclass\torganism"
        )
        assert list(report(text, organism="E. coli").good) == ["Homo_sapiens", "E_coli"]

    def test_may_all_get_the_family_that_is_chosen(self):
        found = report(f">a\n{GENE}\n>b\n{OTHER}\n", family="Ion channel", known=LIBRARY)
        assert found.balance == {5: 2}

    def test_families_come_with_their_names(self):
        found = report(f"dna,family\n{GENE},Ion channel\n{OTHER},Kinase\n", known=LIBRARY)
        assert found.families == {5: "Ion channel", 0: "Kinase"}
        assert found.balance == {0: 1, 5: 1}

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
        assert (found.records, found.good_count) == (4_380, 4_380)
        assert {issue.code: issue.count for issue in found.issues} == {"copy": 751, "short": 6}


LIBRARY = Known(library={5: "Ion channel"})


class TestIssues:
    def test_count_place_and_show(self):
        rows = [f"{GENE}{'A' * n}!\t1" for n in range(30)]
        (issue,) = report(table(*rows)).issues
        assert issue.code == "letter"
        assert issue.severity is Severity.ERROR
        assert issue.message == "30 records have letters that are not IUPAC DNA."
        assert issue.count == 30
        assert issue.lines == tuple(range(2, 12))
        assert issue.examples[0] == (
            "Record 1 (line 2) has '!' at base 25; only IUPAC letters of DNA are read."
        )
        assert len(issue.examples) == 3

    def test_of_one_record_say_so(self):
        (issue,) = report(table(f"{GENE[:9]}\t1")).issues
        assert issue.message == "1 record is shorter than 18 bases: too short to say anything."

    def test_a_letter_is_placed_on_its_own_line(self):
        (issue,) = report(f">a class=1\n{GENE}\n\nAC GT!\n").issues
        assert issue.lines == (4,)
        assert issue.examples[0].startswith("Record 1 (line 4) has '!' at base 29;")

    def test_stand_with_the_errors_first(self):
        text = table(f"{GENE}\t1", f"{GENE}\t1", "\t1", f"{OTHER}?\t1", "ACGT\t1")
        found = [issue.severity for issue in report(text).issues]
        assert found == sorted(found, key=list(Severity).index)

    def test_every_kind_is_a_sentence_with_either_number(self):
        for severity, verb, words in KINDS.values():
            assert severity in Severity
            assert verb in {"has", "is", "was", "looks", "repeats"}
            assert words.split()[0] in {"have", "are", "were", "look", "repeat"}

    def test_examples_are_cut_short(self):
        text = table(f"{GENE}\t{'x' * 100}\t{'y' * 5_000}", header="sequence\tclass\torganism")
        assert all(len(each) <= 200 for issue in report(text).issues for each in issue.examples)

    def test_unknown_families_are_a_warning_or_an_error_as_chosen(self):
        known = Known(given={1: "Kinase"})
        text = table(f"{GENE}\t1", f"{OTHER}\t2")
        assert codes(report(text, known)) == {"unknown family"}
        found = report(text, known, new_families=False)
        assert codes(found) == {"new family"}
        assert found.families == {1: "Kinase"}
        assert found.good_count == 1


class TestProgress:
    def test_is_told_every_thousand_records_and_can_end_it(self):
        upload = one(b"sequence\tclass\n" + f"{GENE}\t3\n".encode() * 2_500)
        entries = read_entries(upload, propose(upload))
        told = []
        validate(entries, "a", 100, progress=lambda *said: told.append(said))
        assert told == [
            *(("Checking", done, 2_500) for done in (0, 1_000, 2_000)),
            ("Comparing", 0, 2_500),
            ("Comparing with the library", 0, 2_500),
            ("Checked", 2_500, 2_500),
        ]

        def enough(*_said):
            raise Cancelled("It was cancelled.")

        with pytest.raises(Cancelled):
            validate(entries, "a", 100, progress=enough)


class TestTwoFamilies:
    def test_reject_all_of_them_as_an_error(self):
        found = report(TWICE)
        assert [issue.code for issue in found.issues] == ["two families"]
        assert found.issues[0].count == 3
        assert found.issues[0].examples[0] == (
            "Record 1 (line 2) has the family '1'; record 3 (line 4), the same sequence, has '2'."
        )
        assert [record.residues for record in found.good["human"]] == [OTHER]

    def test_the_first_is_kept_where_that_is_chosen(self):
        found = report(TWICE, rule=ConflictPolicy.FIRST)
        assert codes(found) == {LEFT_OUT, "copy"}
        assert [record.position for record in found.good["human"]] == [1, 2, 4]
        assert len(found.rejected) == 1

    def test_both_are_left_out_where_that_is_chosen(self):
        found = report(TWICE, rule=ConflictPolicy.DROP_BOTH)
        assert codes(found) == {LEFT_OUT}
        assert [record.position for record in found.good["human"]] == [2]
        assert all(issue.severity is Severity.WARNING for issue in found.issues)

    def test_of_two_organisms_may_be(self):
        header = "sequence\tclass\torganism"
        text = table(f"{GENE}\t1\thuman", f"{GENE}\t2\tdog", header=header)
        assert report(text).clean

    def test_two_spellings_are_one_family(self):
        assert codes(report(table(f"{GENE}\tIon channel", f"{GENE}\tion_channel"))) == {"copy"}


class TestLibrary:
    @staticmethod
    def known(family: int) -> Known:
        ids = {sequence_id("human", GENE): family}
        return Known(
            library={1: "Kinase", 2: "Ligase"},
            sequences=lambda asked: {number: ids[number] for number in asked if number in ids},
        )

    def test_what_it_has_is_a_warning(self):
        found = report(table(f"{GENE}\t1", f"{OTHER}\t1"), self.known(1))
        assert codes(found) == {"known"}
        assert found.clean

    def test_what_it_has_in_another_family_is_an_error(self):
        found = report(table(f"{GENE}\t1", f"{OTHER}\t1"), self.known(2))
        assert found.issues[0].code == "other family"
        assert found.issues[0].examples == (
            "Record 1 (line 2) has the family '1'; the library has this sequence in 'Ligase'.",
        )
        assert found.good_count == 1

    def test_is_asked_once_and_never_for_nothing(self):
        asked = []

        def sequences(ids):
            asked.append(len(ids))
            return {}

        known = Known(sequences=sequences)
        report(table(f"{GENE}\t1", f"{GENE}\t1", f"{OTHER}\t1"), known)
        assert asked == [2]
        report(table("!\t1"), known)
        assert asked == [2]


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
            "Record 1 (line 2) has '!' at base 25; only IUPAC letters of DNA are read.",
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
        assert [each.entry.name for each in again.rejected] == ["=cmd()", "b", "c"]
        assert again.rejected[2].entry.body == f"-{THIRD}"

    def test_goes_back_to_the_organism_that_it_was_meant_for(self):
        first = report(f"dna,family\n{GENE}!,Kinase\n", organism="E. coli")
        again = report(rejected_table(first), organism="rejected")
        assert [each.entry.organism for each in again.rejected] == ["E_coli"]

    def test_is_good_once_it_is_mended(self):
        text = rejected_table(report(self.TEXT)).decode("utf-8-sig")
        text = text.replace("!\n", "\n").replace("../x", "human").replace("'-ATG", "ATG")
        text = text.replace("human\t\t", "human\tKinase\t")
        found = report(text)
        assert found.clean
        assert [record.name for record in found.good["human"]] == ["=cmd()", "b", "c"]

    @given(st.text())
    def test_escaping_is_undone(self, cell):
        escaped = escape_formula(cell)
        assert unescape_formula(escaped) == cell
        assert not escaped.startswith(("=", "+", "-", "@"))


class TestLayout:
    FASTA = Upload("a.fa", Format.FASTA, ("header", "sequence"))

    def test_the_person_may_choose_another_column(self):
        upload = one(f"cds,genomic,class\n{GENE},{OTHER},3\n".encode())
        entries = read_entries(upload, replace(propose(upload), sequence=1))
        assert [entry.body for entry in entries] == [OTHER]

    def test_the_person_may_give_a_pattern(self):
        upload = one(f">a fam-7\n{GENE}\n".encode())
        layout = replace(propose(upload), family=0, family_pattern=r"fam-(\d)")
        found = validate(read_entries(upload, layout), "a", 100, choices=Choices("human"))
        assert found.balance == {7: 1}

    @pytest.mark.parametrize("layout", [Layout(7), Layout(0, family=-1), Layout(0, name=2)])
    def test_a_column_that_is_not_there_is_refused(self, layout):
        with pytest.raises(InputError, match=r"^a\.fa has no column -?\d+\."):
            read_entries(self.FASTA, layout)

    def test_a_sequence_column_is_needed(self):
        with pytest.raises(InputError, match="no column of sequences that could be told"):
            read_entries(self.FASTA, Layout())

    def test_blank_cells_beyond_the_header_are_no_problem(self):
        assert report(f"sequence,class\n{GENE},3,,\n").clean

    def test_the_name_of_a_file_proposes_the_organism(self):
        names = ["human.txt", "E_coli.fasta.gz", "dog", "Pan_troglodytes.v2.long.tsv"]
        found = [organism_of(Upload(name, Format.FASTA)) for name in names]
        assert found == ["human", "E_coli", "dog", "Pan_troglodytes.v2"]


class TestOrganismName:
    @given(st.text(st.sampled_from("aZ_9 .-/<é\n")) | st.text())
    def test_what_it_gives_can_be_loaded(self, written):
        name = organism_name(written)
        if name is not None:
            check_organism_name(name)

    @pytest.mark.parametrize("name", ["human", "Pan_troglodytes", "_x", "a" * 200])
    def test_what_can_be_loaded_stays(self, name):
        assert organism_name(name) == name
