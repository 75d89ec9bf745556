"""Ways to sign in, and which of them a deployment has."""

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address

from core.errors import InputError
from core.settings import Settings

_MIN_SECRET = 32
"""Minimum length of the secret that signs cookies: whoever knows it can be anyone."""


class SignInMode(StrEnum):
    """Ways in which users sign in."""

    OPEN = "open"
    PASSWORD = "password"  # noqa: S105  (the name of a way)
    OPENID = "openid"


def sign_in_mode(settings: Settings, auth: Mapping[str, object]) -> SignInMode:
    """Return how users sign in.

    Parameters
    ----------
    auth
        Section ``[auth]`` of Streamlit's secrets; empty if there is none.

    Raises
    ------
    InputError
        If two ways are configured at once, or the secret of the cookies is weak.
    """
    if auth and settings.users_file:
        message = "Both GENEKIN_USERS_FILE and an OpenID provider ([auth] in secrets) are set."
        raise InputError(message, "Remove one of them, then start GeneKin again.")
    if auth:
        if len(str(auth.get("cookie_secret", ""))) < _MIN_SECRET:
            message = "The cookie_secret of [auth] in secrets is missing or short."
            raise InputError(message, "Make one: openssl rand -hex 32")
        return SignInMode.OPENID
    return SignInMode.PASSWORD if settings.users_file else SignInMode.OPEN


def check_address(mode: SignInMode, address: str | None, settings: Settings) -> None:
    """Check that a dashboard without sign-in listens on this machine only.

    Parameters
    ----------
    address
        Address that the server listens on; None: all of the machine's.

    Raises
    ------
    InputError
        If others could reach it.
    """
    if mode is not SignInMode.OPEN or settings.everyone_is_admin or is_loopback(address):
        return
    message = f"Without sign-in, GeneKin does not listen on {address or 'all addresses'}: whoever"
    hint = (
        "Set GENEKIN_USERS_FILE or [auth] in secrets (docs/access.md), or GENEKIN_EVERYONE_IS_ADMIN"
        " to true."
    )
    raise InputError(f"{message} reaches it could delete libraries.", hint)


def is_loopback(address: str | None) -> bool:
    """Return whether only programs on this machine reach an address.

    >>> is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback(None)
    (True, True, False, False)
    """
    if not address:
        return False
    if address.casefold() == "localhost":
        return True
    try:
        return ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False
