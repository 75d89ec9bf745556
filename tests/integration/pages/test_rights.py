"""Every page as a visitor, a reader, a curator and an administrator."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from components.shared import services
from core.access import Access, LibraryAccess, Role, User
from core.library.load import load
from core.runs import Runs
from core.settings import read_settings
from core.stores.sql.audit import AuditTable
from tests.support.classify_page import open_downloads
from tests.support.library_page import PATIENCE, choose, delete, ended
from tests.support.pages import USERS, button, shown
from tests.support.services import PROJECT
from tests.support.synthetic import FAMILY_NAMES, dna, genes

PAGES = (
    "classify",
    "library",
    "similarity",
    "trace",
    "benchmark",
    "history",
    "tokens",
    "about",
)
QUERY = dna("human 2")


def _part_of_a_page():
    """A script that reads the rights of its user as a dialog does, without app.py."""
    import streamlit as st

    from components.shared.services import access

    if st.session_state.pop("runs again", False):
        st.markdown("signed out")
        st.stop()
    st.session_state["runs again"] = True
    name = access().user.name
    st.session_state["runs again"] = False
    st.markdown(name)


def labels(page):
    return {button.label for button in page.button}


class TestSignedOut:
    @pytest.mark.parametrize("name", [*PAGES, "admin"])
    def test_every_page_is_the_sign_in(self, signed_in, name):
        page = signed_in(name, "")
        assert shown(page).startswith("Sign in")
        assert "/auth/sign-in" in shown(page)
        assert "human" not in shown(page)
        assert labels(page) == set()

    @pytest.mark.parametrize("token", ["invented", "x" * 10_000, ""])
    def test_an_invented_token_is_none(self, signed_in, cookies, opened, token):
        signed_in("library", "")
        cookies["genekin"] = token
        assert "human" not in shown(opened("library"))

    def test_signing_out_ends_every_tab_at_its_next_action(self, signed_in, opened):
        first = signed_in("library", "carl")
        second = opened("history")
        button(first, "Sign out").click().run()
        assert shown(first).startswith("Sign in")
        assert shown(second.run()).startswith("Sign in")
        assert "carl" not in shown(second)

    def test_a_part_of_a_page_that_runs_alone_notices_it(self, signed_in):
        """A dialog, such as one that deletes, runs without the rest of the script."""
        page = signed_in("library", "carl")
        part = AppTest.from_function(_part_of_a_page, default_timeout=PATIENCE)
        assert part.run().markdown[0].value == "carl"
        button(page, "Sign out").click().run()
        time.sleep(1.1)  # Rights are not read again sooner.
        assert part.run().markdown[0].value == "signed out"

    def test_so_does_the_end_of_the_role(self, signed_in, users):
        page = signed_in("library", "carl")
        users.remove("carl")
        assert shown(page.run()).startswith("Sign in")


class TestPages:
    @pytest.mark.parametrize("who", USERS)
    @pytest.mark.parametrize("name", PAGES)
    def test_open_for_everyone_with_a_role(self, signed_in, name, who):
        page = signed_in(name, who)
        assert not page.error
        assert f"{who} · {USERS[who]}" in shown(page)

    def test_admin_is_the_administrators(self, signed_in):
        page = signed_in("admin", "ada")
        assert {"Signed in", "3 users"} <= {*shown(page).splitlines()}
        assert "Audit trail" in [header.value for header in page.header]
        for who in ("rita", "carl"):
            with pytest.raises(ValueError, match="Could not find a navigation page"):
                signed_in("admin", who)

    @pytest.mark.parametrize("who", ["rita", "carl"])
    def test_admin_is_refused_without_its_navigation_too(self, signed_in, who):
        signed_in("about", who)
        page = AppTest.from_file(str(PROJECT / "pages" / "admin.py"), default_timeout=PATIENCE)
        page.session_state["in_app"] = True
        page.run()
        assert "see everything needs the role admin" in shown(page)
        assert "ada" not in shown(page)
        assert not page.dataframe

    def test_roles_are_changed_on_the_page(self, signed_in, users):
        page = signed_in("admin", "ada")
        page.selectbox(key="role of rita reader").set_value(Role.CURATOR).run()
        assert users.role("rita") is Role.CURATOR
        assert page.selectbox(key="role of ada admin").disabled

    def test_the_library_shows_what_its_reader_may_do(self, signed_in):
        changing = {"Delete", "Refit encoder", "Verify and repair", "Export", "Save threshold"}
        offered = {
            who: {label.strip() for label in plain(signed_in("library", who))} for who in USERS
        }
        assert not offered["rita"] & changing
        assert not any("oad" in label for label in offered["rita"])
        assert changing <= offered["carl"]
        assert "Delete library" not in offered["carl"]
        assert {*changing, "Delete library"} <= offered["ada"]

    def test_a_benchmark_is_the_curators(self, signed_in):
        offered = {who: "benchmark of" in str(labels(signed_in("benchmark", who))) for who in USERS}
        assert offered == {"rita": False, "carl": True, "ada": True}


def plain(page):
    return {label.removeprefix(":red[").removesuffix("]") for label in labels(page)}


class TestForgottenCheck:
    """A page that draws what a reader may not do: the core refuses it all the same."""

    @pytest.fixture(autouse=True)
    def _forget(self, monkeypatch):
        for module in (
            "components.library.settings",
            "components.library.organism_card",
        ):
            monkeypatch.setattr(f"{module}.may", lambda _: True, raising=False)
        monkeypatch.setattr(services, "may", lambda _: True)

    @pytest.mark.parametrize("label", ["Verify and repair", "Export", "Load the human reference"])
    def test_changes_nothing(self, signed_in, label):
        page = signed_in("library", "rita")
        if label == "Load the human reference":
            choose(page, "Human–chimp–dog set")
        before = services.server_libraries().open().contents()
        button(page, label).click().run()
        assert "needs the role curator; yours is reader" in shown(page)
        assert services.server_libraries().open().contents() == before
        assert not services._open(read_settings()).jobs.recent()

    def test_deletes_nothing(self, signed_in):
        page = delete(signed_in("library", "rita"), "dog")
        assert "remove organism needs the role curator; yours is reader" in shown(page)
        page = delete(signed_in("library", "carl"), "default", "delete library")
        assert "delete library needs the role admin; yours is curator" in shown(page)
        assert services.server_libraries().open().organism_names() == ["human", "dog"]


class TestRole:
    def test_is_read_again_at_every_action(self, signed_in, users):
        page = signed_in("library", "carl")
        assert "Export" in labels(page)
        users.set_role("carl", Role.READER)
        # The button is still on the page that was drawn: pressing it does nothing.
        button(page, "Export").click().run()
        assert "carl · reader" in shown(page)
        assert "Export" not in labels(page)
        assert not services._open(read_settings()).jobs.recent()


class TestRuns:
    @pytest.fixture
    def run(self, signed_in):
        """Return the id of a run of the reader."""
        page = signed_in("classify", "rita")
        page.text_area(key="text").input(QUERY).run()
        button(page, "Classify").click().run()
        return str(page.query_params["run"])

    @staticmethod
    def follow(page, run: str):
        page.query_params["run"] = run
        return page.run()

    def test_is_private_until_it_is_shared(self, signed_in, run):
        page = self.follow(signed_in("classify", "carl"), run)
        assert "This result is private. Ask its owner to share it." in shown(page).replace(
            "  \n", " "
        )
        assert "Run details" not in str(page.expander)
        assert "No runs yet" in shown(signed_in("history", "carl"))

        page = open_downloads(self.follow(signed_in("classify", "rita"), run))
        page.toggle(key=f"share {run} False").set_value(True).run()
        page = self.follow(signed_in("classify", "carl"), run)
        assert not page.error
        assert "Shared by its owner." in shown(open_downloads(page))
        assert "No runs yet" not in shown(signed_in("history", "carl"))

    def test_of_a_job_belongs_to_who_submitted_it(self, signed_in):
        page = signed_in("classify", "rita")
        page.text_area(key="text").input(f">a\n{QUERY}\n" * 120).run()
        page = ended(button(page, "Classify").click().run())
        assert not page.error
        (run,) = Runs(services.server_libraries().stores.database, 90).find()
        assert (run.by, run.queries, run.shared) == ("rita", 120, False)

    def test_of_a_trace_does_too(self, signed_in):
        page = signed_in("trace", "rita")
        page.text_area(key="trace text").input(f">a\n{QUERY}\n" * 120).run()
        page = ended(button(page, "Trace").click().run())
        assert not page.error
        (run,) = Runs(services.server_libraries().stores.database, 90).find()
        assert (run.by, run.queries) == ("rita", 120)

    def test_the_administrator_sees_all(self, signed_in, run):
        page = self.follow(signed_in("classify", "ada"), run)
        assert not page.error
        assert "1 run" in shown(signed_in("history", "ada"))


class TestLibraries:
    @pytest.fixture
    def private(self, users, opened):
        opened("about")  # Opens the stores.
        carl = services.server_libraries().acting_as(Access(User("carl", Role.CURATOR)))
        load(
            carl,
            {"unicorn": genes("unicorn", 4)},
            library="secret project",
            encoder="count",
            families=FAMILY_NAMES,
            access=LibraryAccess.PRIVATE,
        )

    @pytest.mark.parametrize("name", PAGES)
    def test_a_private_one_is_not_there_for_others(self, private, signed_in, name):
        page = signed_in(name, "rita")
        assert "secret" not in shown(page)
        assert not [box for box in page.sidebar.selectbox if "secret project" in box.options]
        assert "secret project" not in str([table.value for table in page.dataframe])

    def test_its_owner_has_it(self, private, signed_in):
        (box,) = signed_in("library", "carl").sidebar.selectbox
        assert "secret project" in box.options


class TestVisitors:
    def test_search_public_libraries_where_they_are_allowed(
        self, signed_in, monkeypatch, users, opened
    ):
        monkeypatch.setenv("GENEKIN_ALLOW_VISITORS", "true")
        page = signed_in("classify", "")
        assert "There is no library that you may use" in shown(page)
        services.server_libraries().set_access("default", LibraryAccess.PUBLIC)
        page = opened("classify")
        page.text_area(key="text").input(QUERY).run()
        button(page, "Classify").click().run()
        assert not page.error
        assert "Everyone who has the link can open it." in shown(open_downloads(page))
        assert "Sign in to keep your results" in shown(opened("history"))
        assert labels(opened("library")).isdisjoint({"Export", "Delete"})


class TestOpen:
    def test_nothing_of_sign_in_is_shown(self, loaded, opened):
        page = opened("library")
        assert "Sign out" not in labels(page)
        assert "Who can use it" not in {control.label for control in page.segmented_control}
        assert {"Export", ":red[Delete library]"} <= labels(page)
        assert "Audit trail" not in shown(opened("history"))

    def test_not_where_others_reach_it(self, loaded, opened, monkeypatch):
        get_option = __import__("streamlit").get_option
        monkeypatch.setattr(
            "components.shared.sign_in_mode.st.get_option",
            lambda name: "0.0.0.0" if name == "server.address" else get_option(name),
        )
        page = opened("library")
        assert "GENEKIN_EVERYONE_IS_ADMIN" in shown(page)
        assert "human" not in shown(page)
        monkeypatch.setenv("GENEKIN_EVERYONE_IS_ADMIN", "true")
        assert "human" in shown(opened("library"))


def test_what_users_do_is_in_the_audit_trail(signed_in):
    page = signed_in("library", "carl")
    ended(button(page, "Verify and repair").click().run())
    entries = AuditTable(services.server_libraries().stores.database).find()
    assert [(entry.by, entry.action) for entry in entries][:2] == [
        ("carl", "repair"),
        ("carl", "sign in"),
    ]
