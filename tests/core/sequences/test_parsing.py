import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sequences.alphabet import IUPAC_DNA
from core.sequences.files import decode
from core.sequences.parsing import parse, parse_families
from core.sequences.records import MAX_NAME, Record

MAX_BASES = 1_000
TABLE = "sequence\tclass\n"


def read(text, **options):
    return parse(text, "The text", MAX_BASES, **options)


def problem(text, **options):
    """The one problem of the one record of a text."""
    (record,) = read(text, **options)
    assert record.problem is not None
    return record.problem


def error(text, **options):
    with pytest.raises(InputError) as caught:
        read(text, **options)
    return caught.value


class TestFasta:
    def test_records_come_with_name_place_and_line(self):
        assert read(">a first gene\nACGT\nAC\n\n>b\nTTTT\n") == [
            Record("a", "ACGTAC", 1, 1),
            Record("b", "TTTT", 2, 5),
        ]

    def test_lines_are_counted_from_the_top_of_the_file(self):
        assert [record.line for record in read("\n \n>a\nACGT\n>b\nACGT")] == [3, 5]

    def test_blanks_tabs_lower_case_and_uracil_are_read(self):
        assert read(">a\nac gu\n \tNNN ")[0].residues == "ACGTNNN"

    def test_a_record_may_have_no_name(self):
        assert [record.name for record in read(">\nACGT\n>  \nACGT")] == ["", ""]

    def test_a_name_is_the_first_word_and_not_endless(self):
        assert read(f">{'x' * 300} more\nACGT")[0].name == "x" * MAX_NAME

    def test_equal_names_are_two_records(self):
        assert [record.position for record in read(">a\nACGT\n>a\nACGT")] == [1, 2]

    def test_a_record_without_a_sequence_is_not_dropped(self):
        first, second = read(">a\n\n>b\nACGT")
        assert first.problem is not None
        assert first.problem.code == "empty"
        assert first.problem.message == "Record 1 (line 1) has no sequence."
        assert second.problem is None

    def test_a_wrong_letter_is_named_with_record_line_and_base(self):
        (_, found) = read(">a\nACGT\n>b\nACGT\nAC!T")
        assert found.problem is not None
        assert found.problem.code == "letter"
        assert found.problem.message == (
            "Record 2 (line 5) has '!' at base 7; only IUPAC letters of DNA are read."
        )
        assert found.line == 3

    @pytest.mark.parametrize("letter", ["-", "*", ".", "1", "E", "ß", "\0", "\u200b", ">"])
    def test_no_other_letter_is_read(self, letter):
        assert repr(letter) in problem(f">a\nAC{letter}GT").message

    def test_a_protein_is_recognised(self):
        assert problem(">a\nMEFLIPQK").message.endswith(", and this looks like a protein.")

    def test_the_longest_sequence_is_read_and_a_longer_one_is_not(self):
        good, bad = read(f">a\n{'A' * MAX_BASES}\n>b\n{'A' * MAX_BASES}\nA")
        assert good.problem is None
        assert bad.problem is not None
        assert bad.problem.code == "too long"
        assert bad.problem.message == ("Record 2 (line 3) has 1,001 bases; at most 1,000 are read.")

    def test_cannot_be_a_reference(self):
        assert error(">a\nACGT", with_families=True).message == (
            "The text names no families: it is not a table with a header."
        )


