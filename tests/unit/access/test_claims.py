"""Users and roles by the claims of an OpenID provider."""

from datetime import datetime

import pytest

from core.access import Role
from core.access.claims import issued_at, role_of_claims, sign_in_digest, user_of_claims
from core.settings import Settings

CLAIMS = {"iss": "https://i", "sub": "17", "iat": 1_700_000_000, "nonce": "n"}
GROUPS = Settings(role_claim="groups", roles='{"lab-admins": "admin", "biology": "curator"}')


class TestRole:
    @pytest.mark.parametrize(
        ("groups", "role"),
        [
            (["biology"], Role.CURATOR),
            (["chess", "biology", "lab-admins"], Role.ADMIN),
            ("lab-admins", Role.ADMIN),
            (["chess"], Role.NONE),
            (["admin"], Role.NONE),  # With a mapping, only the mapping counts.
            ([["lab-admins"]], Role.NONE),
            ({"lab-admins": True}, Role.NONE),
            (None, Role.NONE),
            (7, Role.NONE),
        ],
    )
    def test_follows_the_mapping(self, groups, role):
        assert role_of_claims({"groups": groups}, GROUPS) is role

    def test_without_a_mapping_values_name_roles(self):
        settings = Settings(role_claim="genekin_role")
        assert role_of_claims({"genekin_role": "curator"}, settings) is Role.CURATOR
        assert role_of_claims({"genekin_role": ["none", "visitor"]}, settings) is Role.NONE

    def test_a_claim_may_lie_in_an_object(self):
        settings = Settings(role_claim="realm_access.roles")
        assert role_of_claims({"realm_access": {"roles": ["admin"]}}, settings) is Role.ADMIN
        assert role_of_claims({"realm_access": "admin"}, settings) is Role.NONE

    def test_others_have_the_default_role(self):
        settings = Settings(default_role="reader")
        assert role_of_claims({"sub": "1"}, settings) is Role.READER
        assert role_of_claims({"sub": "1"}, Settings()) is Role.NONE

    def test_by_an_email_address_that_is_verified(self):
        settings = Settings(role_claim="email", roles='{"Ada@lab.example": "admin"}')
        assert role_of_claims({"email": "ADA@lab.example"}, settings) is Role.ADMIN
        claims = {"email": "ada@lab.example", "email_verified": False}
        assert role_of_claims(claims, settings) is Role.NONE


class TestUser:
    def test_is_named_by_the_verified_address(self):
        claims = {"sub": "17", "email": "Ada@Lab.example", "name": "eve@lab.example"}
        assert user_of_claims(claims, GROUPS).name == "ada@lab.example"
        assert user_of_claims(claims | {"email_verified": True}, GROUPS).name == "ada@lab.example"

    def test_else_by_the_providers_identifier(self):
        claims = {"sub": "17", "email": "ada@lab.example", "email_verified": False}
        assert user_of_claims(claims, GROUPS).name == "17"
        assert user_of_claims({"sub": "17", "name": "Ada"}, GROUPS).name == "17"


class TestDigest:
    def test_is_that_of_one_sign_in(self):
        assert sign_in_digest(CLAIMS) == sign_in_digest({**CLAIMS, "name": "Ada"})
        for name, value in (("iss", "x"), ("sub", "18"), ("iat", 1_700_000_001), ("nonce", "m")):
            assert sign_in_digest(CLAIMS) != sign_in_digest({**CLAIMS, name: value})

    @pytest.mark.parametrize("iat", [None, "now", True, 1e300, float("nan")])
    def test_a_token_without_a_time_has_none(self, iat):
        assert issued_at({"iat": iat}) is None

    def test_the_time_is_utc(self):
        assert issued_at(CLAIMS) == datetime(2023, 11, 14, 22, 13, 20)  # noqa: DTZ001
