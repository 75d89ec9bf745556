"""Profile HMMs of a library: what they change, what not, and how they are kept."""

import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, event, func, select, update
from sqlalchemy.exc import OperationalError

from core.access import Access, Role, User
from core.backup import restore_backup, write_backup
from core.calls import Status
from core.classify import classify
from core.cli.status import describe
from core.errors import ForbiddenError, InputError, LibraryError, StoreError
from core.library import profiles as library_profiles
from core.library.archive import export_library, import_library
from core.library.load import load
from core.library.manager import Libraries
from core.library.profiles import add_profiles, list_profiles, remove_profiles
from core.library.refit import refit
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import Settings
from core.stores.sql.schema import libraries as library_table
from core.stores.sql.schema import profile_arrays
from core.stores.sql.schema import profiles as profile_table
from core.stores.stores import Stores
from tests.support.profiles import (
    FAMILIES,
    distant_member,
    distant_members,
    profile,
    profile_file,
)
from tests.support.synthetic import FAMILY_NAMES, dna, genes

FILE = profile_file()
QUERIES = [
    Record(f"{family} {number}", distant_member(family, f"query {number}"), row, row, family)
    for row, (family, number) in enumerate(
        ((family, number) for family in FAMILIES for number in range(6)), start=1
    )
]
NEAR = distant_members("human")[:3]
NEW = [Record(f"new {number}", distant_member("new", number), 1, 1) for number in range(8)]
"""Members of a family that the library does not have."""
NOISE = [Record(f"noise {number}", dna(f"noise {number}", 600), 1, 1) for number in range(5)]


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)]
)
def settings(request, tmp_path_factory) -> Settings:
    """Milvus Lite, beside SQLite or MariaDB."""
    home = tmp_path_factory.mktemp("profiles")
    if request.param == "sqlite":
        return Settings(home=home)
    url = request.getfixturevalue("mariadb").url(f"profiles_{uuid4().hex}")
    return Settings(home=home, database_url=SecretStr(url))


@pytest.fixture(scope="module")
def stores(settings) -> Iterator[Stores]:
    with Stores(settings) as stores:
        load(
            Libraries(stores), {"human": distant_members("human")}, library="lab", families=FAMILIES
        )
        yield stores


@pytest.fixture
def lab(stores) -> Iterator[Libraries]:
    """A library whose families only profiles can tell apart; it has none before and after."""
    libraries = Libraries(stores)
    yield libraries
    remove_profiles(libraries, "lab")


@contextmanager
def refusing(libraries, statement):
    """Let the database fail at statements that begin like this."""

    def refuse(_connection, _cursor, text, *_others):
        if text.startswith(statement):
            raise OperationalError(text, {}, Exception("out of order"))

    engine = libraries.stores.database.engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


def answers(libraries, records=(*QUERIES, *NEAR, *NOISE), name="lab"):
    return classify(libraries.open(name), records)


def correct(calls):
    """Queries that are called right, and those that are called wrong."""
    called = [
        (call, record)
        for call, record in zip(calls, QUERIES, strict=False)
        if call.status is Status.CALLED
    ]
    right = sum(call.family_id == record.family for call, record in called)
    return right, len(called) - right


class TestAnswers:
    def test_what_is_unknown_without_profiles_is_called_right_with_them(self, lab):
        assert correct(answers(lab)) == (0, 0)
        add_profiles(lab, "lab", FILE, "families.hmm")
        right, wrong = correct(answers(lab))
        assert right >= len(QUERIES) / 3
        assert wrong == 0

    def test_say_which_profile_it_was_and_where(self, lab):
        add_profiles(lab, "lab", FILE, "families.hmm")
        flank = dna("flank", 60)
        query = Record("query", flank + QUERIES[0].residues, 1, 1)
        (call,) = answers(lab, [query])
        best = call.profiles[0]
        assert (best.name, best.family, best.strand, best.frame) == ("profile_0", 0, "+", 1)
        assert len(flank) < best.start < best.end <= call.length
        assert best.e_value < 1e-3

    def test_queries_with_a_near_relative_are_answered_as_before(self, lab):
        before = answers(lab, NEAR)
        add_profiles(lab, "lab", FILE, "families.hmm")
        assert [replace(call, reason="") for call in answers(lab, NEAR)] == before
        assert not any(call.profiles for call in answers(lab, NEAR))

    def test_noise_stays_unknown(self, lab):
        add_profiles(lab, "lab", FILE, "families.hmm")
        assert {call.status for call in answers(lab, NOISE)} == {Status.UNKNOWN}

    def test_removing_them_restores_the_answers(self, lab):
        before, contents = answers(lab), lab.open("lab").contents()
        add_profiles(lab, "lab", FILE, "families.hmm")
        assert answers(lab) != before
        assert lab.open("lab").contents() != contents
        assert remove_profiles(lab, "lab") == len(FAMILIES)
        assert answers(lab) == before
        assert lab.open("lab").contents() == contents

    def test_irrelevant_profiles_change_nothing(self, lab):
        before = answers(lab)
        file = "".join(profile(f"other {number}", f"other_{number}") for number in range(4))
        add_profiles(lab, "lab", file.encode(), "other.hmm")
        assert [call.to_json() for call in answers(lab)] == [call.to_json() for call in before]

    def test_a_family_that_the_user_gives_counts_before_any_gene_shows_it(self, lab):
        file = profile("new", "new_1").encode()
        add_profiles(lab, "lab", file, "new.hmm", families={"new_1": "ion channel"})
        (summary,) = list_profiles(lab, "lab").profiles
        assert (summary.named, summary.clusters) == (2, {})
        matched = [call for call in answers(lab, NEW) if call.profiles]
        assert len(matched) >= 2
        assert {call.family_id for call in matched} == {2}

    def test_a_description_that_is_a_family_gives_it_too(self, lab):
        add_profiles(lab, "lab", profile("new", "new_2", "receptor").encode(), "new.hmm")
        assert list_profiles(lab, "lab").profiles[0].named == 3


