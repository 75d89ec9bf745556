"""Sequences as programs hold them."""

from pathlib import Path

import pandas as pd
import pytest
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord

from core.errors import InputError
from core.sequences.limits import Limits
from core.sequences.records import Problem, Record
from genekin.inputs import (
    describe_references,
    is_sequence,
    is_text,
    read_content,
    read_input,
)

LIMITS = Limits(max_record_bases=50)


def names_and_residues(queries):
    return [(record.name, record.residues) for record in read_input(queries, LIMITS)]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "queries.fasta"
    path.write_text(">a\nACGT\n>b\nTTTT\n")
    return path


class TestReadInput:
    def test_a_path_and_its_name_are_files(self, file):
        assert names_and_residues(file) == [("a", "ACGT"), ("b", "TTTT")]
        assert read_input(str(file), LIMITS) == read_input(file, LIMITS)

    def test_a_path_below_the_home_folder_is_found(self, file, monkeypatch):
        monkeypatch.setenv("HOME", str(file.parent))
        assert len(read_input("~/queries.fasta", LIMITS)) == 2

    def test_texts_are_read_as_files(self):
        assert names_and_residues(">a\nacgu") == [("a", "ACGT")]
        assert names_and_residues("acgt acgt") == [("", "ACGTACGT")]

    def test_lists_have_a_sequence_each(self):
        assert names_and_residues(["acgt", "TTTT"]) == [("", "ACGT"), ("", "TTTT")]
        assert [record.position for record in read_input(iter(["A", "C"]), LIMITS)] == [1, 2]

    def test_dictionaries_and_series_have_names(self):
        given = {"a": "acgt", "b": "TTTT"}
        assert names_and_residues(given) == [("a", "ACGT"), ("b", "TTTT")]
        assert names_and_residues(pd.Series(given)) == [("a", "ACGT"), ("b", "TTTT")]

    def test_a_table_is_read_as_a_file(self):
        frame = pd.DataFrame({"name": ["a", "b"], "sequence": ["ACGT" * 5, "TTTT" * 5]})
        assert names_and_residues(frame) == [("a", "ACGT" * 5), ("b", "TTTT" * 5)]

    def test_records_of_biopython_are_read(self):
        record = SeqRecord(Seq("acgt"), id="a")
        for given in (record, [record], {"a": record}):
            assert names_and_residues(given) == [("a", "ACGT")]

    def test_records_are_checked_again(self):
        record = Record("a", "acgt!", 7, 9)
        (checked,) = read_input([record], LIMITS)
        assert checked.problem is not None
        assert "invalid character '!' at base 5" in checked.problem.message
        (alone,) = read_input(Record("a", "acgt", 7, 9), LIMITS)
        assert alone == Record("a", "ACGT", 1, 9)

    def test_a_problem_of_a_record_stays(self):
        record = Record("a", "", 7, 9, None, Problem("empty", "It is empty."))
        assert read_input([record], LIMITS) == [record]

    @pytest.mark.parametrize(
        ("residues", "reason"),
        [
            ("", "Record 2 has no sequence."),
            ("AC GX", "Record 2 has an invalid character 'X' at base 4"),
            ("A" * 51, "Record 2 has 51 bp; the maximum is 50 bp."),
        ],
    )
    def test_an_invalid_sequence_says_why(self, residues, reason):
        first, second = read_input(["ACGT", residues], LIMITS)
        assert first.problem is None
        assert second.problem is not None
        assert second.problem.message.startswith(reason)

    def test_names_lose_hidden_characters(self):
        assert names_and_residues({"a\u202eb\x07": "ACGT"}) == [("ab", "ACGT")]

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            ([], "There are no sequences."),
            ({}, "There are no sequences."),
            (5, "int 5 is no sequence."),
            ([5], "Query 1 is no sequence but int 5."),
            ([Path("a.fasta")], "Query 1 is no sequence but PosixPath"),
            (b"ACGT", "Bytes are neither"),
            ("no_such_file.fasta", "no_such_file.fasta cannot be read"),
            (Path("ACGT"), "ACGT cannot be read"),
        ],
        ids=repr,
    )
    def test_anything_else_is_refused(self, given, reason):
        with pytest.raises(InputError, match=reason):
            read_input(given, LIMITS)


class TestStrings:
    @pytest.mark.parametrize("text", ["ACGT", "acgun", "", "ACGTX", "MKVL", "ACGT!", "ACG-T ACGT"])
    def test_a_line_of_letters_or_bases_is_a_sequence(self, text):
        assert is_sequence(text)
        assert not is_text(text)

    @pytest.mark.parametrize("text", [">a", "@a\nA\n+\nI", "a.b\nc", " >a\nACGT"])
    def test_several_lines_or_a_marker_are_a_text(self, text):
        assert is_text(text)
        assert not is_sequence(text)

    @pytest.mark.parametrize("text", ["a.fasta", "folder/file", "file1", "two words"])
    def test_any_other_names_a_file(self, text):
        assert not is_sequence(text)
        assert not is_text(text)

    def test_a_file_named_by_letters_is_a_file_unless_they_are_bases(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name in ("queries", "ACGT"):
            (tmp_path / name).touch()
        assert not is_sequence("queries")
        assert is_sequence("ACGT")

    def test_an_invalid_sequence_is_an_invalid_record(self):
        (record,) = read_input("ACGT!", LIMITS)
        assert record.problem is not None


class TestDescribeReferences:
    def test_records_and_tuples(self):
        records = [("a", "ACGT", "Kinase"), Record("b", "TT", 1, 1, 3), (None, "CC", 4)]
        described = [("a", "ACGT", "Kinase"), ("b", "TT", "3"), ("", "CC", "4")]
        assert list(describe_references(records)) == described

    @pytest.mark.parametrize("record", ["ACGT", ("a", "ACGT"), 5])
    def test_anything_else_is_refused(self, record):
        with pytest.raises(InputError, match="is no reference record"):
            list(describe_references([record]))


def test_other_things_have_no_content():
    assert read_content([("a", "ACGT", 1)], LIMITS) is None
