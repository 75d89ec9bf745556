"""Creation of an API token, which is shown once."""

from collections.abc import Mapping, Sequence

import streamlit as st

from components.shared.errors import plain_errors
from components.shared.formatting import escape_markdown
from components.shared.services import access, api_tokens
from components.shared.session import session
from core.access import Role
from core.access.roles import ASSIGNABLE
from core.access.tokens import LIFETIMES, MAX_NAME
from core.stores.sql.api_tokens import ApiTokenRow
from core.web.program_calls import TOKEN_VARIABLE

RIGHTS: Mapping[Role, str] = {
    Role.READER: "classify, trace, compare, and keep results",
    Role.CURATOR: "also load and change libraries, and run benchmarks",
    Role.ADMIN: "everything, also delete libraries",
}
"""Rights of tokens of each role."""
_DEFAULT_DAYS = 30


def creation_form(number: int) -> None:
    """Ask for a token's name, role and time, and create it.

    Parameters
    ----------
    number
        Number of tokens that there are: the form is empty after each creation.
    """
    role = access().user.role
    roles = [choice for choice in ASSIGNABLE if role.includes(choice)]
    with st.form(f"new token {number}"):
        name = st.text_input(
            "Name", max_chars=MAX_NAME, placeholder="of the program, or its machine"
        )
        chosen = st.radio(
            "It may",
            roles,
            format_func=lambda choice: f"**{choice.capitalize()}**: {RIGHTS[choice]}",
        )
        days = st.segmented_control(
            "Days until it ends", LIFETIMES, default=_DEFAULT_DAYS, required=True
        )
        if st.form_submit_button("Create token", type="primary"):
            with plain_errors():
                token = api_tokens().create(access(), name, Role(chosen), days)
                session.new_token = name.strip(), token
                st.rerun()


def show_new_token(tokens: Sequence[ApiTokenRow]) -> None:
    """Show the token that was just created, until the page is left.

    Parameters
    ----------
    tokens
        The user's tokens.
    """
    if session.new_token is None:
        return
    name, token = session.new_token
    row = next((row for row in tokens if row.name == name), None)
    if row is None:  # It was revoked meanwhile.
        del session.new_token
        return
    with st.container(border=True, key="new-token"):
        st.markdown(f"**{escape_markdown(name)}** was created. Copy it now: it is not shown again.")
        st.code(token, language=None, wrap_lines=True)
        variable = f"read -rs {TOKEN_VARIABLE}; export {TOKEN_VARIABLE}"
        st.caption(f"In a shell: `{variable}`, then paste it and press Enter.")
        role = Role(row.role)
        ends = f"{row.expires_at:%Y-%m-%d}"
        st.caption(f"{role.capitalize()}: {RIGHTS[role]}. It ends on {ends}.")
        if st.button("Done"):
            del session.new_token
            st.rerun()
