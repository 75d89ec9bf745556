import gzip
import io
import threading
import zipfile
from dataclasses import replace

import pytest

from components.shared import services
from core.library.load import load as load_records
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.sql.job_row import CANCELLED, DONE, FAILED, QUEUED, RUNNING
from core.stores.stores import Stores
from tests.support.jobs import submit_work
from tests.support.library_page import (
    choose,
    delete,
    ended,
    give,
    jobs,
    load,
    load_button,
    press,
    until,
    uploader,
)
from tests.support.pages import button, shown, widget
from tests.support.synthetic import FAMILY_NAMES, dna, genes, table

CAT = table(genes("cat", 6))
BAD = f"{CAT}ACG!\t1\n"
AS_LOADED = ["**human** · 12 genes", "**dog** · 4 genes"]


@pytest.fixture
def page(loaded, opened):
    return opened("library")


@pytest.fixture
def busy(page):
    """A job of the library that goes on until the test ends: what comes after it waits."""
    end = threading.Event()

    def wait(_progress):
        end.wait()

    submit_work(services.jobs(), wait, "default", title="a long wait")
    until(lambda: jobs()[0].state == RUNNING)
    yield end
    end.set()


def organisms(page):
    """The organisms that the page lists, with their genes."""
    return [
        element.value.replace("\\", "")
        for element in page.markdown
        if element.value.startswith("**")
    ]


def figures(page):
    return {metric.label: metric.value for metric in page.metric}


def issues(page):
    """Findings of the report, a line each."""
    return [line for line in shown(page).split("\n") if line.startswith("- ")]


def second_library(home, name="pets"):
    with Stores(Settings(home=home)) as stores:
        load_records(Libraries(stores), {"cat": genes("cat", 6)}, library=name, encoder="count")


class TestEmpty:
    def test_says_how_to_begin(self, opened):
        page = opened("library")
        assert page.title[0].value == "Library"
        assert "No organisms loaded yet. Start with the human reference" in shown(page)
        assert not button(page, "Load the human reference").disabled
        assert not jobs()

    def test_the_human_reference_is_one_click_away(self, opened):
        page = opened("library")
        widget(page.selectbox, "Encoder").select("count").run()
        press(page, "Load the human reference")
        assert organisms(page) == ["**human** · 3,629 genes"]
        text = shown(page)
        assert "human: 3,629 genes added; 4,380 records read, 751 exact copies" in text
        assert "G protein coupled receptors" in text

    def test_the_first_library_can_have_another_name_encoder_and_index(self, opened):
        page = opened("library")
        page.text_input(key="new_library").input("pets")
        widget(page.selectbox, "Encoder").select("count").run()
        widget(page.selectbox, "Index").select("HNSW").run()
        load(page, CAT)
        assert organisms(page) == ["**cat** · 6 genes"]
        assert widget(page.text_input, "Library name").value == "pets"
        assert "Encoder count · index HNSW" in shown(page)

    def test_a_library_whose_first_load_is_under_way_is_not_there_yet(self, opened):
        page = opened("library")
        seen = []

        def look(doing, done, total):
            if doing == "Loading":
                seen.append(shown(page.run()))

        load_records(services.libraries(), {"cat": genes("cat", 3)}, encoder="count", progress=look)
        assert [text.count("No organisms loaded yet.") for text in seen] == [1]
        assert organisms(page.run()) == ["**cat** · 3 genes"]


class TestLoaded:
    def test_lists_the_organisms_and_how_they_are_kept(self, page):
        assert organisms(page) == AS_LOADED
        text = shown(page)
        assert "16 genes of 2 organisms" in text
        assert "Encoder count · index FLAT · fingerprint " in text
        for family in FAMILY_NAMES.values():
            assert family in text


