"""Way in which users sign in here, by the settings and Streamlit's secrets; imports fast."""

from collections.abc import Mapping
from functools import cache

import streamlit as st

from core.access.mode import SignInMode, check_address, sign_in_mode
from core.errors import GeneKinError
from core.settings import read_settings


def current_mode() -> SignInMode:
    """Return how users sign in.

    Raises
    ------
    InputError
        If nobody can, since a setting is invalid, or others reach a dashboard without sign-in.
    """
    settings = read_settings()
    mode = sign_in_mode(settings, _auth_section())
    check_address(mode, st.get_option("server.address"), settings)
    return mode


def is_open() -> bool:
    """Return whether this is a dashboard without sign-in; not if a setting is invalid."""
    try:
        return current_mode() is SignInMode.OPEN
    except GeneKinError:
        return False


@cache
def _auth_section() -> Mapping[str, object]:
    """Return the section ``[auth]`` of the secrets when it was first asked for; empty without one.

    Streamlit looks for the file each time, and pages ask a dozen times a run.
    """
    if not st.secrets.load_if_toml_exists():
        return {}
    section = st.secrets.get("auth", {})
    return section if isinstance(section, Mapping) else {}
