from core.sequences.checks import ConflictPolicy, Known
from core.sequences.issues import LEFT_OUT, Severity
from core.sequences.records import sequence_id
from tests.support.uploads import codes, report

GENE = "ATGGCCATTGTAATGGGCCGCTGA"
OTHER = "ATGTTTCCCGGGAAATTTCCCTAG"


def table(*rows: str, header: str = "sequence\tclass") -> str:
    return "\n".join((header, *rows, ""))


TWICE = table(f"{GENE}\t1", f"{OTHER}\t1", f"{GENE}\t2", f"{GENE}\t1")


class TestLetters:
    def test_a_bad_letter_in_dna_is_named_with_record_and_line(self):
        found = report(f">a class=1\n{GENE}\n>b class=1\n{GENE}X\n{GENE}J\n")
        assert codes(found) == {"letter"}
        (issue,) = found.issues
        base = len(GENE) + 1
        assert (
            f"Record 2 (line 4) has an invalid character 'X' at base {base};" in issue.examples[0]
        )

    def test_a_protein_is_called_one(self):
        assert codes(report(">a class=1\nMEFLIPQKEELMKLV\n")) == {"protein"}

    def test_a_sequence_of_n_is_invalid(self):
        found = report(table(f"{'N' * 300}\t1", f"{'N' * 299}A\t1", f"{GENE}\t1"))
        assert found.valid_count == 1
        (issue,) = found.issues
        assert issue.severity is Severity.ERROR
        assert issue.message == (
            "2 records with more than 90% ambiguous bases; too few to compare."
        )
        assert "Record 1 (line 2) has 100% ambiguous bases" in issue.examples[0]


class TestTwoFamilies:
    def test_reject_all_of_them_as_an_error(self):
        found = report(TWICE)
        assert [issue.code for issue in found.issues] == ["two families"]
        assert found.issues[0].count == 3
        assert found.issues[0].examples[0] == (
            "Record 1 (line 2) has the family '1'; record 3 (line 4) has the same sequence with the"
            " family '2'."
        )
        assert [record.residues for record in found.valid["human"]] == [OTHER]

    def test_the_first_is_kept_where_that_is_chosen(self):
        found = report(TWICE, conflicts=ConflictPolicy.FIRST)
        assert codes(found) == {LEFT_OUT, "copy"}
        assert [record.position for record in found.valid["human"]] == [1, 2, 4]
        assert len(found.rejected) == 1

    def test_both_are_left_out_where_that_is_chosen(self):
        found = report(TWICE, conflicts=ConflictPolicy.DROP_BOTH)
        assert codes(found) == {LEFT_OUT}
        assert [record.position for record in found.valid["human"]] == [2]
        assert all(issue.severity is Severity.WARNING for issue in found.issues)

    def test_of_two_organisms_may_be(self):
        header = "sequence\tclass\torganism"
        text = table(f"{GENE}\t1\thuman", f"{GENE}\t2\tdog", header=header)
        assert report(text).all_valid

    def test_two_spellings_are_one_family(self):
        assert codes(report(table(f"{GENE}\tIon channel", f"{GENE}\tion_channel"))) == {"copy"}


class TestLibrary:
    @staticmethod
    def known(family: int) -> Known:
        ids = {sequence_id("human", GENE): family}
        return Known(
            library={1: "Kinase", 2: "Ligase"},
            find_families=lambda asked: {number: ids[number] for number in asked if number in ids},
        )

    def test_what_it_has_is_a_warning(self):
        found = report(table(f"{GENE}\t1", f"{OTHER}\t1"), self.known(1))
        assert codes(found) == {"known"}
        assert found.all_valid

    def test_what_it_has_in_another_family_is_an_error(self):
        found = report(table(f"{GENE}\t1", f"{OTHER}\t1"), self.known(2))
        assert found.issues[0].code == "other family"
        assert found.issues[0].examples == (
            (
                "Record 1 (line 2) has the family '1';"
                " the library has the same sequence with the family 'Ligase'."
            ),
        )
        assert found.valid_count == 1

    def test_is_asked_once_and_never_for_nothing(self):
        asked = []

        def sequences(ids):
            asked.append(len(ids))
            return {}

        known = Known(find_families=sequences)
        report(table(f"{GENE}\t1", f"{GENE}\t1", f"{OTHER}\t1"), known)
        assert asked == [2]
        report(table("!\t1"), known)
        assert asked == [2]
