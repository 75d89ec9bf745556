import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from components.shared import services
from core.blast_results import read_blast_results
from core.library.load import load
from core.opened_file import read_results
from core.runs import RunKind
from core.runs.file_reader import OpenedClassification, OpenedTrace
from core.runs.file_writer import export_classification, export_trace
from core.sequences.limits import Limits
from core.tracing import TraceResult
from tests.support.classify_page import ask, latest_run
from tests.support.exported_run import CALLS, GENES, HOSTILE, QUERIES, RUN
from tests.support.pages import button, shown
from tests.support.synthetic import dna, genes

ONE = f">one\n{dna('human 1')}\n"
THREE = f">one\n{dna('human 1')}\n>two\n{dna('human 2')}\n>bad\nAC!\n"
MARKED = ("markdown", "caption", "info", "warning", "error", "html")
BLAST = Path(__file__).resolve().parents[2] / "data" / "blast"


def give(page, data, name="a.genekin-run.jsonl.gz"):
    """Upload a file to open."""
    page.file_uploader[0].upload(name, data, "application/octet-stream")
    return page.run()


def tables(page):
    return [element.value.to_json() for element in page.dataframe]


def written():
    """The run file of the latest run."""
    run = latest_run()
    library = services.libraries().open(run.library)
    stored = services.runs()
    return export_classification(run, stored.calls(run), stored.queries(run), library).data


@pytest.fixture
def page(loaded, opened):
    return opened("classify")


@pytest.fixture
def elsewhere(home, opened):
    """Return a function that opens a page of a GeneKin in which nothing was loaded."""

    def elsewhere(name):
        services._open.clear()
        shutil.rmtree(home)
        return opened(name)

    return elsewhere


class TestRun:
    @pytest.mark.parametrize("queries", [ONE, THREE])
    def test_shows_the_same_elsewhere(self, page, elsewhere, queries):
        ask(page, queries)
        before, rows, codes = shown(page), tables(page), [code.value for code in page.code]
        data = written()
        there = give(elsewhere("open_file"), data)
        after = shown(there)
        assert "Opened from a file: read-only, and not stored in this GeneKin." in after
        assert "There is no library 'default' here that you may use." in after
        for line in before.splitlines():
            if "</h2>" in line or "Best hit" in line or "hits are in this family" in line:
                assert line in after
        assert tables(there) == rows
        assert [code.value for code in there.code] == codes
        assert services.runs().count() == 0
        assert services.libraries().names() == []

    def test_says_how_the_library_differs(self, page):
        ask(page, ONE)
        data = written()
        services.libraries().remove_organism("default", "dog")
        text = shown(give(page.switch_page("pages/open_file.py").run(), data))
        assert "The library 'default' here is not that of the run:" in text
        assert "- Organisms: dog was removed." in text

    def test_says_that_it_is_the_same(self, page):
        ask(page, ONE)
        data = written()
        text = shown(give(page.switch_page("pages/open_file.py").run(), data))
        assert "The library default has not changed since this run." in text
        assert "not that of the run" not in text

    def test_is_classified_again_without_being_stored(self, page):
        ask(page, THREE)
        data = written()
        there = give(page.switch_page("pages/open_file.py").run(), data)
        button(there, "Classify again with the library default").click().run()
        text = shown(there)
        assert "3 queries classified with the library default of today: same calls." in text
        turned = [replace(gene, family=((gene.family or 0) + 1) % 3) for gene in genes("human", 12)]
        load(services.libraries(), {"human": turned}, replace=True)
        assert "2 of 3 calls differ:" in shown(there.run())
        assert list(there.dataframe[0].value["today"]) == ["Synthase", "Ion channel"]
        assert services.runs().count() == 1

    def test_stays_while_other_pages_are_shown(self, page):
        ask(page, THREE)
        there = give(page.switch_page("pages/open_file.py").run(), written())
        there.switch_page("pages/history.py").run()
        there.switch_page("pages/open_file.py").run()
        assert "Opened from a file" in shown(there)
        assert "1 of 3: **one**" in shown(there)
        button(there, "Remove").click().run()
        assert "Opened from a file" not in shown(there)

    def test_has_all_downloads_but_no_link(self, page, elsewhere):
        ask(page, THREE)
        data = written()
        there = give(elsewhere("open_file"), data)
        opened = read_results(data, "", Limits())
        assert isinstance(opened, OpenedClassification)
        there.session_state[f"downloads of {opened.run.id}"] = True
        there.run()
        labels = [element.proto.label for element in there.get("download_button")]
        assert labels[0] == "Table (TSV)"
        assert "Hits (FASTA)" in labels
        assert labels[-1] == "Run file (opens in any GeneKin)"
        assert "Link to this result" not in shown(there)

    def test_without_genes_has_no_alignments_whatever_library_is_here(self, page):
        ask(page, ONE)
        run, stored = latest_run(), services.runs()
        data = export_classification(run, stored.calls(run), stored.queries(run), None).data
        there = give(page.switch_page("pages/open_file.py").run(), data)
        assert "there are no alignments" in shown(there)
        assert not there.code

    def test_that_is_damaged_is_refused(self, page):
        ask(page, ONE)
        data = written()
        there = give(page.switch_page("pages/open_file.py").run(), data[:-20])
        (error,) = there.error
        assert "damaged gzip file" in error.value
        assert "Opened from a file" not in shown(there)

    def test_names_are_shown_as_they_are(self, page, elsewhere):
        data = export_classification(RUN, CALLS, QUERIES, None).data
        page = give(elsewhere("open_file"), data)
        assert "Opened from a file" in shown(page)
        bodies = [element.proto.body for kind in MARKED for element in page.get(kind)]
        assert not any("<script>alert" in body or "<img src" in body for body in bodies)
        assert not any("](javascript" in body for body in bodies)


