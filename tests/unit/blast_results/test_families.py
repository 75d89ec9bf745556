from typing import Any, cast

import pytest

from core.blast_results import BlastAlignment, BlastHit, BlastQuery, BlastResults
from core.blast_results.families import label_subjects
from core.blast_results.table import COLUMNS, export_hits, export_name
from core.library.library import Library

PART = BlastAlignment(query_start=1, query_end=9, identity=0.98765, evalue=1e-9, bits=50.5)


class Named:
    """A library that knows some genes by name."""

    families = {4: "Kinase", 6: "Ion channel"}  # noqa: RUF012

    def __init__(self, **genes: set[tuple[str, int]]) -> None:
        self._genes = genes

    def genes_named(self, names: Any) -> dict[str, set[tuple[str, int]]]:
        return {name: rows for name, rows in self._genes.items() if name in names}


def results(**titles: str) -> BlastResults:
    hits = tuple(BlastHit(name, title, 300, (PART,)) for name, title in titles.items())
    return BlastResults("b.txt", "0" * 16, "", "", (BlastQuery("q", None, hits),))


def families(found: BlastResults, library: Named | None = None) -> list[tuple[str, str]]:
    labels = label_subjects(found, cast("Library | None", library))
    return [
        (labels.family(hit), labels.organism(hit)) for query in found.queries for hit in query.hits
    ]


class TestLabels:
    def test_are_those_of_the_gene_of_the_same_name(self):
        library = Named(a={("human", 4)}, b={("dog", 9)})
        assert families(results(a="family=Synthase", b="", c=""), library) == [
            ("Kinase", "human"),
            ("class 9", "dog"),
            ("", ""),
        ]

    def test_are_none_where_genes_of_one_name_disagree(self):
        library = Named(a={("human", 4), ("human", 6)}, b={("human", 4), ("dog", 4)})
        assert families(results(a="", b=""), library) == [("", "human"), ("Kinase", "")]

    @pytest.mark.parametrize(
        ("title", "family", "organism"),
        [
            ("a [organism=human] [gene_family=Synthase]", "Synthase", "human"),
            ("a family: ion_channel", "Ion channel", ""),
            ("a class=4", "class 4", ""),
            ("gi|1234|gb|4|", "", ""),
            ("sp|P1|X_HUMAN Kinase 4 OS=Homo sapiens", "", ""),
            ("a family=#N/A", "", ""),
            ("", "", ""),
        ],
    )
    def test_are_else_those_that_the_header_names(self, title, family, organism):
        assert families(results(a=title), Named()) == [(family, organism)]

    def test_of_headers_have_numbers_of_their_own(self):
        found = results(a="family=Kinase", b="family=New", c="class=6")
        labels = label_subjects(found, cast("Library", Named()))
        assert labels.families["a"] == 4
        assert len({4, 6, labels.families["b"], labels.families["c"]}) == 4


class TestTable:
    def test_has_an_alignment_a_row(self):
        found = results(a="family=Kinase")
        file = export_hits(found, label_subjects(found, None), "tsv")
        header, row = file.data.decode().splitlines()
        assert tuple(header.split("\t")) == COLUMNS
        values = dict(zip(COLUMNS, row.split("\t"), strict=True))
        assert (values["query"], values["rank"], values["hit"]) == ("q", "1", "a")
        assert (values["family"], values["identity"]) == ("Kinase", "0.9877")
        assert (values["evalue"], values["bits"], values["hit_start"]) == ("1e-09", "50.5", "")
        assert file.name == export_name(found, "tsv") == "b_txt_hits.tsv"

    def test_runs_no_formulas(self):
        found = results(**{"=1+1": "@SUM(1)"})
        text = export_hits(found, label_subjects(found, None), "csv").data.decode()
        assert text.startswith("\ufeff")
        assert ",'=1+1,'@SUM(1)," in text
