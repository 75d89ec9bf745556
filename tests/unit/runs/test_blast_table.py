import pytest

from core.runs.blast_table import BLAST_COLUMNS, format_blast_table
from tests.support.alignments import alignment
from tests.unit.runs.test_call_table import CALLED, HIT, UNKNOWN


def line(**changes):
    (found,) = format_blast_table([CALLED], {(0, HIT.id): alignment(HIT, **changes)}).splitlines()
    return dict(zip(BLAST_COLUMNS, found.split("\t"), strict=True))


class TestBlastTable:
    def test_has_the_twelve_columns_of_format_6(self):
        assert line() == {
            "qseqid": "q1",
            "sseqid": "BRCA1",
            "pident": "50.000",
            "length": "10",
            "mismatch": "3",
            "gapopen": "2",
            "qstart": "1",
            "qend": "27",
            "sstart": "11",
            "send": "19",
            "evalue": "1.23e-45",
            "bitscore": "150.3",
        }

    def test_residues_on_the_reverse_strand_are_as_by_blastx(self):
        found = line(strand="-")
        assert [found[name] for name in ("qstart", "qend", "sstart", "send")] == [
            "27",
            "1",
            "11",
            "19",
        ]

    def test_bases_on_the_reverse_strand_are_as_by_blastn(self):
        found = line(strand="-", frame=0)
        assert [found[name] for name in ("qstart", "qend", "sstart", "send")] == [
            "1",
            "27",
            "19",
            "11",
        ]

    @pytest.mark.parametrize(("evalue", "text"), [(0.0, "0.0"), (123.4, "1.23e+02")])
    def test_evalues_are_numbers_that_every_program_reads(self, evalue, text):
        assert line(evalue=evalue)["evalue"] == text
        assert float(text) == pytest.approx(evalue, rel=0.01)

    def test_hits_without_an_alignment_have_no_line(self):
        assert format_blast_table([UNKNOWN, CALLED], {}) == ""