class TestTwoLibraries:
    def test_one_is_chosen_in_the_sidebar_for_all_pages(self, loaded, home, opened):
        second_library(home)
        page = opened("library")
        assert page.sidebar.selectbox[0].options == ["default", "pets"]
        assert organisms(page) == AS_LOADED
        page.sidebar.selectbox[0].select("pets").run()
        assert organisms(page) == ["**cat** · 6 genes"]
        page.switch_page("pages/classify.py").run()
        page.text_area(key="text").input(dna("cat 1")).run()
        button(page, "Classify").click().run()
        assert "closest organism cat · searched 6 genes" in shown(page)

    def test_a_large_one_in_milvus_lite_is_told_where_it_belongs(self, page, monkeypatch):
        assert not any("Milvus server" in element.value for element in page.info)
        monkeypatch.setattr("core.library.library.MAX_EMBEDDED_GENES", 15)
        page.run()
        (advice,) = [element.value for element in page.info if "Milvus server" in element.value]
        assert "GENEKIN_MILVUS_URI" in advice

    def test_a_single_one_needs_no_choice(self, page):
        assert not page.sidebar.selectbox

    def test_a_file_goes_into_the_one_that_is_chosen(self, loaded, home, opened):
        second_library(home)
        page = opened("library")
        page.sidebar.selectbox[0].select("pets").run()
        load(page, table(genes("hamster", 3)), name="hamster.txt")
        assert organisms(page)[:2] == ["**cat** · 6 genes", "**hamster** · 3 genes"]
        page.sidebar.selectbox[0].select("default").run()
        assert organisms(page) == AS_LOADED

    def test_each_keeps_its_own_threshold(self, loaded, home, opened):
        second_library(home)
        page = opened("library")
        page.slider[0].set_value(0.7).run()
        button(page, "Save threshold").click().run()
        page.sidebar.selectbox[0].select("pets").run()
        assert page.slider[0].value == 0.0
        page.sidebar.selectbox[0].select("default").run()
        assert page.slider[0].value == 0.7


class TestFile:
    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_becomes_an_organism(self, page, pack):
        load(page, pack(CAT.encode()))
        assert organisms(page)[:3] == [*AS_LOADED, "**cat** · 6 genes"]
        text = shown(page)
        assert "cat.txt → cat · cat: 6 genes added; 6 records read." in text.replace("**", "")
        assert "22 genes of 3 organisms" in text

    def test_is_checked_before_anything_is_loaded(self, page):
        give(page, CAT)
        assert figures(page) == {"Valid": "6", "Invalid": "0", "Ambiguous bases": "0.0%"}
        assert load_button(page).label == "Load 6 valid records"
        assert not issues(page)
        assert not page.get("download_button")
        assert organisms(page) == AS_LOADED
        assert not jobs()

    def test_a_second_time_adds_nothing(self, page):
        load(page, CAT)
        give(page, CAT)
        assert "6 records already present in the library." in issues(page)[0]
        ended(load_button(page).click().run())
        assert organisms(page)[2] == "**cat** · 6 genes"
        assert "cat: 0 genes added; 6 records read, 6 already present." in shown(page)

    def test_what_can_not_be_found_is_said(self, page):
        load(page, "sequence\tclass\nACGT\t1\n")
        text = shown(page)
        assert "cat: 1 gene added; 1 record read; 1 not indexed (too short," in text

    def test_where_no_family_is_named_it_says_where_to_name_one(self, page):
        give(page, f">a\n{dna('cat 1')}\n", name="cat.fasta")
        assert "Under *Import settings*, choose where the family is" in shown(page)
        widget(page.text_input, "Default family").input("Kinase").run()
        assert "Under *Import settings*" not in shown(page)

    def test_the_organisms_of_its_records_are_named(self, page):
        rows = "".join(
            f"{gene.residues}\t1\t{organism}\n"
            for organism in ("cat", "cow")
            for gene in genes(organism, 2)
        )
        give(page, f"sequence\tclass\torganism\n{rows}")
        assert "Valid records by organism: cat 2, cow 2" in shown(page)

    def test_of_a_zip_one_is_chosen_and_names_of_families_are_taken(self, page):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("old/cat.txt", table(genes("cat", 2)))
            archive.writestr("new/cat.txt", table(genes("cat", 5)))
            archive.writestr("gene_class.txt", "class\tgene_family\n7\tLigase\n")
        give(page, buffer.getvalue(), name="pets.zip")
        assert figures(page)["Valid"] == "2"
        choice = widget(page.selectbox, "File")
        assert choice.options == ["old-cat.txt", "new-cat.txt"]
        choice.select_index(1).run()
        assert figures(page)["Valid"] == "5"


