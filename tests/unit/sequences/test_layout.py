from dataclasses import replace

import pytest

from core.errors import InputError
from core.sequences.layout import Layout, find_column, read_entries, with_family_pattern
from core.sequences.layout_proposal import describe_choices, propose_layout, propose_organism
from core.sequences.source_file import Format, SourceFile
from tests.support.uploads import one, report, report_on

GENE = "ATGGCCATTGTAATGGGCCGCTGA"
OTHER = "ATGTTTCCCGGGAAATTTCCCTAG"


class TestProposeLayout:
    def test_finds_the_columns_of_the_seed(self):
        assert propose_layout(one(f"sequence\tclass\n{GENE}\t3\n".encode())) == Layout(0, 1)

    def test_finds_columns_by_what_they_are_called(self):
        text = f"Gene ID,Species,Gene_Family,CDS\na,human,Synthase,{GENE}\n"
        assert propose_layout(one(text.encode())) == Layout(3, family=2, organism=1, name=0)

    def test_finds_columns_by_what_they_hold(self):
        rows = "".join(f"g{n},Homo sapiens,{'AB'[n % 2]}x,{GENE}{'A' * n}\n" for n in range(9))
        assert propose_layout(one(f"w,x,y,z\n{rows}".encode())) == Layout(
            3, family=2, organism=1, name=0
        )

    def test_names_of_proteins_are_no_organisms_and_what_is_the_same_for_all_no_family(self):
        kinds = ("Tyrosine kinase", "Ion channel")
        rows = "".join(f"g{n},wolf,{kinds[n % 2]},{GENE}{'A' * n}\n" for n in range(9))
        layout = propose_layout(one(f"w,x,y,z\n{rows}".encode()))
        assert (layout.family, layout.organism) == (2, None)

    def test_of_two_columns_of_dna_takes_the_one_called_so_and_says_it(self):
        upload = one(f"probe,sequence,class\n{GENE},{GENE},1\n".encode())
        layout = propose_layout(upload)
        assert layout.sequence == 1
        assert layout.name is None
        (note,) = describe_choices(upload, layout)
        assert note.startswith("2 columns contain sequences: 'probe', 'sequence'. Using 'sequence'")

    def test_takes_a_column_called_sequence_whatever_it_holds(self):
        assert propose_layout(one(b"sequence,class\nMKLV,1\n")).sequence == 0

    def test_never_takes_the_reasons_of_rejected_records(self):
        layout = propose_layout(
            one(f"reason\tline\tsequence\nx\t3\t{GENE}\nx\t3\t{GENE}\n".encode())
        )
        assert (layout.family, layout.name) == (None, None)

    @pytest.mark.parametrize("header", ["a class=3", "a [family=Ion channel]", "a|3|"])
    def test_finds_families_in_headers(self, header):
        layout = propose_layout(one(f">{header}\n{GENE}\n".encode()))
        assert (layout.sequence, layout.family, layout.name) == (1, 0, 0)
        assert layout.family_pattern

    def test_finds_none_where_there_are_none(self):
        assert propose_layout(one(f">a\n{GENE}\n".encode())) == Layout(1, name=0)


class TestDescribeChoices:
    @staticmethod
    def notes(header: str, row: str) -> list[str]:
        upload = one(f"{header}\n{row}\n".encode())
        return [
            note.removesuffix("; choose another column if this is wrong.")
            for note in describe_choices(upload, propose_layout(upload))
        ]

    @pytest.mark.parametrize(
        ("header", "row", "note"),
        [
            (
                "class,class,sequence",
                f"A,B,{GENE}",
                "2 columns could hold the family: 'class', 'class (2)'. Using 'class'",
            ),
            (
                "label,sequence,family",
                f"A,{GENE},B",
                "2 columns could hold the family: 'label', 'family'. Using 'family'",
            ),
            (
                "strain,class,organism,sequence",
                f"K12,1,E_coli,{GENE}",
                "2 columns could hold the organism: 'strain', 'organism'. Using 'organism'",
            ),
            (
                "seq,dna,class",
                "MKLV,MKLV,1",
                "2 columns contain sequences: 'seq', 'dna'. Using 'seq'",
            ),
            (
                "gene,gene,class,sequence",
                f"a,b,1,{GENE}",
                "2 columns could hold the name: 'gene', 'gene (2)'. Using 'gene'",
            ),
        ],
    )
    def test_names_the_column_that_is_taken_and_those_that_are_left(self, header, row, note):
        assert self.notes(header, row) == [note]

    def test_a_second_column_of_families_is_no_column_of_names(self):
        upload = one(f"class,class,sequence\nA,B,{GENE}\nC,D,{OTHER}\n".encode())
        assert propose_layout(upload) == Layout(2, family=0)

    def test_says_nothing_where_there_is_one_of_each(self):
        assert self.notes("name,organism,class,sequence,length", f"a,dog,1,{GENE},24") == []

    def test_is_about_the_columns_that_were_chosen(self):
        upload = one(f"class,class,sequence\nA,B,{GENE}\n".encode())
        (note,) = describe_choices(upload, replace(propose_layout(upload), family=1))
        assert "Using 'class (2)';" in note

    def test_a_column_is_found_by_the_name_that_a_note_gives_it(self):
        upload = one(f"class,class,sequence\nA,B,{GENE}\n".encode())
        found = [find_column(upload, name) for name in ("class", "class (2)", "Sequence")]
        assert found == [0, 1, 2]


class TestLayout:
    FASTA = SourceFile("a.fa", Format.FASTA, ("header", "sequence"))

    def test_the_person_may_choose_another_column(self):
        upload = one(f"cds,genomic,class\n{GENE},{OTHER},3\n".encode())
        entries = read_entries(upload, replace(propose_layout(upload), sequence=1))
        assert [entry.body for entry in entries] == [OTHER]

    def test_the_person_may_give_a_pattern(self):
        upload = one(f">a fam-7\n{GENE}\n".encode())
        layout = with_family_pattern(upload, propose_layout(upload), r"fam-(\d)")
        found = report_on(upload, layout=layout)
        assert found.family_counts == {7: 1}

    @pytest.mark.parametrize("layout", [Layout(7), Layout(0, family=-1), Layout(0, name=2)])
    def test_a_column_that_is_not_there_is_refused(self, layout):
        with pytest.raises(InputError, match=r"^a\.fa has no column -?\d+\."):
            read_entries(self.FASTA, layout)

    def test_a_sequence_column_is_needed(self):
        with pytest.raises(InputError, match="no sequence column found"):
            read_entries(self.FASTA, Layout())

    def test_blank_cells_beyond_the_header_are_no_problem(self):
        assert report(f"sequence,class\n{GENE},3,,\n").all_valid

    def test_the_name_of_a_file_proposes_the_organism(self):
        names = ["human.txt", "E_coli.fasta.gz", "dog", "Pan_troglodytes.v2.long.tsv"]
        found = [propose_organism(SourceFile(name, Format.FASTA)) for name in names]
        assert found == ["human", "E_coli", "dog", "Pan_troglodytes.v2"]
