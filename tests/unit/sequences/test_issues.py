import pytest

from core.sequences.checks import Known
from core.sequences.issues import KINDS, MAX_LINES, FindingTally, Severity
from tests.support.uploads import codes, report

GENE = "ATGGCCATTGTAATGGGCCGCTGA"
OTHER = "ATGTTTCCCGGGAAATTTCCCTAG"


def table(*rows: str, header: str = "sequence\tclass") -> str:
    return "\n".join((header, *rows, ""))


class TestIssues:
    def test_count_place_and_show(self):
        rows = [f"{GENE}{'A' * n}!\t1" for n in range(30)]
        (issue,) = report(table(*rows)).issues
        assert issue.code == "letter"
        assert issue.severity is Severity.ERROR
        assert issue.message == "30 records with invalid characters; use IUPAC nucleotide codes."
        assert issue.count == 30
        assert issue.lines == tuple(range(2, 12))
        assert issue.examples[0] == (
            "Record 1 (line 2) has an invalid character '!' at base 25; use IUPAC nucleotide codes."
        )
        assert len(issue.examples) == 3

    def test_of_one_record_say_so(self):
        (issue,) = report(table(f"{GENE[:9]}\t1")).issues
        assert issue.message == "1 record shorter than 18 bp: too short for a reliable result."

    def test_a_letter_is_placed_on_its_own_line(self):
        (issue,) = report(f">a class=1\n{GENE}\n\nAC GT!\n").issues
        assert issue.lines == (4,)
        assert issue.examples[0].startswith(
            "Record 1 (line 4) has an invalid character '!' at base 29;"
        )

    def test_stand_with_the_errors_first(self):
        text = table(f"{GENE}\t1", f"{GENE}\t1", "\t1", f"{OTHER}?\t1", "ACGT\t1")
        found = [issue.severity for issue in report(text).issues]
        assert found == sorted(found, key=list(Severity).index)

    @pytest.mark.parametrize("code", KINDS)
    def test_every_kind_is_a_phrase_with_either_number(self, code):
        findings = FindingTally()
        for beginning in ("1 record ", "2 records "):
            findings.add(code, 1, 2, "Record 1 (line 2).")
            (issue,) = findings.issues()
            assert issue.message == f"{beginning}{KINDS[code][1]}."
            assert issue.severity is KINDS[code][0]

    def test_the_first_are_kept_in_whatever_order_they_are_found(self):
        findings = FindingTally()
        for position in (*range(30, 0, -1), *range(31, 60)):
            findings.add("short", position, position + 1, f"Record {position}.")
        (issue,) = findings.issues()
        assert issue.count == 59
        assert issue.lines == tuple(range(2, 2 + MAX_LINES))
        assert issue.examples == ("Record 1.", "Record 2.", "Record 3.")

    def test_examples_are_cut_short(self):
        text = table(f"{GENE}\t{'x' * 100}\t{'y' * 5_000}", header="sequence\tclass\torganism")
        assert all(
            len(example) <= 200 for issue in report(text).issues for example in issue.examples
        )

    def test_unknown_families_are_a_warning_or_an_error_as_chosen(self):
        known = Known(family_names={1: "Kinase"})
        text = table(f"{GENE}\t1", f"{OTHER}\t2")
        assert codes(report(text, known)) == {"unknown family"}
        found = report(text, known, new_families=False)
        assert codes(found) == {"new family"}
        assert found.families == {1: "Kinase"}
        assert found.valid_count == 1