class TestReport:
    def test_a_bad_record_is_named_with_its_line(self, page):
        give(page, BAD)
        assert figures(page) == {"Valid": "6", "Invalid": "1", "Ambiguous bases": "0.0%"}
        (issue,) = issues(page)
        assert "[error] 1 record with invalid characters; use IUPAC nucleotide codes." in issue
        assert "Record 7 (line 8) has an invalid character '!' at base 4;" in issue

    def test_of_many_the_first_is_an_example_and_the_lines_of_others_follow(self, page):
        give(page, CAT + "ACG!\t1\n" * 12)
        (issue,) = issues(page)
        assert "12 records with invalid characters; use IUPAC nucleotide codes." in issue
        assert "Record 7 (line 8)" in issue
        assert issue.endswith("Lines 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, …")

    def test_the_good_ones_are_loaded_when_told(self, page):
        give(page, BAD)
        assert organisms(page) == AS_LOADED
        ended(load_button(page).click().run())
        assert organisms(page)[2] == "**cat** · 6 genes"

    def test_the_bad_ones_can_be_downloaded(self, page):
        give(page, BAD)
        (download,) = page.get("download_button")
        assert download.label == "Download invalid records with reasons"

    def test_without_a_good_one_nothing_can_be_loaded(self, page):
        give(page, "sequence\tclass\nACG!\t1\n")
        assert load_button(page).disabled

    def test_counts_ambiguous_letters(self, page):
        give(page, f"sequence\tclass\n{'ACGTN' * 20}\t1\n")
        assert figures(page)["Ambiguous bases"] == "20.0%"

    def test_shows_the_families_that_the_file_would_bring(self, page):
        before = len(page.get("vega_lite_chart"))
        give(page, "sequence\tclass\nACGTACGTACGTACGTACGT\tLigase\n")
        assert len(page.get("vega_lite_chart")) == before + 1
        assert any("Ligase" in html.proto.body for html in page.get("html"))

    def test_what_a_file_says_is_shown_as_it_is(self, page):
        give(page, "sequence\tclass\nACG<\t:red[*x*]\n", name="<b>*.txt")
        (issue,) = [line for line in shown(page).split("\n") if "invalid characters" in line]
        assert "has an invalid character '<' at base 4" in issue
        written = next(
            element.value for element in page.markdown if "invalid characters" in element.value
        )
        assert written.count("<") == written.count(r"\<")
        assert written.count("*") == written.count(r"\*")


class TestOrganism:
    def test_is_proposed_from_the_name_of_the_file(self, page):
        give(page, CAT, name="Felis catus.txt")
        assert widget(page.text_input, "Organism").value == "Felis catus"
        ended(load_button(page).click().run())
        assert organisms(page)[2] == "**Felis_catus** · 6 genes"

    def test_is_the_person_s_to_change(self, page):
        load(page, CAT, organism="puma")
        assert organisms(page)[2] == "**puma** · 6 genes"

    @pytest.mark.parametrize(
        ("organism", "reason"),
        [
            ("", "has no organism"),
            ("  ", "has no organism"),
            ("9lives", "has an invalid organism name '9lives'; use letters"),
            ("<script>**x**", "has an invalid organism name '<script>**x**'; use letters"),
        ],
    )
    def test_one_that_cannot_be_is_refused(self, page, organism, reason):
        give(page, CAT, organism=organism)
        assert reason in issues(page)[0]
        assert figures(page)["Valid"] == "0"
        assert load_button(page).disabled

    def test_a_column_of_the_file_counts_more(self, page):
        rows = "".join(f"{dna(name)},1,{name}\n" for name in ("lion", "tiger"))
        load(page, f"sequence,class,organism\n{rows}", name="cats.csv")
        assert organisms(page)[2:4] == ["**lion** · 1 gene", "**tiger** · 1 gene"]


