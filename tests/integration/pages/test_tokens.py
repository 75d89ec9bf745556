"""The page of API tokens: create one, see it once, revoke it."""

import pytest

from components.shared import services
from components.shared.formatting import escape_markdown
from core.access import LOCAL_ACCESS, Action, Role
from core.access.tokens import MAX_TOKENS
from tests.support.pages import button, shown

HOSTILE = "<script>alert(1)</script> **not bold** [x](javascript:alert(1))"


def create(page, name, role="", days=0):
    """Fill in the form and press its button."""
    page.text_input[0].set_value(name)
    if role:
        page.radio[0].set_value(role)
    if days:
        page.segmented_control[0].set_value(days)
    return button(page, "Create token").click().run()


def text(page) -> str:
    """The text of the page, without bold type."""
    return shown(page).replace("**", "")


def created(page) -> str:
    """The token that the page shows; empty if it shows none."""
    codes = [code.value for code in page.code]
    assert len(codes) <= 1
    return codes[0] if codes else ""


class TestOpen:
    @pytest.fixture
    def page(self, loaded, opened):
        return opened("tokens")

    def test_without_tokens_it_says_what_to_do_next(self, page):
        assert "No tokens yet." in text(page)
        assert "need no token" in text(page)
        assert page.radio[0].value is Role.READER
        assert "Sign out" not in {found.label for found in page.button}

    def test_a_token_is_shown_once(self, page):
        create(page, "laptop", Role.CURATOR, 90)
        token = created(page)
        assert token.startswith("gk_")
        assert "laptop was created. Copy it now: it is not shown again." in text(page)
        assert "Curator: also load and change libraries" in text(page)
        access = services.api_tokens().access(token)
        assert access is not None
        assert access.require(Action.LOAD).role is Role.CURATOR
        page.run()  # A job that ends draws the page again.
        assert created(page) == token
        button(page, "Done").click().run()
        assert created(page) == ""
        assert "laptop · curator" in text(page)
        assert "in 90 d" in text(page)

    def test_another_page_forgets_it(self, page):
        create(page, "laptop")
        token = created(page)
        page.switch_page("pages/about.py").run()
        assert token not in str(page.session_state)
        assert "new token" not in page.session_state
        page.switch_page("pages/tokens.py").run()
        assert created(page) == ""

    def test_an_invalid_name_is_refused(self, page):
        create(page, "")
        assert "Invalid name: ''." in text(page)
        assert created(page) == ""
        create(page, "a")
        create(page, "a")
        assert "You have a token 'a' already." in text(page)

    def test_revoking_ends_it(self, page):
        create(page, "laptop")
        token = created(page)
        button(page, "Revoke token").click().run()
        assert services.api_tokens().access(token) is None
        assert created(page) == ""
        assert "No tokens yet." in text(page)

    def test_hostile_names_are_text(self, page):
        create(page, HOSTILE[:60])
        name = HOSTILE[:60]
        assert f"**{escape_markdown(name)}** · reader" in [found.value for found in page.markdown]
        assert not any("alert(" in element.proto.body for element in page.get("html"))

    def test_expired_ones_are_named(self, page, monkeypatch):
        create(page, "old", days=7)
        tokens = services.api_tokens()
        ends = tokens.listed(LOCAL_ACCESS)[0].expires_at
        monkeypatch.setattr(tokens, "_clock", lambda: ends)
        monkeypatch.setattr("components.tokens.token_list.utc_now", lambda: ends)
        page.run()
        assert "old · expired" in text(page)
        assert f"Expired on {ends:%Y-%m-%d}" in text(page)
        button(page, "Remove").click().run()
        assert "No tokens yet." in text(page)

    def test_too_many_are_refused(self, page):
        for number in range(MAX_TOKENS):
            services.api_tokens().create(LOCAL_ACCESS, str(number), Role.READER, 7)
        create(page.run(), "more")
        assert "You have 20 tokens, the maximum." in text(page)


class TestUsers:
    def test_offers_no_more_than_the_users_role(self, signed_in):
        for who, roles in (
            ("rita", ["Reader"]),
            ("carl", ["Reader", "Curator"]),
            ("ada", ["Reader", "Curator", "Admin"]),
        ):
            page = signed_in("tokens", who)
            assert [option.split("**")[1] for option in page.radio[0].options] == roles

    def test_everyone_has_their_own_and_administrators_see_all(self, signed_in, users):
        token = created(create(signed_in("tokens", "rita"), "hers"))
        assert "hers" not in text(signed_in("tokens", "carl"))
        page = signed_in("tokens", "ada")
        assert "No tokens yet." in text(page)
        (table,) = page.dataframe
        assert [(row["user"], row["name"]) for row in table.value.to_dict("records")] == [
            ("rita", "hers")
        ]
        page.session_state[table.key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
        page.run()
        assert "hers of rita" in text(page)
        button(page, "Revoke token").click().run()
        assert services.api_tokens().access(token) is None
        assert not page.dataframe

    def test_a_lower_role_is_named(self, signed_in, users):
        create(signed_in("tokens", "carl"), "his", Role.CURATOR)
        users.set_role("carl", Role.READER)
        assert "his · reader (created as curator)" in text(signed_in("tokens", "carl"))

    def test_whoever_is_removed_loses_them(self, signed_in, users):
        token = created(create(signed_in("tokens", "carl"), "his", Role.CURATOR))
        page = signed_in("admin", "ada")
        page.button(key="remove carl").click().run()
        users.add("carl", Role.CURATOR, "another correct horse")
        assert services.api_tokens().access(token) is None

    def test_an_end_of_sign_ins_ends_them(self, signed_in):
        token = created(create(signed_in("tokens", "carl"), "his", Role.CURATOR))
        page = signed_in("admin", "ada")
        page.button(key="sign out carl").click().run()
        assert services.api_tokens().access(token) is None

    def test_the_local_users_ones_are_nobodys(self, signed_in, users):
        signed_in("tokens", "ada")
        services.api_tokens().create(LOCAL_ACCESS, "earlier", Role.ADMIN, 7)
        page = signed_in("tokens", "ada")
        (row,) = page.dataframe[0].value.to_dict("records")
        assert (row["user"], row["role"]) == ("nobody (without sign-in)", "owner has no role")

    def test_it_is_in_the_audit_trail(self, signed_in):
        create(signed_in("tokens", "rita"), "hers")
        page = signed_in("admin", "ada")
        tables = [element.value.to_dict("records") for element in page.dataframe]
        entries = next(rows for rows in tables if rows and "action" in rows[0])
        assert any(
            (entry["by"], entry["action"], entry["detail"])
            == ("rita", "create API token", "hers, reader, for 30 days")
            for entry in entries
        )

    def test_visitors_have_none(self, signed_in, opened, monkeypatch):
        monkeypatch.setenv("GENEKIN_ALLOW_VISITORS", "true")
        page = signed_in("tokens", "")
        assert "Sign in to create tokens for your programs." in text(page)
        assert not page.text_input
