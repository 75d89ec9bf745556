import io
import zipfile
from dataclasses import replace

from Bio.SeqIO.FastaIO import SimpleFastaParser

from core.runs import StoredQuery
from core.runs.exports.fasta import export_fasta, export_fasta_by_family, format_queries
from tests.support.exported_run import CALLS, HOSTILE, QUERIES, RUN
from tests.unit.runs.test_call_table import CALLED, INVALID, UNKNOWN


def entries(text):
    return list(SimpleFastaParser(io.StringIO(text)))


def files(download):
    with zipfile.ZipFile(io.BytesIO(download.data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


class TestFasta:
    def test_has_a_name_an_answer_and_lines_of_seventy(self):
        queries = [StoredQuery("q1", "ACGTT" * 20), StoredQuery("", "AC")]
        calls = [CALLED, replace(UNKNOWN, query="record_2")]
        found = export_fasta(RUN, queries, calls).data.decode()
        dna = "ACGTT" * 20
        assert found == (f">q1 Ion channel 0.8765\n{dna[:70]}\n{dna[70:]}\n>record_2 unknown\nAC\n")

    def test_leaves_out_what_cannot_be_read(self):
        queries = [StoredQuery("bad", ">evil"), StoredQuery("good", "ACGT")]
        found = export_fasta(RUN, queries, [INVALID, CALLED]).data.decode()
        assert [title.split()[0] for title, _ in entries(found)] == ["q1"]

    def test_no_name_makes_a_record_of_its_own(self):
        found = entries(export_fasta(RUN, QUERIES, CALLS).data.decode())
        assert len(found) == len(HOSTILE) + 1
        assert [sequence for _, sequence in found] == [query.residues for query in QUERIES[:-1]]


class TestByFamily:
    def test_is_a_file_a_family_and_one_of_the_unknown(self):
        other = replace(CALLED, query="other", family_id=11, family="../Kinase α/β")
        queries = [StoredQuery(name, "ACGT") for name in ("q1", "other", "q2", "q3", "q1")]
        found = files(
            export_fasta_by_family(RUN, queries, [CALLED, other, UNKNOWN, INVALID, CALLED])
        )
        assert list(found) == ["02_Ion_channel.fasta", "11_Kinase.fasta", "unknown.fasta"]
        assert [title.split()[0] for title, _ in entries(found["02_Ion_channel.fasta"])] == [
            "q1",
            "q1",
        ]
        assert found["unknown.fasta"] == ">q2 unknown\nACGT\n"

    def test_names_of_files_lead_nowhere(self):
        for name in files(export_fasta_by_family(RUN, QUERIES, CALLS)):
            assert name.removesuffix(".fasta").replace("_", "a").isalnum()

    def test_the_same_run_gives_the_same_bytes(self):
        first, second = (export_fasta_by_family(RUN, QUERIES, CALLS) for _ in range(2))
        assert first == second


class TestAsTyped:
    def test_one_without_a_name_is_a_bare_sequence(self):
        assert format_queries([StoredQuery("", "ACGT")]) == "ACGT\n"

    def test_is_fasta_with_what_cannot_be_read_in_it_to_be_mended(self):
        queries = [
            StoredQuery("a", "ACGT"),
            StoredQuery("", "AC!GT"),
            StoredQuery("my gene", "A" * 71),
        ]
        assert format_queries(queries) == f">a\nACGT\n>\nAC!GT\n>my_gene\n{'A' * 70}\nA\n"

    def test_no_sequence_becomes_a_header(self):
        queries = [StoredQuery("a", ">b"), StoredQuery("c", "A" * 70 + ">d")]
        assert [title for title, _ in entries(format_queries(queries))] == ["a", "c"]
