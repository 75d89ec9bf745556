"""Real tokens on the API: the rights of their owner, until they end."""

from dataclasses import replace

import pytest

from core.access import Access, Role, User
from core.access.tokens import ApiTokens
from core.stores.sql.audit import AuditTable
from tests.support.api import app_of, client_of, signing_in

ROLES = {"carl": Role.CURATOR}
CARL = Access(User("carl", Role.CURATOR))


@pytest.fixture
def tokens(backend):
    return ApiTokens(backend.libraries.stores.database, lambda name: ROLES.get(name, Role.NONE))


@pytest.fixture
def client(backend, tokens):
    return client_of(app_of(replace(signing_in(backend), token_access=tokens.access)))


def ask(client, token, method="GET", path="libraries"):
    headers = {"Authorization": f"Bearer {token}"}
    return client.request(method, f"/api/v1/{path}", headers=headers)


def test_one_works_until_it_is_revoked(client, tokens):
    token = tokens.create(CARL, "a script", Role.READER, 7)
    assert ask(client, token).status_code == 200
    assert ask(client, token, "DELETE", "libraries/default").status_code == 403
    (row,) = [row for row in tokens.listed(CARL) if row.name == "a script"]
    tokens.revoke(CARL, row.id)
    answer = ask(client, token)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert token not in answer.text


def test_it_is_named_in_the_audit_trail(backend, client, tokens):
    token = tokens.create(CARL, "remover", Role.CURATOR, 7)
    assert ask(client, token, "DELETE", "libraries/default/organisms/no_dog").status_code == 404
    assert ask(client, "gk_" + "x" * 43).status_code == 401
    failed = AuditTable(backend.libraries.stores.database).find()[0]
    assert (failed.action, failed.by) == ("failed API token", "")
    assert "testclient" in failed.detail
