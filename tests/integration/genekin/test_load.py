"""Reference sequences from Python, in every form."""

from uuid import uuid4

import pandas as pd
import pytest

import genekin
from core.sequences.records import Record
from tests.support.synthetic import FAMILY_NAMES, genes, table

DOG = genes("dog", 6)
ROWS = [(f"dog_{record.position}", record.residues, record.family) for record in DOG]
FRAME = pd.DataFrame(ROWS, columns=["name", "sequence", "class"])
FASTA = "".join(f">dog_{gene.position} class={gene.family}\n{gene.residues}\n" for gene in DOG)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def library(home):
    with genekin.open_library(f"test {uuid4().hex}", home=home) as library:
        yield library


@pytest.fixture
def load(library):
    """Load with the encoder that is quickest to fit."""

    def load(references, **options):
        return library.load(references, encoder="count", **options)

    return load


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "dog.tsv"
    path.write_text(table(DOG))
    return path


@pytest.mark.parametrize(
    "references",
    [DOG, ROWS, FRAME, FASTA, iter(ROWS)],
    ids=["records", "tuples", "table", "FASTA", "iterator"],
)
def test_the_same_genes_in_every_form(library, load, references):
    (loaded,) = load({"dog": references})
    assert (loaded.organism, loaded.added) == ("dog", 6)
    assert library.organisms == {"dog": 6}
    assert set(library.families) == {0, 1, 2}


def test_files_by_path_and_by_name(library, load, file):
    assert load({"dog": file})[0].added == 6
    again = load({"dog": str(file)})
    assert (again[0].added, again[0].known) == (0, 6)


def test_a_file_names_its_organism(library, load, file):
    load(file)
    assert library.organisms == {"dog": 6}


def test_several_organisms_at_once(library, load, file):
    loaded = load({"dog": file, "human": genes("human", 3)})
    assert [report.organism for report in loaded] == ["dog", "human"]
    assert library.organisms == {"dog": 6, "human": 3}


def test_families_have_names(library, load):
    load({"dog": DOG}, families=FAMILY_NAMES)
    assert library.families == FAMILY_NAMES


def test_families_have_names_of_a_file(library, load, tmp_path):
    names = tmp_path / "families.txt"
    names.write_text("class\tgene_family\n0\tKinase\n1\tSynthase\n2\tReceptor\n")
    load({"dog": DOG}, families=names)
    assert library.families[2] == "Receptor"


def test_families_by_name(library, load):
    load({"dog": [(name, residues, FAMILY_NAMES[family or 0]) for name, residues, family in ROWS]})
    assert sorted(library.families.values()) == sorted(FAMILY_NAMES.values())


def test_one_family_for_all(library, load):
    load({"dog": FASTA.replace(" class=", " x=")}, family="Kinase")
    assert list(library.families.values()) == ["Kinase"]


def test_the_pattern_of_families(library, load):
    load({"dog": FASTA.replace(" class=", " kind ")}, family_pattern=r"kind (\d)")
    assert set(library.families) == {0, 1, 2}


def test_organisms_are_replaced(library, load):
    load({"dog": DOG})
    (report,) = load({"dog": genes("other", 4)}, replace=True)
    assert report.replaced == 6
    assert library.organisms == {"dog": 4}


class TestRefused:
    def test_an_invalid_record_refuses_all(self, library, load):
        with pytest.raises(genekin.InputError, match=r"invalid character '!'.*valid_only=True"):
            load({"dog": [*ROWS, ("broken", "ACGT!" * 9, 1)]})
        with pytest.raises(genekin.LibraryError, match="There is no library"):
            library.organisms  # noqa: B018

    def test_or_is_left_out_with_a_note(self, library, load):
        loaded = load({"dog": [*ROWS, ("broken", "ACGT!" * 9, 1)]}, valid_only=True)
        assert library.organisms == {"dog": 6}
        assert any("1 of 7 records were left out" in note for note in loaded.notes)

    def test_records_without_families(self, load):
        with pytest.raises(genekin.InputError, match="family"):
            load({"dog": [Record("a", "ACGT" * 9, 1, 1)]})
        with pytest.raises(genekin.InputError, match=r"no families found.*family_pattern"):
            load({"dog": ">a\n" + "ACGT" * 9})

    @pytest.mark.parametrize(
        ("references", "reason"),
        [
            ({"dog": "none.fasta"}, "none.fasta cannot be read"),
            ({"a dog": DOG}, "Invalid organism name"),
            ({"dog": ["ACGT"]}, "is no reference record"),
            ({}, "There are no reference sequences"),
            ({"dog": []}, "the records"),
        ],
        ids=str,
    )
    def test_what_is_no_reference(self, load, references, reason):
        with pytest.raises(genekin.InputError, match=reason):
            load(references)

    def test_another_encoder(self, library, load):
        load({"dog": DOG})
        with pytest.raises(genekin.LibraryError, match="has the encoder count"):
            library.load({"cat": DOG}, encoder="translated")
