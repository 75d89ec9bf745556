from core.sequences.checks import Known
from core.sequences.spellings import Spellings
from tests.support.uploads import report

GENES = [f"ATGGCCATTGTAATGGGCCGCTGA{'ACGT' * length}" for length in range(8)]


def notes(column: str, *names: str, known: Known | None = None) -> tuple[str, ...]:
    """The notes of the report on a file with these names in a column."""
    other = {"organism": "class", "class": "organism"}[column]
    rows = zip(GENES, names, strict=False)
    lines = [f"sequence\t{column}\t{other}", *(f"{gene}\t{name}\t1" for gene, name in rows)]
    text = "\n".join(lines).replace("\t1", "\torg1") if other == "organism" else "\n".join(lines)
    return report(text, known).notes


class TestOrganisms:
    def test_that_are_merged_are_named(self):
        (note,) = notes("organism", "E. coli", "E coli", "E-coli", "E_coli", "human")
        assert note == (
            "Spellings of organisms: 'E. coli', 'E coli', 'E-coli', 'E_coli' are read as 'E_coli'."
        )

    def test_whose_name_is_changed_are_named(self):
        (note,) = notes("organism", "Homo sapiens", "dog")
        assert note == "Spellings of organisms: 'Homo sapiens' is read as 'Homo_sapiens'."

    def test_that_differ_in_case_stay_apart_and_are_named(self):
        (note,) = notes("organism", "human", "HUMAN", "dog")
        assert note == "Similar names of different organisms: 'human' and 'HUMAN'."

    def test_like_those_of_the_library_are_named(self):
        known = Known(partitions={"Ecoli": "Ecoli", "dog": "dog"})
        (note,) = notes("organism", "E_coli", "dog", known=known)
        assert note == "Similar names of different organisms: 'Ecoli' and 'E_coli'."

    def test_that_are_named_by_a_missing_value_are_the_default_one(self):
        text = f"sequence\torganism\tclass\n{GENES[0]}\tNA\t1\n{GENES[1]}\tdog\t1\n"
        found = report(text, organism="human")
        assert list(found.valid) == ["human", "dog"]


class TestFamilies:
    def test_that_are_merged_are_named(self):
        (note,) = notes("class", "Ion channel", "ion_channel", "Kinase")
        assert note == (
            "Spellings of families: 'Ion channel', 'ion_channel' are read as 'Ion channel'."
        )

    def test_that_get_the_spelling_of_the_library_are_named(self):
        (note,) = notes("class", "ion-channel", known=Known({5: "Ion channel"}))
        assert note == "Spellings of families: 'ion-channel' is read as 'Ion channel'."


class TestNotes:
    def test_name_the_first_and_count_the_others(self):
        spellings = Spellings("organisms")
        for number in range(8):
            spellings.add(f"E coli {number}", f"E_coli_{number}")
        (note,) = spellings.describe_changed()
        assert note.count("is read as") == 5
        assert note.endswith("; and 3 more.")

    def test_are_none_where_every_name_is_kept(self):
        spellings = Spellings("organisms")
        spellings.add("dog", "dog")
        assert spellings.describe_changed() == []
        assert spellings.describe_similar(["human", "HUMAN"]) == []
