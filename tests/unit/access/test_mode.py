"""Ways to sign in, and addresses on which a dashboard may be open."""

from pathlib import Path

import pytest

from core.access.mode import SignInMode, check_address, sign_in_mode
from core.errors import InputError
from core.settings import Settings

FILE = Settings(users_file=Path("/etc/genekin/users"))
AUTH = {"cookie_secret": "x" * 32, "client_id": "genekin"}


def test_the_settings_decide():
    assert sign_in_mode(Settings(), {}) is SignInMode.OPEN
    assert sign_in_mode(FILE, {}) is SignInMode.PASSWORD
    assert sign_in_mode(Settings(), AUTH) is SignInMode.OPENID


def test_not_both_ways_at_once():
    with pytest.raises(InputError, match="Remove one of them"):
        sign_in_mode(FILE, AUTH)


@pytest.mark.parametrize("secret", [{}, {"cookie_secret": "short"}])
def test_the_secret_of_cookies_cannot_be_guessed(secret):
    with pytest.raises(InputError, match="openssl rand"):
        sign_in_mode(Settings(), {"client_id": "genekin", **secret})


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "LOCALHOST"])
def test_an_open_dashboard_listens_on_this_machine(address):
    check_address(SignInMode.OPEN, address, Settings())


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "::", "", None, "192.168.1.4", "lab.example", "localhost.evil.example"]
)
def test_but_not_where_others_reach_it(address):
    with pytest.raises(InputError, match="GENEKIN_EVERYONE_IS_ADMIN"):
        check_address(SignInMode.OPEN, address, Settings())
    check_address(SignInMode.OPEN, address, Settings(everyone_is_admin=True))
    check_address(SignInMode.PASSWORD, address, FILE)
    check_address(SignInMode.OPENID, address, Settings())