class TestTrace:
    @pytest.fixture
    def page(self, loaded, opened):
        return opened("trace")

    @staticmethod
    def trace(page, queries):
        page.text_area(key="trace text").set_value(queries).run()
        return button(page, "Trace").click().run()

    @staticmethod
    def written():
        """The run file of the latest run."""
        run, stored = latest_run(), services.runs()
        return export_trace(run, stored.traces(run), stored.queries(run)).data

    @pytest.mark.parametrize("queries", [ONE, THREE])
    def test_shows_the_same_elsewhere(self, page, elsewhere, queries):
        self.trace(page, queries)
        (headline,) = [line for line in shown(page).splitlines() if line.startswith("### ")]
        rows = tables(page)
        data = self.written()
        there = give(elsewhere("open_file"), data)
        assert "Opened from a file: read-only, and not stored in this GeneKin." in shown(there)
        assert "There is no library 'default' here that you may use." in shown(there)
        assert headline in shown(there)
        assert tables(there) == rows
        assert services.runs().count() == 0

    def test_is_traced_again_without_being_stored(self, page):
        self.trace(page, THREE)
        there = give(page.switch_page("pages/open_file.py").run(), self.written())
        assert "The library default has not changed since this run." in shown(there)
        button(there, "Trace again with the library default").click().run()
        assert (
            "3 queries traced with the library default of today: same closest organisms."
            in shown(there)
        )
        services.libraries().remove_organism("default", "human")
        there.run()
        assert "- Organisms: human was removed." in shown(there)
        assert "2 of 3 closest organisms differ:" in shown(there)
        assert list(there.dataframe[0].value["in the file"]) == ["human", "human"]
        assert services.runs().count() == 1

    def test_has_all_downloads_but_no_link(self, page, elsewhere):
        self.trace(page, THREE)
        data = self.written()
        there = give(elsewhere("open_file"), data)
        opened = read_results(data, "", Limits())
        assert isinstance(opened, OpenedTrace)
        there.session_state[f"downloads of {opened.run.id}"] = True
        there.run()
        assert [element.proto.label for element in there.get("download_button")][:4] == [
            "Table (TSV)",
            "Table (CSV)",
            "All organisms (JSON)",
            "Run file (opens in any GeneKin)",
        ]
        assert "Link to this result" not in shown(there)

    def test_names_are_shown_as_they_are(self, page, elsewhere):
        closest = dict(zip(HOSTILE, GENES, strict=True))
        share = 1 / len(closest)
        traces = [
            TraceResult(name, 240, dict.fromkeys(HOSTILE, share), closest, 0.9) for name in HOSTILE
        ]
        queries = QUERIES[: len(HOSTILE)]
        run = replace(RUN, kind=RunKind.TRACE, queries=len(HOSTILE))
        page = give(elsewhere("open_file"), export_trace(run, traces, queries).data)
        assert "Opened from a file" in shown(page)
        bodies = [element.proto.body for kind in MARKED for element in page.get(kind)]
        assert not any("<script>alert" in body or "<img src" in body for body in bodies)
        assert not any("](javascript" in body for body in bodies)


