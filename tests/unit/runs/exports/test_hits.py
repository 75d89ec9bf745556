import io
from dataclasses import replace
from typing import cast

from Bio.SeqIO.FastaIO import SimpleFastaParser

from core.library.library import Library
from core.runs.blast_table import BLAST_COLUMNS
from core.runs.exports.hits import export_alignments, export_blast_table, export_hits_fasta
from core.sequences.header_patterns import FAMILY_PATTERNS, ORGANISM_PATTERNS, search_headers
from tests.support.alignments import alignment
from tests.support.exported_run import CALLS, GENES, RUN
from tests.unit.runs.test_call_table import CALLED, HIT, UNKNOWN


class _Library:
    """A library that has the residues of some hits."""

    def __init__(self, *ids):
        self._ids = ids

    def residues(self, ids):
        return {number: "ACGTT" * 20 for number in ids if number in self._ids}


def fasta(calls, *ids):
    library = cast("Library", _Library(*ids))
    text = export_hits_fasta(RUN, calls, library).data.decode()
    return list(SimpleFastaParser(io.StringIO(text)))


class TestFasta:
    def test_has_every_gene_once(self):
        other = replace(HIT, id=8, name="other")
        calls = [CALLED, replace(CALLED, hits=(other, HIT)), UNKNOWN]
        assert [title.split()[0] for title, _ in fasta(calls, 7, 8)] == ["BRCA1", "other"]

    def test_leaves_out_genes_that_are_gone(self):
        assert fasta([CALLED]) == []

    def test_headers_can_be_loaded_again(self):
        ((title, residues),) = fasta([CALLED], 7)
        assert residues == "ACGTT" * 20
        assert search_headers(FAMILY_PATTERNS["family=…"], [title]) == ["Ion channel"]
        assert search_headers(ORGANISM_PATTERNS["organism=…"], [title]) == ["Homo_sapiens"]

    def test_no_name_makes_a_record_of_its_own(self):
        assert len(fasta(CALLS, *range(len(GENES)))) == len(GENES)


class TestBlastTable:
    def test_no_name_makes_a_column_or_a_line_of_its_own(self):
        alignments = {(index, hit.id): alignment(hit) for index, hit in enumerate(GENES)}
        lines = export_blast_table(RUN, CALLS, alignments).data.decode().splitlines()
        assert [len(line.split("\t")) for line in lines] == [len(BLAST_COLUMNS)] * len(GENES)

    def test_names_are_those_of_the_fasta_files(self):
        hit = replace(HIT, name="my gene")
        call = replace(CALLED, hits=(hit,))
        found = export_blast_table(RUN, [call], {(0, 7): alignment(hit)}).data.decode()
        ((title, _),) = fasta([call], 7)
        assert found.split("\t")[1] == title.split()[0] == "my_gene"


class TestAlignments:
    def test_have_their_figures_and_letters(self):
        text = export_alignments(RUN, [CALLED, UNKNOWN], {(0, 7): alignment(HIT)}).data.decode()
        assert text.splitlines() == [
            "Query: q1, 240 bp: Ion channel, confidence 88%",
            "",
            "Hit: BRCA1, Homo_sapiens, Ion channel",
            (
                "identity 50%, query coverage 75%, hit coverage 60%, E-value 1e-45, 150 bits;"
                " query 1 to 27, forward strand, frame 1; hit residues 11 to 19"
            ),
            "",
            "query   1 MKL-VVAWRY 27",
            "          MK   VA  Y",
            "hit    11 MKIA-VAGHY 19",
        ]

    def test_say_what_is_not_significant(self):
        found = alignment(HIT, significant=False, evalue=3.21)
        text = export_alignments(RUN, [CALLED], {(0, 7): found}).data.decode()
        assert "E-value 3.2, 150 bits" in text
        assert "; not significant" in text