class TestLibrary:
    def test_the_families_are_learned_from_its_genes(self, lab):
        found = add_profiles(lab, "lab", FILE, "families.hmm")
        assert found == list_profiles(lab, "lab")
        assert found.weight > 0
        for family, summary in enumerate(found.profiles):
            assert list(summary.clusters) == [family]

    def test_a_second_file_is_added_to_the_first(self, lab):
        add_profiles(lab, "lab", profile_file(0, 1), "first.hmm")
        add_profiles(lab, "lab", profile_file(2, 3), "second.hmm")
        together = answers(lab)
        remove_profiles(lab, "lab")
        add_profiles(lab, "lab", FILE, "families.hmm")
        assert answers(lab) == together

    def test_some_can_be_removed(self, lab):
        add_profiles(lab, "lab", FILE, "families.hmm")
        remove_profiles(lab, "lab", ["profile_1", "profile_2", "profile_3"])
        only = answers(lab)
        remove_profiles(lab, "lab")
        add_profiles(lab, "lab", profile_file(0), "one.hmm")
        assert answers(lab) == only

    def test_names_that_it_has_are_refused(self, lab):
        add_profiles(lab, "lab", profile_file(0), "one.hmm")
        with pytest.raises(InputError, match=r"has these profiles already: profile_0"):
            add_profiles(lab, "lab", FILE, "families.hmm")
        assert len(list_profiles(lab, "lab").profiles) == 1

    @pytest.mark.parametrize(
        ("families", "message"),
        [
            ({"profile_9": "Kinase"}, "no profile 'profile_9'"),
            ({"profile_0": "Unheard"}, "no family 'Unheard'"),
        ],
    )
    def test_families_that_cannot_be_given_are_refused(self, lab, families, message):
        with pytest.raises(InputError, match=message):
            add_profiles(lab, "lab", FILE, "families.hmm", families=families)

    def test_only_what_is_there_can_be_removed(self, lab):
        with pytest.raises(InputError, match="no profile 'profile_0'"):
            remove_profiles(lab, "lab", ["profile_0"])
        assert remove_profiles(lab, "lab") == 0

    def test_a_library_of_another_encoder_can_have_none(self, lab):
        load(
            lab,
            {"human": genes("human", 6)},
            library="count",
            encoder="count",
            families=FAMILY_NAMES,
        )
        with pytest.raises(LibraryError, match="encoder count"):
            add_profiles(lab, "count", FILE, "families.hmm")

    def test_limits_are_those_of_the_library(self, lab, monkeypatch):
        add_profiles(lab, "lab", profile_file(0), "one.hmm")
        monkeypatch.setattr(library_profiles, "MAX_PROFILES", 2)
        with pytest.raises(InputError, match="more than 2 profiles"):
            add_profiles(lab, "lab", profile_file(1, 2), "two.hmm")
        monkeypatch.setattr(library_profiles, "_MAX_STATES", 400)
        with pytest.raises(InputError, match="more than 400 states"):
            add_profiles(lab, "lab", profile_file(1), "two.hmm")

    def test_changes_are_for_curators(self, lab):
        reader = lab.acting_as(Access(User("rita", Role.READER)))
        with pytest.raises(ForbiddenError, match="change profiles needs the role curator"):
            add_profiles(reader, "lab", FILE, "families.hmm")
        with pytest.raises(ForbiddenError):
            remove_profiles(reader, "lab")
        curator = lab.acting_as(Access(User("carl", Role.CURATOR)))
        add_profiles(curator, "lab", FILE, "families.hmm")
        assert len(list_profiles(reader, "lab").profiles) == len(FAMILIES)

    def test_calibration_and_refit_keep_them(self, lab):
        add_profiles(lab, "lab", FILE, "families.hmm")
        before = answers(lab, QUERIES)
        lab.calibrate("lab")
        assert answers(lab, QUERIES) == before
        refit(lab, "lab")
        assert answers(lab, QUERIES) == before
        assert lab.open("lab").profiles is not None

    def test_pyhmmer_is_not_imported_without_profiles(self, lab, monkeypatch):
        for module in [name for name in sys.modules if name.partition(".")[0] == "pyhmmer"]:
            monkeypatch.delitem(sys.modules, module)
        answers(lab)
        assert not [name for name in sys.modules if name.partition(".")[0] == "pyhmmer"]


