"""Signing in and out in a real browser: with a password, and at a real OpenID provider."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.access import Role
from core.access.user_file import UserFile
from tests.support.browser import DESKTOP, patient, settled, stopped_after
from tests.support.openid import OpenIDProvider
from tests.support.services import Dashboard

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
COOKIE_SECRET = "only for this test, and long enough"
_STORED = re.compile(r"[A-Za-z0-9_-]{43}")


@pytest.fixture
def people(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """Return a function that opens a browser of somebody else's."""
    contexts: list[BrowserContext] = []

    def people(**options) -> BrowserContext:
        contexts.append(browser.new_context(viewport=DESKTOP, **options))
        return contexts[-1]

    yield people
    for context in contexts:
        context.close()


def open_tab(context: BrowserContext, address: str) -> Page:
    page = patient(context.new_page())
    page.goto(address)
    return page


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()


class TestPassword:
    @pytest.fixture
    def address(self, server: Dashboard) -> str:
        users = UserFile(server.folder / "users")
        users.add("ada", Role.ADMIN, PASSWORD)
        users.add("rita", Role.READER, PASSWORD)
        server.settings["GENEKIN_USERS_FILE"] = str(server.folder / "users")
        server.settings["GENEKIN_LOAD_HUMAN_REFERENCE"] = "false"
        server.start()
        return server.address

    @staticmethod
    def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()

    def test_a_sign_in_lasts_until_it_ends_everywhere(self, address, people, server, keep):
        context = people()
        page = open_tab(context, f"{address}/history")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        self.sign_in(page, "rita", "a wrong password")
        expect(page.get_by_role("alert")).to_have_text("The user name or the password is wrong.")
        self.sign_in(page, "rita")
        expect(page.get_by_role("heading", name="History")).to_be_visible()
        expect(page.get_by_text("rita · reader")).to_be_visible()
        keep(page, "signed-in")
        expect(page.get_by_role("link", name="Admin")).to_have_count(0)

        page.reload()
        expect(page.get_by_text("rita · reader")).to_be_visible()
        other = open_tab(context, f"{address}/library")
        expect(other.get_by_text("rita · reader")).to_be_visible()
        (cookie,) = [item for item in context.cookies() if item["name"] == "genekin"]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        assert _STORED.fullmatch(cookie["value"])

        sign_out(page)
        expect(page.get_by_label("Password")).to_be_visible()
        other.get_by_test_id("stSidebarNav").get_by_role("link", name="Help").click()
        expect(other.get_by_label("Password")).to_be_visible()
        stolen = people()
        stolen.add_cookies([{"name": "genekin", "value": cookie["value"], "url": address}])
        expect(open_tab(stolen, address).get_by_label("Password")).to_be_visible()

        written = server.log.read_text() + str(
            [file.read_bytes() for file in server.home.rglob("*.sqlite*")]
        )
        for secret in (PASSWORD, "a wrong password", cookie["value"]):
            assert secret not in written

    def test_an_administrator_sees_it(self, address, people, keep):
        page = open_tab(people(), f"{address}/admin")
        self.sign_in(page, "ada")
        expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()
        keep(page, "admin-users")
        page.get_by_test_id("stMain").get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Password")).to_be_visible()


class TestOpenID:
    USERS = (
        {"sub": "ada-7", "email": "Ada@lab.example", "email_verified": True, "groups": ["admins"]},
        {"sub": "rita-8", "email": "rita@lab.example", "groups": ["biology", "chess"]},
        {"sub": "eve-9", "email": "ada@lab.example", "email_verified": False, "groups": ["chess"]},
    )

    @pytest.fixture
    def provider(self, tmp_path: Path) -> Iterator[OpenIDProvider]:
        with OpenIDProvider(tmp_path, self.USERS) as provider:
            yield provider

    @pytest.fixture
    def address(self, tmp_path: Path, provider: OpenIDProvider) -> Iterator[str]:
        with stopped_after(Dashboard(tmp_path)) as server:
            secrets = tmp_path / ".streamlit" / "secrets.toml"
            secrets.parent.mkdir()
            redirect = f"{server.address}/oauth2callback"
            secrets.write_text(provider.secrets(redirect, COOKIE_SECRET))
            server.settings |= {
                "HOME": str(tmp_path),  # Streamlit looks for its secrets there, too.
                "GENEKIN_LOAD_HUMAN_REFERENCE": "false",
                "GENEKIN_ROLE_CLAIM": "groups",
                "GENEKIN_ROLES": '{"admins": "admin", "biology": "reader"}',
            }
            server.start()
            yield server.address
            log = server.log.read_text()
            assert COOKIE_SECRET not in log
            assert "id_token" not in log

    @staticmethod
    def sign_in(page: Page, sub: str) -> None:
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name=sub).first.click()

    def test_roles_follow_the_claims_and_all_tabs_sign_out(self, address, people, keep):
        context = people()
        page = open_tab(context, address)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        keep(page, "openid")
        expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
        self.sign_in(page, "ada-7")
        expect(page.get_by_text("lab.example · admin")).to_be_visible()
        other = open_tab(context, f"{address}/admin")
        expect(other.get_by_role("heading", name="Audit trail")).to_be_visible()
        settled(other)

        sign_out(page)
        page.wait_for_url("**/oauth2/end_session**")
        other.get_by_test_id("stSidebarNav").get_by_role("link", name="Help").click()
        expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(other.get_by_text("lab.example")).to_have_count(0)

        self.sign_in(other, "rita-8")
        expect(other.get_by_text("lab.example · reader")).to_be_visible()
        expect(other.get_by_role("link", name="Admin")).to_have_count(0)

    def test_a_cookie_that_outlives_its_sign_in_is_worthless(self, address, people):
        context = people()
        page = open_tab(context, address)
        self.sign_in(page, "rita-8")
        expect(page.get_by_text("lab.example · reader")).to_be_visible()
        kept = context.cookies()
        settled(page)
        sign_out(page)
        page.wait_for_url("**/oauth2/end_session**")
        stolen = people()
        stolen.add_cookies(kept)
        page = open_tab(stolen, address)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    def test_an_address_that_is_not_verified_is_nobodys(self, address, people, keep):
        page = open_tab(people(), address)
        self.sign_in(page, "eve-9")
        expect(page.get_by_role("heading", name="No role yet")).to_be_visible()
        expect(page.get_by_text("signed in as eve-9")).to_be_visible()
        keep(page, "no-role")

    def test_a_forged_cookie_is_none(self, address, people):
        context = people()
        name, value = "_streamlit_user", '{"is_logged_in": true, "sub": "ada-7"}'
        context.add_cookies([{"name": name, "value": value.encode().hex(), "url": address}])
        page = open_tab(context, address)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
