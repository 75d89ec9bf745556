"""Profile HMMs in a real browser: added on the Library page, seen in a result."""

import pytest
from playwright.sync_api import expect

from core.classify import classify
from core.library.load import load
from core.library.manager import Libraries
from core.library.profiles import add_profiles, remove_profiles
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.browser import go_to, settled
from tests.support.profiles import FAMILIES, distant_members, profile_file

pytestmark = pytest.mark.browser


def test_a_family_that_only_a_profile_finds(page, server, keep):
    with Stores(Settings(home=server.home)) as stores:
        libraries = Libraries(stores)
        load(libraries, {"human": distant_members("human", 8)}, families=FAMILIES)
        add_profiles(libraries, "default", profile_file(), "families.hmm")
        members = distant_members("query", 12, families=[0])
        calls = classify(libraries.open(), members)
        query = next(
            member
            for member, call in zip(members, calls, strict=True)
            if call.profiles and call.family_id == 0
        )
        remove_profiles(libraries, "default")
    server.start()

    page.goto(server.address)
    go_to(page, "Library")
    page.get_by_text("Library settings").click()
    page.get_by_text("Profiles", exact=True).click()
    page.locator('input[type="file"][accept*=".hmm"]').set_input_files(
        {"name": "families.hmm", "mimeType": "text/plain", "buffer": profile_file()}
    )
    page.get_by_role("button", name="Add profiles").click()
    expect(page.get_by_text("The library has 4 profiles.").first).to_be_visible()
    expect(page.get_by_text("Profiles (4)")).to_be_visible()
    keep(page, "library profiles")

    go_to(page, "Classify")
    page.get_by_role("textbox").first.fill(f">query\n{query.residues}")
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_text("Best profile: profile_0")).to_be_visible()
    expect(page.get_by_text("it speaks for Kinase")).to_be_visible()
    settled(page)
    keep(page, "result with a profile")