class TestFailures:
    def test_a_failure_while_they_are_saved_changes_nothing(self, lab):
        before = answers(lab)
        with refusing(lab, "INSERT INTO profile_arrays"), pytest.raises(StoreError):
            add_profiles(lab, "lab", FILE, "families.hmm")
        assert answers(lab) == before
        assert list_profiles(lab, "lab").profiles == ()
        add_profiles(lab, "lab", FILE, "families.hmm")

    @pytest.mark.parametrize(
        "damage",
        [
            update(profile_table).where(profile_table.c.number == 1).values(data=b"x"),
            update(profile_table).where(profile_table.c.number == 1).values(family=2),
            delete(profile_table).where(profile_table.c.number == 1),
            delete(profile_table),
            update(profile_arrays).where(profile_arrays.c.name == "counts").values(data=b"\0"),
            delete(profile_arrays).where(profile_arrays.c.name == "weights"),
            update(library_table).values(profiles="0" * 32),
        ],
    )
    def test_damage_is_named_and_can_be_removed(self, stores, lab, damage):
        before = answers(lab)
        add_profiles(lab, "lab", FILE, "families.hmm")
        with stores.database.begin("damaging") as connection:
            connection.execute(damage)
        fresh = Libraries(stores)
        with pytest.raises(
            LibraryError, match="The profiles of the library 'lab' are damaged"
        ) as error:
            fresh.open("lab")
        assert "profiles remove --all --library 'lab'" in error.value.hint
        assert describe(fresh, "text")
        remove_profiles(fresh, "lab")
        assert answers(fresh) == before


class TestCopies:
    def test_an_archive_has_them(self, lab, tmp_path):
        add_profiles(lab, "lab", FILE, "families.hmm", by="ada")
        path = tmp_path / "lab.zip"
        export_library(lab, "lab", path)
        import_library(lab, path, "copy", limits=Limits())
        assert lab.open("copy").profiles is not None
        shares = [call.families for call in answers(lab, QUERIES)]
        assert [call.families for call in answers(lab, QUERIES, "copy")] == shares
        assert list_profiles(lab, "copy") == list_profiles(lab, "lab")
        lab.delete("copy")
        with lab.stores.database.connect("counting") as connection:
            rows = connection.scalar(select(func.count()).select_from(profile_table))
        assert rows == len(FAMILIES)

    def test_an_archive_without_any_is_as_it_was(self, lab, tmp_path):
        path = tmp_path / "lab.zip"
        export_library(lab, "lab", path)
        with zipfile.ZipFile(path) as archive:
            manifest = archive.read("manifest.json")
            assert b'"format": 1' in manifest
            assert b"profiles" not in manifest
            assert not [name for name in archive.namelist() if "profiles" in name]

    def test_an_archive_with_a_changed_profile_is_refused(self, lab, tmp_path):
        add_profiles(lab, "lab", FILE, "families.hmm")
        path, changed = tmp_path / "lab.zip", tmp_path / "changed.zip"
        export_library(lab, "lab", path)
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(changed, "w") as copy:
            for member in archive.namelist():
                data = archive.read(member)
                if member == "profiles.jsonl":
                    data = data.replace(b"profile_1", b"profile_7")
                copy.writestr(member, data)
        with pytest.raises(InputError, match=r"profiles\.jsonl is not as it was exported"):
            import_library(lab, changed, "copy", limits=Limits())

    def test_a_backup_has_them(self, lab, tmp_path):
        add_profiles(lab, "lab", FILE, "families.hmm")
        write_backup(lab.stores.database, tmp_path / "backup")
        with Stores(Settings(home=tmp_path / "restored")) as stores:
            restored = Libraries(stores)
            restore_backup(restored, tmp_path / "backup")
            assert answers(restored, QUERIES) == answers(lab, QUERIES)
            assert list_profiles(restored, "lab") == list_profiles(lab, "lab")