class TestHowItIsRead:
    def test_another_column_can_be_chosen(self, page):
        rows = "".join(f"{dna(n)},{dna(-n)},{n % 2}\n" for n in range(1, 5))
        give(page, f"cds,promoter,family\n{rows}", name="cat.csv")
        assert "2 columns contain sequences: 'cds', 'promoter'. Using 'cds';" in shown(page)
        widget(page.selectbox, "Sequence column").select("promoter").run()
        ended(load_button(page).click().run())
        (cat,) = services.libraries().open().sequences("cat", 1)
        assert cat.residues == dna(-1)

    def test_a_column_of_too_many_families_can_be_changed(self, page):
        rows = "".join(f"{dna(n)},gene {n},{n % 2}\n" for n in range(1_001))
        give(page, f"sequence,family,kind\n{rows}", name="cat.csv")
        assert "cat.csv: the column 'family' has 1,001 different values;" in shown(page)
        widget(page.selectbox, "Family column").select("kind").run()
        assert figures(page)["Valid"] == "1,001"

    def test_organisms_of_similar_names_are_named(self, page):
        rows = "".join(f"{dna(name)},1,{name}\n" for name in ("E. coli", "E-coli", "HUMAN"))
        give(page, f"sequence,class,organism\n{rows}", name="cats.csv")
        text = shown(page)
        assert "Spellings of organisms: 'E. coli', 'E-coli' are read as 'E_coli'." in text

    def test_columns_of_one_name_are_told_apart(self, page):
        give(page, f"name,name,sequence,class\na,b,{dna(1)},1\n", name="cat.csv")
        choice = widget(page.selectbox, "Name column")
        assert choice.options == ["–", "name", "name (2)", "sequence", "class"]
        choice.select("name (2)").run()
        ended(load_button(page).click().run())
        assert [row.name for row in services.libraries().open().sequences("cat")] == ["b"]

    def test_without_a_column_of_families_one_can_be_given_for_all(self, page):
        give(page, f"sequence\n{dna(1)}\n{dna(2)}\n")
        assert "2 records without a family." in shown(page)
        widget(page.text_input, "Default family").input("Kinase").run()
        assert figures(page)["Valid"] == "2"

    def test_a_mended_file_of_the_same_name_is_looked_at_anew(self, page):
        give(page, f"sequence\n{dna(1)}\n{dna(2)}\n")
        assert figures(page)["Valid"] == "0"
        give(page, f"sequence\tclass\n{dna(1)}\t1\n{dna(2)}\t1\n")
        assert figures(page)["Valid"] == "2"

    @pytest.mark.parametrize(
        ("choice", "good"),
        [("Reject all", "0"), ("Keep the first", "1"), ("Drop", "0")],
    )
    def test_what_becomes_of_a_sequence_with_two_families_is_chosen(self, page, choice, good):
        give(page, f"sequence\tclass\n{dna(1)}\t0\n{dna(1)}\t1\n")
        widget(page.selectbox, "Conflicting families").select(choice).run()
        assert figures(page)["Valid"] == good

    def test_fasta_says_family_and_organism_in_its_headers(self, page):
        fasta = f">a class=0 organism=lion\n{dna(1)}\n>b class=1 organism=lion\n{dna(2)}\n"
        load(page, fasta, name="cats.fa")
        assert organisms(page)[2] == "**lion** · 2 genes"

    def test_a_pattern_finds_the_families_of_other_headers(self, page):
        give(page, f">a kinase-like\n{dna(1)}\n>b kinase-like\n{dna(2)}\n", name="cat.fa")
        assert figures(page)["Valid"] == "0"
        pattern = next(element for element in page.text_input if "regex" in element.label)
        pattern.input(r"(\w+)-like").run()
        assert figures(page)["Valid"] == "2"
        pattern = next(element for element in page.text_input if "regex" in element.label)
        pattern.input("(").run()
        (error,) = page.error
        assert "Invalid pattern" in error.value
        assert "Something went wrong" not in shown(page)


