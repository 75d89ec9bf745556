"""API tokens and the calls for programs, in a real browser."""

import subprocess
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from core.access import Role
from core.access.user_file import UserFile
from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.browser import DESKTOP, PATIENCE, go_to, patient, settled, stopped_after
from tests.support.services import Dashboard
from tests.support.synthetic import FAMILY_NAMES, dna, genes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * PATIENCE)]

PASSWORD = "correct horse battery"
LIBRARY = 'it\'s $(touch pwned) <b>"x"</b>'
PAGES = ("Library", "Similarity", "Trace", "History")
GRAVE = {"serious", "critical"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with users, and a library with a hostile name."""
    with stopped_after(Dashboard(tmp_path_factory.mktemp("tokens"))) as server:
        with Stores(Settings(home=server.home)) as stores:
            organisms = {"human": genes("human", 12), "dog": genes("dog", 12)}
            load(
                Libraries(stores),
                organisms,
                library=LIBRARY,
                encoder="count",
                families=FAMILY_NAMES,
            )
        users = UserFile(server.folder / "users")
        users.add("ada", Role.ADMIN, PASSWORD)
        users.add("rita", Role.READER, PASSWORD)
        server.settings["GENEKIN_USERS_FILE"] = str(server.folder / "users")
        server.settings["GENEKIN_LOAD_HUMAN_REFERENCE"] = "false"
        yield server.start()


def sign_in(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text(f"{name} · ")).to_be_visible()


def grave_findings(page: Page) -> list[str]:
    settled(page)
    violations = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['failureSummary']} {node['html'][:200]}"
        for violation in violations
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def panel(page: Page) -> None:
    settled(page)
    page.get_by_text("Use from a program").click()
    expect(page.get_by_role("tab", name="curl")).to_be_visible()
    settled(page)


def code(page: Page) -> str:
    """The text of the panel's open tab."""
    found = page.get_by_test_id("stExpander").filter(has_text="Use from a program")
    return str(found.get_by_test_id("stCode").locator("visible=true").inner_text())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_token_is_seen_once_and_revoked(browser: Browser, server: Dashboard, theme, keep) -> None:
    page = patient(browser.new_page(viewport=DESKTOP, color_scheme=theme))
    sign_in(page, f"{server.address}/tokens", "rita")
    expect(page.get_by_text("No tokens yet.")).to_be_visible()
    assert grave_findings(page) == []
    page.get_by_label("Name").fill(f"laptop {theme}")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_text("Copy it now")).to_be_visible()
    token = page.get_by_test_id("stCode").inner_text().strip()
    assert token.startswith("gk_")
    assert grave_findings(page) == []
    keep(page, f"token-{theme}")

    page.reload()
    expect(page.get_by_text(f"laptop {theme} · reader")).to_be_visible()
    settled(page)
    assert token not in page.content()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("No tokens yet.")).to_be_visible()
    written = server.log.read_bytes() + b"".join(
        file.read_bytes() for file in server.home.rglob("*.sqlite*")
    )
    assert token.removeprefix("gk_").encode() not in written
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_has_its_calls(browser: Browser, server: Dashboard, theme, keep) -> None:
    page = patient(browser.new_page(viewport=DESKTOP, color_scheme=theme))
    sign_in(page, server.address, "ada")
    text = page.get_by_role("textbox", name="DNA sequences (raw, FASTA or FASTQ)")
    text.fill(f">it's $(touch pwned)\n{dna('human 1')}\n")
    panel(page)
    assert f"{server.address}/api/v1/classify?library=it%27s%20%24%28touch" in code(page)
    assert grave_findings(page) == []
    text.press("Control+Enter")
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    settled(page)
    assert f"{server.address}/api/v1/runs/" in code(page)
    keep(page, f"calls-{theme}")
    for name in PAGES:
        go_to(page, name)
        panel(page)
        assert f"{server.address}/api/v1/" in code(page), name
        assert "$GENEKIN_TOKEN" in code(page)
        assert grave_findings(page) == [], name
    page.get_by_role("link", name="API tokens").last.click()
    expect(page.get_by_role("heading", name="API tokens")).to_be_visible()
    page.close()


def test_what_is_copied_is_one_command(browser: Browser, server: Dashboard, tmp_path) -> None:
    """The text of the screen, pasted into a shell, sends what was typed and does nothing else."""
    context = browser.new_context(
        viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"]
    )
    page = patient(context.new_page())
    sign_in(page, server.address, "ada")
    queries = f">it's $(touch pwned) `touch pwned`\n{dna('human 1')}"
    page.get_by_role("textbox", name="DNA sequences (raw, FASTA or FASTQ)").fill(queries)
    panel(page)
    page.get_by_role("tab", name="Command line").click()
    found = page.get_by_test_id("stExpander").filter(has_text="Use from a program")
    found.get_by_test_id("stCode").locator("visible=true").hover()
    found.get_by_role("button", name="Copy to clipboard").locator("visible=true").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    page.close()
    context.close()

    program = tmp_path / "genekin"
    program.write_text('#!/bin/sh\ncat > input\nfor word; do printf "%s\\n" "$word"; done\n')
    program.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-euc", copied],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:4] == ["classify", "-", "--library", LIBRARY]
    assert (tmp_path / "input").read_text() == f"{queries}\n"
    assert {file.name for file in tmp_path.iterdir()} == {"genekin", "input"}