class TestBlast:
    @pytest.mark.parametrize("name", ["format_5.xml", "format_7.txt", "format_7_columns.txt"])
    def test_shows_queries_and_hits(self, opened, name):
        page = give(opened("open_file"), (BLAST / name).read_bytes(), name)
        text = shown(page)
        assert "BLAST results from a file: read-only, and not stored in this GeneKin." in text
        assert f"{name} · blastn 2.12.0+ · database db · 3 queries · 4 hits" in text.replace(
            "BLASTN", "blastn"
        )
        queries, hits = (table.value for table in page.dataframe)
        assert list(queries["query"]) == ["BLAST_contig", "q2", "none"]
        assert list(queries["hits"]) == [2, 2, 0]
        assert list(hits["hit"]) == ["gene_1", "gene_2"]
        assert list(hits["alignments"]) == [3, 3]
        assert hits["E-value"][0] == pytest.approx(1.93e-58, rel=0.01)
        assert hits["bit score"][0] == pytest.approx(206, abs=0.2)

    def test_another_query_is_selected(self, opened):
        page = give(opened("open_file"), (BLAST / "format_7.txt").read_bytes(), "b.txt")
        key = page.dataframe[0].key
        page.session_state[key] = {"selection": {"rows": [2], "columns": [], "cells": []}}
        assert "No hits." in shown(page.run())

    def test_families_are_of_the_headers(self, opened):
        page = give(opened("open_file"), (BLAST / "format_5.xml").read_bytes(), "b.xml")
        (_, hits) = (table.value for table in page.dataframe)
        assert [list(family) for family in hits["family"]] == [["Kinase"], ["class 3"]]
        assert "Families: of genes with the same name, else of the headers" in shown(page)

    def test_families_are_of_the_library(self, page):
        data = (BLAST / "format_6.txt").read_bytes().replace(b"gene_", b"human_")
        there = give(page.switch_page("pages/open_file.py").run(), data, "b.txt")
        (_, hits) = (table.value for table in there.dataframe)
        assert [list(family) for family in hits["family"]] == [["Kinase"], ["Synthase"]]
        assert list(hits["organism"]) == ["human", "human"]
        assert "of genes of the library default with the same name" in shown(there)

    def test_without_families_there_is_no_such_column(self, opened):
        page = give(opened("open_file"), (BLAST / "format_6.txt").read_bytes(), "b.txt")
        assert not {"family", "organism"} & set(page.dataframe[1].value)

    def test_has_a_graphic_summary(self, opened):
        data = (BLAST / "format_5.xml").read_bytes()
        page = give(opened("open_file"), data, "b.xml")
        found = read_blast_results(data, "b.xml")
        page.session_state[f"view {found.digest} 0"] = "Graphic summary"
        page.run()
        assert "Grey: family not known." in shown(page)
        (chart,) = page.get("vega_lite_chart")
        assert chart.proto

    @pytest.mark.parametrize("data", [b"", b"rubbish", b"\0\1\2", b"<html/>", b">a\nACGT\n"])
    def test_rubbish_is_refused_with_what_to_do(self, opened, data):
        page = give(opened("open_file"), data, "x.txt")
        (error,) = page.error
        assert "x" in error.value
        assert "\n" in error.value, "message and hint"