class TestTable:
    def test_records_come_with_family_place_and_line(self):
        assert read(f"{TABLE}acgu\t3\n\nTTTT\t0", with_families=True) == [
            Record("", "ACGT", 1, 2, 3),
            Record("", "TTTT", 2, 4, 0),
        ]

    def test_columns_stand_in_any_order_among_others(self):
        text = "Note\t Class \tSEQUENCE\nmine\t 4 \tACGT"
        assert read(text, with_families=True) == [Record("", "ACGT", 1, 2, 4)]

    def test_a_query_needs_no_class_and_takes_no_notice_of_one(self):
        assert read("sequence\nACGT") == [Record("", "ACGT", 1, 2)]
        assert read(f"{TABLE}ACGT\tnone") == [Record("", "ACGT", 1, 2)]

    @pytest.mark.parametrize("text", ["ACGT\t3", "\nseq\tclass\nACGT\t3"])
    def test_a_missing_header_is_named_with_its_line(self, text):
        line = 1 + text.startswith("\n")
        assert error(text).message == (
            f"The text, line {line}: the header 'sequence<TAB>class' is missing."
        )

    def test_a_reference_needs_the_class_in_its_header(self):
        assert "the header 'sequence<TAB>class' is missing" in str(
            error("sequence\tnote\nACGT\tx", with_families=True)
        )
        assert "the header 'sequence<TAB>class' is missing" in str(
            error("sequence\nACGT", with_families=True)
        )

    def test_a_header_alone_is_refused(self):
        assert error(f"{TABLE}\n \n").message == "The text has a header, and no records under it."

    @pytest.mark.parametrize("row", ["ACGT", "ACGT\t3\t3"])
    def test_a_row_of_another_width_is_a_problem(self, row):
        found = problem(f"{TABLE}\n{row}", with_families=True)
        assert found.code == "columns"
        assert found.message == (
            f"Record 1 (line 3) has {len(row.split())} columns where the header has 2."
        )

    @pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "1e3", "²", "٣", str(2**31), "9" * 99])
    def test_a_class_must_be_a_number(self, text):
        found = problem(f"{TABLE}ACGT\t{text}", with_families=True)
        assert found.code == "class"
        assert found.message == (
            f"Record 1 (line 2) has the class {text[:40]!r}, which is not a class number."
        )

    def test_the_largest_class_is_read(self):
        assert read(f"{TABLE}ACGT\t{2**31 - 1}", with_families=True)[0].family == 2**31 - 1

    def test_a_wrong_letter_is_named_with_record_line_and_base(self):
        assert problem(f"{TABLE}\nAC T!\t1", with_families=True).message.startswith(
            "Record 1 (line 3) has '!' at base 4;"
        )

    def test_an_empty_sequence_is_a_problem(self):
        assert problem(f"{TABLE}\t1", with_families=True).code == "empty"

    def test_a_bad_row_never_hides_the_others(self):
        records = read(f"{TABLE}ACGT\t1\nAC!\t1\nACGT\nTTTT\t2", with_families=True)
        assert [record.position for record in records] == [1, 2, 3, 4]
        assert [record.problem and record.problem.code for record in records] == [
            None,
            "letter",
            "columns",
            None,
        ]


class TestBare:
    def test_one_sequence_over_any_lines(self):
        assert read("\n acgt\nNNN acg\n\n") == [Record("", "ACGTNNNACG", 1, 2)]

    def test_the_numbers_of_a_genbank_listing_are_no_bases(self):
        assert read("        1 acgtacgtac acgt\n       61 ttt\n")[0].residues == "ACGTACGTACACGTTTT"

    def test_a_wrong_letter_is_named_with_its_line_and_base(self):
        assert problem("ACGT\n\nACGT7").message.startswith("Record 1 (line 3) has '7' at base 9;")

    def test_a_header_in_the_middle_is_named_with_its_line(self):
        assert error("ACGT\n>a\nACGT").message == (
            "The text, line 2: a FASTA header stands after text that has none."
        )

    def test_cannot_be_a_reference(self):
        assert "names no families" in error("ACGT", with_families=True).message

    @pytest.mark.parametrize("text", ["", " \n\t\n "])
    def test_nothing_is_refused(self, text):
        assert error(text).message == "The text is empty."


class TestParseFamilies:
    def test_reads_numbers_and_names(self):
        text = "class\tgene_family\n0\tG protein coupled receptors\n\n 7 \t Synthase \n"
        assert parse_families(text, "classes") == {0: "G protein coupled receptors", 7: "Synthase"}

    def test_the_header_is_not_needed(self):
        assert parse_families("1\tKinase", "classes") == {1: "Kinase"}

    def test_the_same_name_may_stand_twice(self):
        assert parse_families("1\tKinase\n1\tKinase", "classes") == {1: "Kinase"}

    @pytest.mark.parametrize(
        "row", ["1", "x\tKinase", "1\t", "\tKinase", "1\tKinase\t", "1 Kinase", "1\t" + "x" * 201]
    )
    def test_a_row_that_cannot_be_read_is_named_with_its_line(self, row):
        with pytest.raises(InputError) as caught:
            parse_families(f"class\tgene_family\n0\tOther\n\n{row}\n", "classes")
        assert caught.value.message == (
            "classes, line 4: expected a class number, a tab and a family name."
        )

    def test_two_names_of_a_class_are_refused(self):
        with pytest.raises(InputError, match=r"^classes, line 2: class 1 has two names\.$"):
            parse_families("1\tKinase\n1\tLigase", "classes")

    @pytest.mark.parametrize("text", ["", "\n", "class\tgene_family\n"])
    def test_none_at_all_are_refused(self, text):
        with pytest.raises(InputError, match=r"^classes names no families\."):
            parse_families(text, "classes")


# What must hold for any text ---------------------------------------------------------------------