class TestFamilyNames:
    def test_are_given_beside(self, page):
        load(page, "sequence\tclass\nACGTACGTAC\t7\n", families="7\t<i>Ligase</i>\n")
        assert "&lt;i&gt;Ligase&lt;/i&gt;" in shown(page)

    def test_are_shown_as_long_as_a_gene_has_them(self, page):
        load(page, f"sequence\tclass\n{dna(1)}\t7\n", families="7\tLigase\n")
        delete(page, "cat")
        assert services.libraries().open().families[7] == "Ligase"
        assert "Ligase" not in shown(page)

    def test_numbers_are_those_of_the_library_by_name(self, page):
        load(page, f"sequence\tclass\n{dna(1)}\t7\n", families="7\tIon channel\n")
        (cat,) = services.libraries().open().sequences("cat")
        assert cat.family == 2

    def test_families_without_a_name_have_their_number(self, page):
        assert "class 7" in shown(load(page, "sequence\tclass\nACGTACGTAC\t7\n"))

    def test_alone_they_are_no_reference(self, page):
        give(page, "class\tgene_family\n7\tLigase\n")
        assert "contains family names but no sequences." in shown(page)

    def test_a_bad_table_is_refused_by_line(self, page):
        give(page, CAT, families="class\tgene_family\n1\tKinase\n1\tLigase\n")
        assert "families.txt, line 3: class 1 has two names." in shown(page)
        assert len(page.error) == 1


class TestBadFile:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("", "cat.txt is empty."),
            ("sequence\tclass\n", "cat.txt has a header but no records."),
            (f"ACGT\n>a\n{dna(1)}\n", "cat.txt, line 2: FASTA header after"),
            ("what is this?", "cat.txt is not a supported format: no FASTA, FASTQ,"),
            (b"\x89PNG\0\xff", "cat.txt: PNG images are not supported."),
            (gzip.compress(CAT.encode(), mtime=0)[:-9], "cat.txt is a damaged gzip file."),
            ("a,b\n1,2\n3,4\n", "cat.txt: no sequence column found."),
        ],
    )
    def test_is_refused_in_plain_words(self, page, content, reason):
        give(page, content)
        (error,) = page.error
        assert reason in shown(page)
        assert "Something went wrong" not in error.value
        assert organisms(page) == AS_LOADED
        assert not jobs()

    def test_the_rest_of_the_page_stays(self, page):
        give(page, "")
        assert uploader(page, "Upload").value.name == "cat.txt"
        assert page.radio(key="source").value == "Upload a file"
        load(page, CAT)
        assert organisms(page)[2] == "**cat** · 6 genes"


class TestPublished:
    def test_says_that_it_is_downloaded_and_loads_nothing_unasked(self, page):
        choose(page, "Human–chimp–dog set")
        text = shown(page)
        assert "6,121 distinct genes of human, chimpanzee and dog" in text
        assert "requires internet" in text
        assert button(page, "Download and load all three")
        assert button(page, "Load the human reference")
        assert not jobs()


class TestSimulated:
    def test_needs_an_organism(self, opened):
        page = choose(opened("library"), "Simulate")
        assert "Load an organism first: simulations start from its genes." in shown(page)

    def test_are_called_simulated(self, page):
        choose(page, "Simulate")
        assert "substitutes some of their bases at random" in shown(page)
        widget(page.selectbox, "Organism").select("dog").run()
        press(page, "Simulate and load")
        assert organisms(page)[2] == "**simulated_dog_5** · 4 genes"
        assert "simulated: dog with 5.0% of its bases substituted (seed 1)" in shown(page)
        (first,) = services.libraries().open().sequences("simulated_dog_5", 1)
        assert first.name.startswith("simulated_dog")
        assert first.residues != genes("dog", 1)[0].residues

    def test_diverge_as_far_as_told(self, page):
        choose(page, "Simulate")
        widget(page.selectbox, "Organism").select("dog")
        widget(page.slider, "Divergence").set_value(0.2).run()
        press(page, "Simulate and load")
        assert organisms(page)[2] == "**simulated_dog_20** · 4 genes"


