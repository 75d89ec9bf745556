"""The Library page: profile HMMs in the settings of a library."""

import shutil
from pathlib import Path

import pytest

from core.library.load import load as load_records
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.library_page import jobs, press, uploader
from tests.support.pages import button, shown, widget
from tests.support.profiles import FAMILIES, distant_members, profile, profile_file


@pytest.fixture(scope="module")
def lab_home(tmp_path_factory) -> Path:
    """A home with a library whose families profiles can tell apart."""
    folder = tmp_path_factory.mktemp("profiles") / "home"
    with Stores(Settings(home=folder)) as stores:
        references = {"human": distant_members("human", 8)}
        load_records(Libraries(stores), references, families=FAMILIES)
    return Path(folder)


@pytest.fixture
def page(home, lab_home, opened):
    shutil.copytree(lab_home, home)
    return opened("library")


def give(page, content, name="families.hmm"):
    uploader(page, "Profiles").upload(name, content, "text/plain")
    return page.run()


def listed(page):
    """The profiles in the table, with their families."""
    for element in page.dataframe:
        if "profile" in element.value.columns:
            return element.value[["profile", "families"]].to_numpy().tolist()
    return []


class TestProfiles:
    def test_are_added_listed_and_removed(self, page):
        assert "Profiles" in [element.label for element in page.expander]
        assert button(page, "Add profiles").disabled
        give(page, profile_file())
        press(page, "Add profiles")
        assert "The library has 4 profiles. They take part in classification." in shown(page)
        assert "Profiles (4)" in [element.label for element in page.expander]
        found = listed(page)
        assert [name for name, _ in found] == [f"profile_{number}" for number in FAMILIES]
        assert found[2][1].startswith("Ion channel (")

        widget(page.multiselect, "Remove").select("profile_0").run()
        press(page, "Remove 1 profile")
        assert [name for name, _ in listed(page)] == ["profile_1", "profile_2", "profile_3"]
        press(page, "Remove all profiles")
        assert listed(page) == []

    def test_get_families_of_the_user(self, page):
        give(page, profile("other", "other_1").encode())
        widget(page.text_area, "Families (optional)").input("other_1 = ion channel\n").run()
        press(page, "Add profiles")
        ((name, families),) = listed(page)
        assert name == "other_1"
        assert "Ion channel" in families

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("other_1", "'other_1' does not name a family of a profile."),
            ("a = Kinase\na = Kinase", "The profile 'a' has two families."),
        ],
    )
    def test_families_that_are_none_are_refused_at_once(self, page, text, message):
        give(page, profile("other", "other_1").encode())
        widget(page.text_area, "Families (optional)").input(text).run()
        button(page, "Add profiles").click().run()
        assert message in shown(page)
        assert not jobs()

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("other_1 = Kinesin <b>", "has no family 'Kinesin <b>'"),
            ("none = Ion channel", "The file has no profile 'none'."),
        ],
    )
    def test_families_that_do_not_fit_are_refused_by_the_job(self, page, text, message):
        give(page, profile("other", "other_1").encode())
        widget(page.text_area, "Families (optional)").input(text).run()
        press(page, "Add profiles")
        assert message in jobs()[0].message
        assert listed(page) == []

    def test_that_do_not_help_are_said_to_be_unused(self, page):
        give(page, profile("other", "other_1").encode())
        press(page, "Add profiles")
        assert listed(page) == [["other_1", "none"]]
        assert "do not help to tell the families of the library apart" in shown(page)

    def test_a_file_that_is_none_says_where(self, page):
        give(page, profile_file(0)[:-2000], "cut.hmm")
        press(page, "Add profiles")
        assert "cut.hmm, line 1: the last profile does not end with //." in jobs()[0].message
        assert listed(page) == []


def test_a_library_of_another_encoder_has_no_such_section(loaded, opened):
    page = opened("library")
    assert not [element for element in page.expander if element.label.startswith("Profiles")]
