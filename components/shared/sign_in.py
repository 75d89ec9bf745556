"""Signing in and out: the navigation of a dashboard with users, and the account in the sidebar."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import Page

from components.shared.errors import show_error
from components.shared.formatting import escape_markdown
from components.shared.markup import OPEN_SIGN_IN, STYLE
from components.shared.services import (
    access,
    accounts,
    find_access,
    keep_access,
    sign_ins,
)
from components.shared.session import session
from components.shared.sign_in_mode import current_mode
from core.access import Access, Action, Role
from core.access.mode import SignInMode
from core.errors import GeneKinError
from core.web.sign_in import PATH, session_token


def signed_in_page(pages: Sequence[Page], admin_pages: Sequence[Page]) -> Page:
    """Return the page to run for the user; without one, show how to sign in and stop.

    Parameters
    ----------
    admin_pages
        Pages in the navigation of administrators only.
    """
    every_page = [*pages, *admin_pages]
    try:
        rights = find_access()
    except GeneKinError as error:
        _begin_bare_page(every_page, "GeneKin")
        show_error(error)
        st.stop()
    if rights is None:
        link = _link(_requested_path(), at_once=session.access is not None)
        _begin_bare_page(every_page, "Sign in · GeneKin")
        _draw_sign_in(link)
        st.stop()
    keep_access(rights)
    if rights.user.role is Role.NONE:
        _begin_bare_page(every_page, "GeneKin")
        _draw_no_role(rights)
        st.stop()
    return st.navigation(every_page if rights.user.may(Action.READ_AUDIT) else list(pages))


def account_panel() -> None:
    """Draw who is signed in, with the button to sign out; nothing without sign-in."""
    mode = current_mode()
    if mode is SignInMode.OPEN:
        return
    user = access().user
    with st.container(
        key="account",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    ):
        if user.name:
            st.caption(f"{escape_markdown(user.name)} · {user.role}", width="content")
            if st.button("Sign out", type="tertiary"):
                _sign_out(mode)
        elif mode is SignInMode.PASSWORD:
            st.html(_link())
        elif st.button("Sign in"):
            st.login()


def _begin_bare_page(pages: Sequence[Page], title: str) -> None:
    """Keep the address, without a navigation and without what the session had."""
    st.session_state.clear()
    st.navigation(list(pages), position="hidden")
    st.set_page_config(page_title=title, page_icon="components/icon.svg", layout="centered")
    st.html(STYLE)


def _requested_path() -> str:
    """Return the path of the page that was asked for before app.py ran; empty if it is in view."""
    if not session.requested_page:
        return ""
    file, parameters = session.requested_page
    return f"/{Path(file).stem}?{urlencode(parameters, doseq=True)}"


def _link(next_path: str = "", *, at_once: bool = False) -> str:
    """Return a link to the server's sign-in page, which comes back to a path.

    Parameters
    ----------
    at_once
        Whether to open it even if it was open seconds ago: a sign-in has ended since.
    """
    query = f"?{urlencode({'next': next_path})}" if next_path else ""
    name = "genekin-sign-in genekin-at-once" if at_once else "genekin-sign-in"
    return f'<a class="{name}" href="{escape(PATH + query)}" target="_self">Sign in</a>'


def _draw_sign_in(link: str) -> None:
    with st.container(key="sign-in", border=True):
        st.title("Sign in", anchor=False)
        if current_mode() is SignInMode.PASSWORD:
            st.html(link)
            st.html(OPEN_SIGN_IN, unsafe_allow_javascript=True)
            return
        st.write("Find the gene family of DNA sequences, with the evidence.")
        if st.button("Sign in with your organization", type="primary", width="stretch"):
            st.login()


def _draw_no_role(rights: Access) -> None:
    with st.container(key="sign-in", border=True):
        st.title("No role yet", anchor=False)
        name = escape_markdown(rights.user.name)
        st.write(
            f"You are signed in as {name}, but you have no role on this server. Ask an"
            " administrator of this server."
        )
        if st.button("Sign out", width="stretch"):
            _sign_out(current_mode())


def _sign_out(mode: SignInMode) -> None:
    """End the sign-in for all tabs: each notices it at its next action."""
    if mode is SignInMode.OPENID:
        sign_ins().end_claims(st.user.to_dict())
        st.session_state.clear()
        st.logout()  # The browser leaves for the provider.
        st.stop()
    if known := accounts():
        known.sign_ins.end(session_token(st.context.cookies))
    st.rerun()