words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=12)
dna = st.text(st.sampled_from(IUPAC_DNA), min_size=1, max_size=40)
line_ends = st.sampled_from(["\n", "\r\n", "\r"])
blanks = st.sampled_from(["", " ", "\t", " \t "])

characters = st.sampled_from(">ACGTUacgtun!*019 \t\n\0\u2028ß")
texts = (
    st.text()
    | st.text(characters)
    | st.text(characters).map(">".__add__)
    | st.text(characters).map(TABLE.__add__)
)


@st.composite
def spelled(draw, residues):
    """The residues as people write them: lower case, U for T, wrapped, with blanks and gaps."""
    letters = [
        draw(st.sampled_from([letter, letter.lower(), *("Uu" if letter == "T" else "")]))
        for letter in residues
    ]
    return "".join(
        letter + draw(st.sampled_from(["", "", "", "\n", " ", "\n\n"])) for letter in letters
    )


class TestAnyText:
    @given(texts, st.booleans())
    def test_gives_records_or_an_input_error(self, text, with_families):
        try:
            records = parse(text, "The text", 20, with_families=with_families)
        except InputError:
            return
        assert records
        assert [record.position for record in records] == list(range(1, len(records) + 1))
        for record in records:
            assert 1 <= record.line <= text.count("\n") + 1
            if record.problem is None:
                assert 1 <= len(record.residues) <= 20
                assert set(record.residues) <= set(IUPAC_DNA)
                assert (record.family is not None) == with_families
            else:
                assert record.problem.message.startswith(f"Record {record.position:,} (line ")

    @given(st.binary() | texts.map(str.encode))
    def test_so_do_any_bytes(self, data):
        try:
            records = parse(decode(data, "a file", 10_000), "a file", 20)
        except InputError:
            return
        assert records

    @given(texts)
    def test_families_are_read_or_an_input_error(self, text):
        try:
            found = parse_families(text, "classes")
        except InputError:
            return
        assert all(number >= 0 and name == name.strip() != "" for number, name in found.items())

    @given(st.lists(st.tuples(words, dna), min_size=1, max_size=5), line_ends, st.data())
    def test_what_was_written_as_fasta_comes_back(self, entries, line_end, data):
        text = data.draw(blanks) + "\n" if data.draw(st.booleans()) else ""
        for name, residues in entries:
            text += f">{name}\n{data.draw(spelled(residues))}\n"
        written = text.replace("\n", line_end).encode()

        records = read(decode(written, "The text", 10_000))

        assert [(record.name, record.residues) for record in records] == entries
        assert all(record.problem is None for record in records)
        lines = text.split("\n")
        assert [lines[record.line - 1] for record in records] == [f">{name}" for name, _ in entries]

    @given(
        st.lists(st.tuples(dna, st.integers(0, 2**31 - 1)), min_size=1, max_size=5),
        line_ends,
        st.data(),
    )
    def test_what_was_written_as_a_table_comes_back(self, rows, line_end, data):
        text = "\n" * data.draw(st.integers(0, 2)) + TABLE
        for residues, family in rows:
            shown = data.draw(spelled(residues)).replace("\n", "")
            text += f"{shown}\t{family}\n" + "\n" * data.draw(st.integers(0, 2))
        written = text.replace("\n", line_end).encode()

        records = read(decode(written, "The text", 10_000), with_families=True)

        assert [(record.residues, record.family) for record in records] == rows
        lines = text.split("\n")
        assert all(lines[record.line - 1].endswith(f"\t{record.family}") for record in records)

    @given(dna, st.data())
    def test_what_was_written_bare_comes_back(self, residues, data):
        (record,) = read(data.draw(spelled(residues)))
        assert (record.residues, record.problem) == (residues, None)

    @given(st.lists(dna, min_size=1, max_size=4), st.data())
    def test_a_wrong_letter_is_where_the_message_says(self, bodies, data):
        text = "".join(f">x\n{data.draw(spelled(body))}\n" for body in bodies)
        places = [at for at, letter in enumerate(text) if letter in "ACGTacgt" and at > 2]
        at = data.draw(st.sampled_from(places or [len(text)]))
        text = f"{text[:at]}!{text[at:]}"

        (found,) = [record for record in read(text) if record.problem]

        # The slow and obvious way: count what stands before it.
        before = text[:at]
        number = before.count(">")
        line = before.count("\n") + 1
        base = len("".join(before.rpartition(">x\n")[2].split())) + 1
        assert found.problem is not None
        assert re.findall(r"[\d]+", found.problem.message) == [str(number), str(line), str(base)]
