"""API tokens: create, see and revoke them."""

from dataclasses import replace

import streamlit as st

from components.shared.errors import plain_errors
from components.shared.navigation import require_app_entry
from components.shared.program_calls import api_address, program_calls
from components.shared.services import access, api_tokens, may
from components.shared.session import TOKENS_PATH
from components.shared.sign_in_mode import current_mode
from components.tokens.creation import creation_form, show_new_token
from components.tokens.token_list import show_others, show_own
from core.access import Action
from core.access.mode import SignInMode
from core.access.sign_ins import ROLE_DAYS
from core.web.page_calls import libraries_call
from core.web.program_calls import Api, Call, ProgramCalls

_INTRODUCTIONS = {
    SignInMode.OPEN: (
        "Programs on this machine need no token, as nobody signs in here. One with a lower role"
        " keeps a script from mistakes."
    ),
    SignInMode.PASSWORD: "Programs use a token where people sign in.",
    SignInMode.OPENID: (
        "Programs use a token where people sign in. Yours work for"
        f" {ROLE_DAYS} days after you have signed in last."
    ),
}


def page() -> None:
    """Show the user's tokens, and the form that creates one."""
    st.title("API tokens")
    with plain_errors():
        if may(Action.CREATE_TOKEN):
            _show_tokens()
        else:
            st.info("Sign in to create tokens for your programs.")


def _show_tokens() -> None:
    st.write(_INTRODUCTIONS[current_mode()])
    tokens, name = api_tokens().listed(access()), access().user.name
    own = [token for token in tokens if token.owner == name]
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_new_token(own)
        show_own(own)
        st.caption(f"Address of the API: `{api_address(TOKENS_PATH)}/api/v1`")
    with right:
        st.subheader("New token", anchor=False)
        creation_form(len(tokens))
    show_others([token for token in tokens if token.owner != name])
    program_calls(TOKENS_PATH, _calls)


def _calls(api: Api) -> ProgramCalls:
    """Return a call with a token, also where none is needed; only HTTP knows tokens."""
    call = libraries_call(replace(api, needs_token=True))
    return ProgramCalls.join([Call(call.about, call.curl)])


require_app_entry("pages/tokens.py")
page()
