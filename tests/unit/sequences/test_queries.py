import gzip
import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, TooLargeError
from core.sequences.alphabet import IUPAC_DNA
from core.sequences.limits import Limits
from core.sequences.queries import (
    invalid_records,
    make_queries,
    read_queries,
    read_text_queries,
    unreadable_files,
)
from core.sequences.records import MAX_NAME, Problem, Record

MAX_BASES = 1_000
LIMITS = Limits(max_record_bases=MAX_BASES)
TABLE = "sequence\tclass\n"


def read(text):
    return read_text_queries(text, "The text", LIMITS)


def problem(text):
    """The one problem of the one record of a text."""
    (record,) = read(text)
    assert record.problem is not None
    return record.problem


def error(text):
    with pytest.raises(InputError) as caught:
        read(text)
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
            "Record 2 (line 5) has an invalid character '!' at base 7; use IUPAC nucleotide codes."
        )
        assert found.line == 3

    @pytest.mark.parametrize("letter", ["-", "*", ".", "1", "E", "ß", "\u200b", ">"])
    def test_no_other_letter_is_read(self, letter):
        assert repr(letter) in problem(f">a\nAC{letter}GT").message

    def test_a_protein_is_recognised(self):
        assert problem(">a\nMEFLIPQK").message.endswith(
            " and looks like a protein; use a DNA sequence."
        )

    def test_the_longest_sequence_is_read_and_a_longer_one_is_not(self):
        good, bad = read(f">a\n{'A' * MAX_BASES}\n>b\n{'A' * MAX_BASES}\nA")
        assert good.problem is None
        assert bad.problem is not None
        assert bad.problem.code == "too long"
        assert bad.problem.message == ("Record 2 (line 3) has 1,001 bp; the maximum is 1,000 bp.")


class TestTable:
    def test_records_come_with_place_and_line(self):
        assert read(f"{TABLE}acgu\t3\n\nTTTT\t0") == [
            Record("", "ACGT", 1, 2),
            Record("", "TTTT", 2, 4),
        ]

    def test_columns_stand_in_any_order_among_others(self):
        text = "Note\t Class \tSEQUENCE\nmine\t 4 \tACGT"
        assert read(text) == [Record("", "ACGT", 1, 2)]

    def test_a_query_needs_no_class_and_takes_no_notice_of_one(self):
        assert read("sequence\nACGT") == [Record("", "ACGT", 1, 2)]
        assert read(f"{TABLE}ACGT\tnone") == [Record("", "ACGT", 1, 2)]

    def test_the_column_of_sequences_may_have_another_name(self):
        assert read("\nname\tDNA read\na\tACGTACGTAC\nb\tTTTT") == [
            Record("a", "ACGTACGTAC", 1, 3),
            Record("b", "TTTT", 2, 4),
        ]

    def test_a_table_without_sequences_is_refused(self):
        assert error("name\tclass\nx\t3\ny\t4").message == ("The text: no sequence column found.")

    def test_a_header_alone_is_refused(self):
        assert error(f"{TABLE}\n \n").message == "The text has a header but no records."

    @pytest.mark.parametrize("row", ["ACGT", "ACGT\t3\t3"])
    def test_a_row_of_another_width_is_a_problem(self, row):
        found = problem(f"{TABLE}\n{row}")
        assert found.code == "columns"
        assert found.message == (
            f"Record 1 (line 3) has {len(row.split())} columns; the header has 2."
        )

    def test_a_wrong_letter_is_named_with_record_line_and_base(self):
        assert problem(f"{TABLE}\nAC T!\t1").message.startswith(
            "Record 1 (line 3) has an invalid character '!' at base 4;"
        )

    def test_an_empty_sequence_is_a_problem(self):
        assert problem(f"{TABLE}\t1").code == "empty"

    def test_a_bad_row_never_hides_the_others(self):
        records = read(f"{TABLE}ACGT\t1\nAC!\t1\nACGT\nTTTT\t2")
        assert [record.position for record in records] == [1, 2, 3, 4]
        assert [record.problem and record.problem.code for record in records] == [
            None,
            "letter",
            "columns",
            None,
        ]


