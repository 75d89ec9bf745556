"""The sign-in page: its form, its cookie, and what it gives away."""

import logging
import re
import threading
from uuid import uuid4

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.access import Role
from core.access.attempts import MAX_PER_NAME
from core.access.sign_ins import SignIns, token_digest
from core.access.user_file import UserFile
from core.errors import UnavailableError
from core.settings import Settings
from core.stores.sql.audit import AuditTable
from core.stores.sql.database import Database
from core.web.sign_in import PATH, Accounts, safe_path, session_token, sign_in_routes

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="token" value="([^"]+)"')


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def database(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'labels.sqlite'}"
    if request.param == "mariadb":
        url = request.getfixturevalue("mariadb").url(f"genekin_{uuid4().hex}")
    database = Database(url, 10)
    yield database
    database.close()


@pytest.fixture
def accounts(database, tmp_path):
    users = UserFile(tmp_path / "users")
    users.add("ada", Role.ADMIN, PASSWORD)
    users.add("rita", Role.READER, PASSWORD)
    return Accounts(users, SignIns(database, Settings()), 3_600)


@pytest.fixture
def browser(accounts):
    """Return a function that opens a browser of its own on the same server."""
    app = Starlette(routes=sign_in_routes(lambda: accounts))

    def browser(address: str = "http://testserver", client=("10.0.0.1", 5)) -> TestClient:
        return TestClient(app, address, client=client, follow_redirects=False)

    return browser


def sign_in(client: TestClient, name="ada", password=PASSWORD, *, path=PATH, **headers):
    (token,) = _TOKEN.findall(client.get(path).text)
    fields = {"name": name, "password": password, "token": token, "next": "/?run=abc"}
    return client.post(PATH, data=fields, headers=headers)


def trail(database):
    return [(row.by, row.action, row.subject) for row in AuditTable(database).find()]


class TestForm:
    def test_is_a_page_of_its_own(self, browser):
        page = browser().get(PATH)
        assert page.status_code == 200
        assert page.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text
        assert 'autocomplete="current-password"' in page.text

    def test_escapes_what_it_is_given(self, browser):
        client = browser()
        name = '"><script>alert(1)</script>'
        page = sign_in(client, name, "wrong password", path=f"{PATH}?next=/{name}")
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text

    def test_is_not_there_without_a_file_of_users(self):
        client = TestClient(Starlette(routes=sign_in_routes(lambda: None)))
        assert client.get(PATH).status_code == 404
        assert client.post(PATH, data={"name": "ada"}).status_code == 404


class TestSignIn:
    def test_sets_a_cookie_that_scripts_cannot_read(self, browser, accounts, database):
        client = browser()
        done = sign_in(client)
        assert (done.status_code, done.headers["location"]) == (303, "/?run=abc")
        cookie = next(
            value for value in done.headers.get_list("set-cookie") if value.startswith("genekin=")
        )
        assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=3600"} <= {*cookie.split("; ")}
        access = accounts.sign_ins.access(session_token(client.cookies), accounts.users)
        assert access is not None
        assert (access.user.name, access.user.role) == ("ada", Role.ADMIN)
        assert trail(database) == [("ada", "sign in", "ada")]

    def test_over_https_the_cookie_is_this_hosts_only(self, browser):
        for client in (browser("https://testserver"), browser()):
            headers = {"x-forwarded-proto": "https"}
            (token,) = _TOKEN.findall(client.get(PATH, headers=headers).text)
            client.cookies.set("__Host-genekin-form", token)  # HTTP clients drop it here.
            fields = {"name": "ada", "password": PASSWORD, "token": token}
            done = client.post(PATH, data=fields, headers=headers)
            assert done.status_code == 303
            cookies = "\n".join(done.headers.get_list("set-cookie"))
            assert re.search(r"^__Host-genekin=.*; Secure", cookies, re.MULTILINE)

    def test_gives_a_token_that_nobody_knew_before(self, browser, accounts):
        """No session fixation: a cookie that was planted is neither adopted nor left alive."""
        attacker, victim = browser(), browser()
        sign_in(attacker, "rita")
        planted = session_token(attacker.cookies)
        (form,) = _TOKEN.findall(victim.get(PATH).text)
        victim.cookies.set("genekin", planted)
        fields = {"name": "ada", "password": PASSWORD, "token": form}
        assert victim.post(PATH, data=fields).status_code == 303
        tokens = [cookie.value for cookie in victim.cookies.jar if cookie.name == "genekin"]
        (fresh,) = [token for token in tokens if token != planted]
        assert accounts.sign_ins.access(fresh, accounts.users).user.name == "ada"
        assert accounts.sign_ins.access(planted, accounts.users) is None

    def test_an_invented_token_stays_worthless(self, browser, accounts):
        client = browser()
        client.cookies.set("genekin", "invented")
        sign_in(client)
        assert accounts.sign_ins.access("invented", accounts.users) is None

    def test_who_is_signed_in_goes_on(self, browser):
        client = browser()
        sign_in(client)
        again = client.get(f"{PATH}?next=/history")
        assert (again.status_code, again.headers["location"]) == (303, "/history")