class TestJobs:
    def test_the_same_is_refused_while_it_is_under_way(self, busy, page):
        give(page, CAT)
        load_button(page).click().run()
        assert not page.error
        load_button(page).click().run()
        assert "This job is already running." in shown(page)
        assert "See its progress in the job list." in shown(page)
        assert [job.state for job in jobs()].count(QUEUED) == 1

    def test_the_same_sequences_in_other_families_are_something_else(self, busy, page):
        for family in (0, 1):
            give(page, f"sequence\tclass\n{dna(1)}\t{family}\n")
            load_button(page).click().run()
        assert not page.error
        assert [job.state for job in jobs()].count(QUEUED) == 2

    def test_one_that_waits_says_so(self, busy, page):
        give(page, CAT)
        load_button(page).click().run()
        assert "cat.txt → cat** · Queued (2nd)" in shown(page)
        assert organisms(page) == AS_LOADED

    def test_can_be_cancelled(self, busy, page):
        give(page, CAT)
        load_button(page).click().run()
        page.button(key=f"cancel {jobs()[0].id}").click().run()
        until(lambda: jobs()[0].state == CANCELLED)
        assert "cat.txt → cat** · Cancelled. No results saved." in shown(page.run())
        assert organisms(page) == AS_LOADED

    def test_one_that_is_asked_to_end_says_so_until_it_has(self, busy, page):
        services.jobs().cancel(jobs()[0].id)
        page.run()
        assert "a long wait** · Cancelling…" in shown(page)
        assert button(page, "Cancel").disabled

    def test_one_that_failed_says_why(self, busy, page):
        give(page, CAT)
        load_button(page).click().run()
        meanwhile = replace(genes("cat", 1)[0], family=2)
        load_records(services.libraries(), {"cat": [meanwhile]})
        busy.set()
        ended(page)
        assert jobs()[0].state == FAILED
        text = shown(page)
        assert "cat.txt → cat** · Record 1 (line 2) has the family 0; the library" in text
        assert "Nothing was loaded. Correct" in text
        assert organisms(page)[2] == "**cat** · 1 gene"

    def test_after_one_has_ended_its_file_is_gone_and_no_warning_stays(self, page):
        give(page, CAT)
        ended(load_button(page).click().run())
        assert page.radio(key="source").value == "Upload a file"
        assert uploader(page, "Upload").value is None
        assert not issues(page)
        assert not page.metric
        assert not page.warning
        assert "cat: 6 genes added" in shown(page)

    def test_the_file_of_one_that_failed_stays(self, busy, page):
        give(page, CAT)
        load_button(page).click().run()
        services.jobs().cancel(jobs()[0].id)
        busy.set()
        ended(page)
        assert jobs()[0].state == CANCELLED
        assert figures(page)["Valid"] == "6"

    def test_the_last_five_are_shown(self, page):
        for number in range(6):
            give(page, table(genes(f"cat{number}", 1)), name=f"cat{number}.txt")
            ended(load_button(page).click().run())
        assert [job.state for job in jobs()] == [DONE] * 6
        assert len(page.success) == 5
        assert "cat5" in page.success[0].value


class TestThreshold:
    def test_is_kept_when_told(self, page):
        assert button(page, "Save threshold").disabled
        page.slider[0].set_value(0.6).run()
        assert services.libraries().open().threshold == 0.0
        button(page, "Save threshold").click().run()
        assert services.libraries().open().threshold == 0.6
        assert button(page, "Save threshold").disabled


class TestRename:
    def test_gives_another_name(self, page):
        assert button(page, "Rename").disabled
        widget(page.text_input, "Library name").input("mammals").run()
        button(page, "Rename").click().run()
        assert services.libraries().names() == ["mammals"]
        assert organisms(page) == AS_LOADED
        assert not page.error

    def test_a_load_that_waits_goes_into_it_all_the_same(self, busy, page):
        give(page, CAT)
        load_button(page).click().run()
        services.libraries().rename("default", "mammals")
        busy.set()
        ended(page)
        assert services.libraries().names() == ["mammals"]
        assert organisms(page.run())[:3] == [*AS_LOADED, "**cat** · 6 genes"]

    def test_of_one_of_two_keeps_it_chosen(self, loaded, home, opened):
        second_library(home)
        page = opened("library")
        page.sidebar.selectbox[0].select("pets").run()
        widget(page.text_input, "Library name").input("a zoo").run()
        button(page, "Rename").click().run()
        assert not page.error
        assert page.sidebar.selectbox[0].value == "a zoo"
        assert organisms(page) == ["**cat** · 6 genes"]

    def test_a_name_that_is_taken_is_refused(self, loaded, home, opened):
        second_library(home)
        page = opened("library")
        widget(page.text_input, "Library name").input("pets").run()
        button(page, "Rename").click().run()
        assert "A library named 'pets' already exists." in shown(page)
        assert organisms(page) == AS_LOADED

    def test_an_empty_name_is_refused(self, page):
        widget(page.text_input, "Library name").input("").run()
        button(page, "Rename").click().run()
        assert "Invalid library name: ''." in shown(page)


