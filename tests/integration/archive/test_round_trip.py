"""An imported library answers as the exported one, wherever it is deployed."""

import json
import zipfile

import pytest
from sqlalchemy import update

from core.classify import classify
from core.errors import InputError, LibraryError, StoreError
from core.library.archive import export_library, import_library
from core.library.load import load as load_records
from core.library.manager import Libraries
from core.sequences.records import Record
from core.settings import Settings
from core.stores.sql.schema import sequences
from core.stores.stores import Stores
from tests.integration.archive.conftest import LIMITS
from tests.support.contents import NOTHING, contents, require_agreement
from tests.support.evolution import member
from tests.support.faults import failing
from tests.support.synthetic import dna, genes

QUERIES = [
    *(Record(f"far_{family}", member(family, "asked", 0.4), family + 1, 1) for family in range(4)),
    Record("noise", dna("noise", 400), 5, 1),
    *genes("human", 2),
]


def require_same_answers(one, other):
    """Check that two libraries give the same answers, as exactly as servers compute."""
    (texts, numbers), (expected_texts, expected_numbers) = answers(*one), answers(*other)
    assert texts == expected_texts
    assert numbers == pytest.approx(expected_numbers, abs=1e-5)


def answers(libraries, name):
    """Return what a person sees of the answers: texts and numbers.

    Genes that share nothing with a query are interchangeable.
    """
    texts: list[tuple[object, ...]] = []
    numbers: list[float] = []
    for call in classify(libraries.open(name), QUERIES):
        hits = sorted(
            (hit for hit in call.hits if hit.score > 0), key=lambda hit: (hit.organism, hit.name)
        )
        texts.append((call.status, call.family, call.organism, call.strand, call.frame))
        texts += [(hit.organism, hit.name, hit.family) for hit in hits]
        numbers += [call.confidence, *(hit.score for hit in hits)]
    return texts, numbers


class TestRoundTrip:
    @pytest.mark.parametrize("name", ["lab", "counted"])
    def test_gives_a_library_that_answers_alike(self, source, archives, here, name):
        report = import_library(here, archives / f"{name}.zip", limits=LIMITS, by="grace")

        old, new = source.open(name), here.open(name)
        assert report.library == name
        assert (new.fingerprint, new.index, new.threshold) == (
            old.fingerprint,
            old.index,
            old.threshold,
        )
        assert new.families == old.families
        assert [(organism.name, organism.families) for organism in new.organisms()] == [
            (organism.name, organism.families) for organism in old.organisms()
        ]
        require_same_answers((here, name), (source, name))
        require_agreement(contents(here, name))

    def test_keeps_the_order_and_the_names_of_sequences(self, source, archives, here):
        import_library(here, archives / "counted.zip", "ordered", limits=LIMITS)

        assert [(row.name, row.residues) for row in here.open("ordered").sequences("human")] == [
            (row.name, row.residues) for row in source.open("counted").sequences("human")
        ]

    def test_says_where_it_came_from(self, archives, here):
        import_library(
            here, archives / "lab.zip", "told", limits=LIMITS, display_name="a.zip", by="ada"
        )

        organisms = {organism.name: organism.id for organism in here.open("told").organisms()}
        (load,) = here.stores.labels.loads_by_organism(here.library_row("told").id)[
            organisms["human"]
        ]
        assert (load.by, load.count) == ("ada", 18)
        assert load.source.startswith("a.zip, exported 20")
        assert load.source.endswith(" from lab (there: lab.fasta)")

    def test_what_was_imported_can_be_added_to(self, archives, here):
        import_library(here, archives / "counted.zip", "grows", limits=LIMITS)
        report = load_records(here, {"human": [*genes("human"), *genes("new", 2)]}, library="grows")
        assert (report.organisms[0].known, report.organisms[0].added) == (9, 2)

    def test_goes_to_a_server_and_back(self, source, archives, deployed, name):
        import_library(deployed, archives / "counted.zip", name, limits=LIMITS)
        require_same_answers((deployed, name), (source, "counted"))

        export_library(deployed, name, archives / "back.zip")
        import_library(source, archives / "back.zip", name, limits=LIMITS)
        require_same_answers((source, name), (source, "counted"))