class TestRefusals:
    def test_say_the_same_for_a_wrong_name_and_a_wrong_password(self, browser, database):
        texts = set()
        for name, password in (("ada", "wrong password"), ("eve", PASSWORD), ("", ""), ("ada", "")):
            page = sign_in(browser(), name, password)
            assert page.status_code == 401
            assert "genekin=" not in "".join(page.headers.get_list("set-cookie"))
            texts.add(_TOKEN.sub("", page.text).replace(name or "\0", ""))
        assert len({re.findall(r'role="alert"[^<]*', text)[0] for text in texts}) == 1

    def test_are_in_the_audit_trail_without_what_was_typed(self, browser, database, caplog):
        caplog.set_level(logging.DEBUG)
        sign_in(browser(), "ada", "my other password")
        sign_in(browser(), "my password by mistake", "x")
        client = browser()
        sign_in(client)
        assert trail(database) == [
            ("ada", "sign in", "ada"),
            ("", "failed sign-in", ""),
            ("", "failed sign-in", "ada"),
        ]
        written = caplog.text + str(AuditTable(database).find())
        for secret in ("password", PASSWORD, session_token(client.cookies)):
            assert secret not in written

    def test_come_without_a_check_after_too_many(self, browser):
        for number in range(MAX_PER_NAME):
            client = browser(client=(f"10.0.1.{number}", 5))
            assert sign_in(client, "ada", "wrong password").status_code == 401
        refused = sign_in(browser(), "ada", PASSWORD)
        assert refused.status_code == 429
        assert "Try again in 15 minutes" in refused.text
        assert sign_in(browser(), "rita", PASSWORD).status_code == 303

    def test_many_at_once_do_not_get_around_the_limit(self, browser):
        statuses = []

        def attempt():
            statuses.append(sign_in(browser(), "ada", "wrong password").status_code)

        threads = [threading.Thread(target=attempt) for _ in range(2 * MAX_PER_NAME)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses.count(401) <= MAX_PER_NAME + 2  # As many as are checked at once.
        assert set(statuses) == {401, 429}

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
        ],
    )
    def test_of_forms_of_other_sites(self, browser, accounts, headers):
        client = browser()
        (token,) = _TOKEN.findall(client.get(PATH).text)
        fields = {"name": "ada", "password": PASSWORD, "token": token}
        assert client.post(PATH, data=fields, headers=headers).status_code == 403
        assert accounts.sign_ins.active() == []

    def test_of_forms_without_their_token(self, browser, accounts):
        for token in ("", "guessed"):
            client = browser()
            client.get(PATH)
            fields = {"name": "ada", "password": PASSWORD, "token": token}
            assert client.post(PATH, data=fields).status_code == 403
            assert browser().post(PATH, data=fields).status_code == 403
        assert accounts.sign_ins.active() == []

    def test_of_what_is_too_large(self, browser):
        done = browser().post(PATH, data={"name": "x" * 20_000})
        assert done.status_code == 413

    def test_when_the_database_is_down_say_so(self):
        def fail():
            message = "The database mysql://db.internal does not answer."
            raise UnavailableError(message, public="The database does not answer.")

        page = TestClient(Starlette(routes=sign_in_routes(fail))).get(PATH)
        assert page.status_code == 503
        assert "Try again in a minute" in page.text
        assert "db.internal" not in page.text


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:x",
        "",
        "/\t/evil.example",
        "x",
        "/\r\nSet-Cookie: a=b",
        "///evil.example",
    ],
)
def test_nobody_is_sent_to_another_site(path):
    assert safe_path(path) == "/"


def test_a_digest_is_not_the_token():
    assert token_digest("a") != "a"
    assert len(token_digest("a")) == 64