class TestRemoveLibrary:
    @pytest.mark.parametrize("typed", ["", "Default", "default "])
    def test_needs_its_name_typed(self, page, typed):
        page.button(key="delete library").click().run()
        page.text_input(key="confirm deletion").input(typed)
        page.button(key="delete permanently").click().run()
        assert "Not deleted: the name is default." in shown(page)
        assert services.libraries().names() == ["default"]

    def test_a_load_that_waits_does_not_bring_it_back(self, busy, page):
        give(page, CAT)
        load_button(page).click().run()
        services.libraries().delete("default")
        busy.set()
        ended(page)
        assert services.libraries().names() == []
        assert jobs()[0].state == FAILED
        assert jobs()[0].message == "The library has been deleted in the meantime."

    def test_takes_all_of_it_away(self, page):
        delete(page, "default", "delete library")
        assert "No organisms loaded yet." in shown(page)
        assert services.libraries().names() == []

    def test_of_one_of_two_leads_to_the_other(self, loaded, home, opened):
        second_library(home)
        page = opened("library")
        page.sidebar.selectbox[0].select("pets").run()
        delete(page, "pets", "delete library")
        assert not page.error
        assert organisms(page) == AS_LOADED


class TestRemove:
    def test_asks_twice_before_it_deletes(self, page):
        page.button(key="delete dog").click().run()
        (warning,) = page.error
        assert "All 4 genes of dog will be deleted from the library default" in shown(page)
        assert "This cannot be undone." in warning.value
        page.button(key="delete permanently").click().run()
        assert "Not deleted: the name is dog." in shown(page)
        assert organisms(page)[:2] == AS_LOADED

    def test_can_be_cancelled(self, page):
        page.button(key="delete dog").click().run()
        page.button(key="cancel deletion").click().run()
        assert organisms(page) == AS_LOADED
        assert not page.error

    def test_takes_an_organism_away(self, page):
        delete(page, "dog")
        assert organisms(page) == ["**human** · 12 genes"]
        assert not page.error

    def test_the_last_one_leaves_the_beginning(self, page):
        delete(page, "dog")
        delete(page, "human")
        assert "No organisms loaded yet." in shown(page)


class TestSimilarFamilies:
    FILE = "sequence\tfamily\n" + "".join(
        f"{dna(number)}\t{family}\n"
        for number, family in enumerate(("GPCR", "GPCR", "G protein coupled receptors", "Lipase"))
    )

    def question(self, page):
        (found,) = [element for element in page.radio if element.label.startswith("**GPCR**")]
        return found

    def test_are_offered_as_one(self, page):
        give(page, self.FILE)
        assert self.question(page).label == "**GPCR** · 2 records"
        assert "has the new family 'G protein coupled receptors'" in issues(page)[0]
        ended(load_button(page).click().run())
        names = services.libraries().open().families.values()
        assert "G protein coupled receptors" in names
        assert "GPCR" not in names

    def test_can_be_two(self, page):
        give(page, self.FILE)
        self.question(page).set_value(False).run()
        assert "has the new family 'GPCR'" in issues(page)[0]
        ended(load_button(page).click().run())
        assert "GPCR" in services.libraries().open().families.values()

    def test_that_look_like_no_other_bring_no_question(self, page):
        give(page, f"sequence\tfamily\n{dna(1)}\tLipase\n")
        assert [element.key for element in page.radio] == ["source"]


class TestKeptFile:
    def test_is_still_there_on_the_way_back(self, page):
        give(page, CAT, organism="puma")
        page.switch_page("pages/history.py").run()
        page.switch_page("pages/library.py").run()
        assert page.radio(key="source").value == "Upload a file"
        assert figures(page)["Valid"] == "6"
        assert "cat.txt · " in shown(page)
        load_button(page)

    def test_is_still_there_after_another_source(self, page):
        give(page, CAT)
        choose(page, "Simulate")
        choose(page, "Upload a file")
        assert figures(page)["Valid"] == "6"

    def test_can_be_removed(self, page):
        give(page, CAT)
        choose(page, "Simulate")
        choose(page, "Upload a file")
        button(page, "Remove").click().run()
        assert not page.metric
        assert "cat.txt" not in shown(page)