class TestExport:
    def test_of_the_same_library_is_the_same_but_for_its_date(self, source, archives, tmp_path):
        assert export_library(source, "lab", tmp_path / "again.zip") == 30

        members = [zipfile.ZipFile(path) for path in (archives / "lab.zip", tmp_path / "again.zip")]
        first, second = (
            {name: archive.read(name) for name in archive.namelist()} for archive in members
        )
        manifests = [json.loads(contents.pop("manifest.json")) for contents in (first, second)]
        assert first == second
        for manifest in manifests:
            del manifest["exported_at"]
        assert manifests[0] == manifests[1]
        assert set(first) >= {"sequences.jsonl", "encoder/keys.npy", "caller/weights.npy"}

    def test_says_what_is_in_it(self, archives):
        manifest = json.loads(zipfile.ZipFile(archives / "lab.zip").read("manifest.json"))
        (human, _) = manifest["organisms"]
        assert (human["name"], human["sequences"]) == ("human", 18)
        (load,) = human["loads"]
        assert (load["source"], load["by"], load["sequences"]) == ("lab.fasta", "ada", 18)
        assert manifest["members"]["sequences.jsonl"].keys() == {"bytes", "sha256"}

    def test_tells_how_far_it_is(self, source, tmp_path):
        steps = []
        export_library(source, "lab", tmp_path / "a.zip", progress=lambda *step: steps.append(step))
        assert steps == [("Exporting", 30, 30)]

    def test_of_what_is_not_there_writes_nothing(self, source, tmp_path):
        with pytest.raises(LibraryError, match="There is no library 'nowhere'"):
            export_library(source, "nowhere", tmp_path / "a.zip")
        assert not list(tmp_path.iterdir())

    def test_that_ends_early_leaves_what_was_there(self, source, tmp_path):
        path = tmp_path / "a.zip"
        path.write_text("an older one")
        with failing(source, "labels", "sequences", KeyboardInterrupt(), call=2):
            export_library(source, "lab", path)
        assert path.read_text() == "an older one"
        assert list(tmp_path.iterdir()) == [path]

    def test_into_a_folder_that_is_not_there_is_refused(self, source, tmp_path):
        with pytest.raises(InputError, match="cannot be written: No such file or directory"):
            export_library(source, "lab", tmp_path / "missing" / "a.zip")


class TestNamesOfEarlierVersions:
    """Names that nobody could enter today, in a database that has them."""

    @pytest.fixture
    def old(self, tmp_path):
        with Stores(Settings(home=tmp_path / "old")) as stores:
            libraries = Libraries(stores)
            load_records(libraries, {"human": genes("human")}, library="old", encoder="count")
            row = libraries.library_row("old")
            stores.labels.name_families(row.id, {0: "Ki\u202enase", 1: "\0", 2: "Ligase"})
            with stores.database.begin("renaming") as connection:
                connection.execute(update(sequences).values(name="a\u2066b\0"))
            yield libraries

    def test_are_read_and_can_be_added_to(self, old):
        library = old.open("old")
        assert library.families == {0: "Ki\u202enase", 1: "\0", 2: "Ligase"}
        assert classify(library, genes("human", 1))[0].family == "Ki\u202enase"
        load_records(
            old, {"dog": genes("dog", 3)}, library="old", families=library.families | {3: "New"}
        )
        assert old.open("old").families == library.families | {3: "New"}

    def test_lose_what_nobody_sees_when_they_are_exported(self, old, here, tmp_path):
        export_library(old, "old", tmp_path / "old.zip")
        import_library(here, tmp_path / "old.zip", limits=LIMITS)
        library = here.open("old")
        assert library.families == {0: "Kinase", 1: "class 1", 2: "Ligase"}
        assert {row.name for row in library.sequences("human")} == {"ab"}
        here.delete("old")


class TestImport:
    def test_never_takes_the_name_of_another(self, archives, here):
        import_library(here, archives / "counted.zip", "taken", limits=LIMITS)
        before = contents(here, "taken")
        with pytest.raises(InputError) as raised:
            import_library(here, archives / "lab.zip", "taken", limits=LIMITS)
        assert str(raised.value) == (
            "A library named 'taken' already exists. Import it under another name."
        )
        assert contents(here, "taken") == before

    @pytest.mark.parametrize(
        "failure",
        [
            ("labels", "add_library", KeyboardInterrupt()),
            ("vectors", "create", StoreError("no connection")),
            ("labels", "save_model", StoreError("no disk")),
            ("labels", "set_threshold", KeyboardInterrupt()),
            ("vectors", "upsert", StoreError("no connection")),
            ("labels", "finish_load", StoreError("no disk")),
        ],
        ids=lambda failure: failure[1],
    )
    def test_that_fails_leaves_nothing(self, archives, here, failure):
        when = "before" if failure[1] == "finish_load" else "after"
        with failing(here, *failure, when=when):
            import_library(here, archives / "lab.zip", "failed", limits=LIMITS)
        assert contents(here, "failed") == NOTHING