class TestOtherFormats:
    def test_qualities_of_fastq_are_left_aside(self):
        assert read("@r1 lane 3\nACGT\n+\nIIII\n@r2\nTTTT\n+\n!!!!\n") == [
            Record("r1", "ACGT", 1, 1),
            Record("r2", "TTTT", 2, 5),
        ]

    def test_a_packed_file_is_unpacked(self):
        packed = gzip.compress(b">a\nACGT\n")
        assert read_queries(packed, "a.fa.gz", LIMITS) == [Record("a", "ACGT", 1, 1)]


def zipped(*members: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members:
            archive.writestr(name, text)
    return buffer.getvalue()


class TestZip:
    def test_a_file_that_cannot_be_read_is_an_invalid_record(self):
        data = zipped(("a.fa", ">a\nACGT\n"), ("b.pdf", "%PDF-1.4"), ("c.csv", "x,y\n1,2\n3,4\n"))
        records = read_queries(data, "queries.zip", LIMITS)
        assert [record.name for record in records] == ["a", "b.pdf", "c.csv"]
        pdf, table = unreadable_files(records)
        assert pdf.startswith("b.pdf: PDF files are not supported.")
        assert table.startswith("c.csv: no sequence column found.")
        assert invalid_records(records) == []

    def test_problems_name_the_file(self):
        data = zipped(("a.fa", ">a\nACG!\n"), ("b.fa", ">a\n\n"))
        assert [message[:20] for message in invalid_records(read_queries(data, "q", LIMITS))] == [
            "a.fa: Record 1 (line",
            "b.fa: Record 1 (line",
        ]

    def test_names_of_families_are_left_out_with_a_note(self):
        data = zipped(("a.fa", ">a\nACGT\n"), ("n.txt", "class\tgene_family\n1\tKinase\n"))
        records = read_queries(data, "queries.zip", LIMITS)
        assert records == [Record("a", "ACGT", 1, 1)]
        assert records.notes == ["n.txt: names of families; queries need none."]

    @pytest.mark.parametrize(
        ("members", "message"),
        [
            ([("a.pdf", "%PDF-1.4"), ("b.pdf", "%PDF-1.4")], "a.pdf: PDF files are not supported."),
            ([("a.csv", "x,y\n1,2\n"), ("b.pdf", "%PDF-1.4")], "a.csv: no sequence column found."),
            ([("a.txt", "1\tA\n"), ("b.txt", "2\tB\n")], "No file contains sequences."),
        ],
    )
    def test_of_nothing_that_can_be_read_is_refused(self, members, message):
        with pytest.raises(InputError) as caught:
            read_queries(zipped(*members), "queries.zip", LIMITS)
        assert caught.value.message == message

    def test_hidden_files_are_read_unless_a_system_adds_them(self):
        data = zipped((".hidden.fa", ">a\nACGT\n"), ("._a.fa", "\0"), ("x/.DS_Store", "\0"))
        assert read_queries(data, "queries.zip", LIMITS) == [Record("a", "ACGT", 1, 1)]


class TestNotes:
    def test_name_the_column_that_was_read(self):
        (note,) = read("dna,cds\nACGTACGTAC,ACGTACGTAC\nACGTACGTAC,ACGTACGTAC\n").notes
        assert note.startswith("2 columns contain sequences: 'dna', 'cds'. Using 'dna';")

    def test_say_that_there_is_no_header(self):
        (note,) = read("a,ACGTACGTAC\nb,ACGTACGTAC\n").notes
        assert note.startswith("No header: the first line contains DNA")

    def test_count_names_that_were_changed(self):
        assert read(f">{'x' * 300}\nACGT\n>b\u202e\nACGT\n>c\nACGT\n").notes == [
            "2 names were shortened or lost invisible characters."
        ]

    def test_are_none_of_a_plain_file(self):
        assert read(">a\nACGT\n").notes == []


class TestManyInvalid:
    def test_are_refused(self):
        limits = Limits(max_invalid=10)
        assert len(read_text_queries(">a\n" * 10, "The text", limits)) == 10
        with pytest.raises(InputError) as caught:
            read_text_queries(">a\n" * 11, "The text", limits)
        assert caught.value.message == (
            "The text: more than 10 records are invalid. The first: Record 1 (line 1) has no"
            " sequence."
        )


class TestBare:
    def test_one_sequence_over_any_lines(self):
        assert read("\n acgt\nNNN acg\n\n") == [Record("", "ACGTNNNACG", 1, 2)]

    def test_the_numbers_of_a_genbank_listing_are_no_bases(self):
        assert read("        1 acgtacgtac acgt\n       61 ttt\n")[0].residues == "ACGTACGTACACGTTTT"

    def test_a_wrong_letter_is_named_with_its_line_and_base(self):
        assert problem("ACGT\n\nACGT7").message.startswith(
            "Record 1 (line 3) has an invalid character '7' at base 9;"
        )

    def test_a_header_in_the_middle_is_named_with_its_line(self):
        assert error("ACGT\n>a\nACGT").message == (
            "The text, line 2: FASTA header after a sequence without one."
        )

    @pytest.mark.parametrize("text", ["", " \n\t\n "])
    def test_nothing_is_refused(self, text):
        assert error(text).message == "The text is empty."


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
    @given(texts)
    def test_gives_records_or_an_input_error(self, text):
        try:
            records = read_text_queries(text, "The text", Limits(max_record_bases=20))
        except InputError:
            return
        assert records
        assert [record.position for record in records] == list(range(1, len(records) + 1))
        for record in records:
            assert 1 <= record.line <= text.count("\n") + 1
            if record.problem is None:
                assert 1 <= len(record.residues) <= 20
                assert set(record.residues) <= set(IUPAC_DNA)
            else:
                assert record.problem.message.startswith(f"Record {record.position:,} (line ")

    @given(st.binary() | texts.map(str.encode))
    def test_so_do_any_bytes(self, data):
        try:
            records = read_queries(data, "a file", LIMITS)
        except InputError:
            return
        assert records

    @given(st.lists(st.tuples(words, dna), min_size=1, max_size=5), line_ends, st.data())
    def test_what_was_written_as_fasta_comes_back(self, entries, line_end, data):
        text = data.draw(blanks) + "\n" if data.draw(st.booleans()) else ""
        for name, residues in entries:
            text += f">{name}\n{data.draw(spelled(residues))}\n"
        written = text.replace("\n", line_end).encode()

        records = read_queries(written, "The text", LIMITS)

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

        records = read_queries(written, "The text", LIMITS)

        assert [record.residues for record in records] == [residues for residues, _ in rows]
        lines = text.split("\n")
        assert all("\t" in lines[record.line - 1] for record in records)

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


class TestNamedSequences:
    def test_are_read_as_those_of_a_file(self):
        named = [("a", "ac gu\n"), ("b\u202e", "ACGT7"), ("", "")]
        assert make_queries(named, LIMITS) == [
            Record("a", "ACGT", 1, 1),
            Record(
                "b",
                "ACGT7",
                2,
                2,
                None,
                Problem(
                    "letter",
                    "Record 2 has an invalid character '7' at base 5; use IUPAC nucleotide codes.",
                ),
            ),
            Record("", "", 3, 3, None, Problem("empty", "Record 3 has no sequence.")),
        ]

    def test_have_limits(self):
        with pytest.raises(InputError, match="no records"):
            make_queries([], LIMITS)
        with pytest.raises(TooLargeError, match="more than 2 records"):
            make_queries([("a", "ACGT")] * 3, Limits(max_records=2))
        with pytest.raises(InputError, match="more than 1 records are invalid"):
            make_queries([("a", "")] * 3, Limits(max_invalid=1))
