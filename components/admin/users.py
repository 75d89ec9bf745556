"""The users of the user file, and who is signed in."""

from collections import Counter

import streamlit as st

from components.shared.formatting import escape_markdown, pluralize
from components.shared.services import access, accounts, administration
from components.shared.sign_in_mode import is_open
from core.access import Action, Role, User
from core.access.roles import ASSIGNABLE


def draw_users() -> None:
    """List the users and who is signed in, with what an administrator can change."""
    if is_open():
        st.caption("Nobody signs in here: whoever reaches this server is an administrator.")
        return
    access().require(Action.MANAGE_USERS)
    _show_users()
    _show_sign_ins()


def _show_users() -> None:
    """List the users of the file, with the choice of another role for each."""
    if accounts() is None:
        st.caption("The OpenID provider has the users; their roles follow its claims.")
        return
    users = administration().users()
    st.subheader(pluralize(len(users), "user"), anchor=False)
    for user in users:
        _draw_user(user)
    st.caption("To add a user or to set a password, on the server: `python -m core users --help`")


def _draw_user(user: User) -> None:
    name, role, action = st.columns([3, 2, 1], vertical_alignment="center")
    name.markdown(f"**{escape_markdown(user.name)}**")
    is_self = user.name == access().user.name
    chosen = role.selectbox(
        f"Role of {user.name}",
        ASSIGNABLE,
        ASSIGNABLE.index(user.role),
        format_func=Role.capitalize,
        label_visibility="collapsed",
        disabled=is_self,
        key=f"role of {user.name} {user.role}",
    )
    if chosen != user.role:
        administration().set_role(user.name, Role(chosen))
        st.rerun()
    with action.popover("Remove", width="stretch", disabled=is_self):
        st.write(
            "Runs and libraries of the user stay; administrators see them. Sign-ins and API tokens"
            " end."
        )
        if st.button("Remove user", type="primary", key=f"remove {user.name}"):
            administration().remove(user.name)
            st.rerun()


def _show_sign_ins() -> None:
    """List who is signed in, with a button that ends the user's sign-ins and API tokens."""
    rows = administration().sign_ins()
    counts = Counter(row.name for row in rows)
    latest = {row.name: row.began_at for row in reversed(rows)}
    st.subheader("Signed in", anchor=False)
    for name, count in counts.items():
        text, action = st.columns([5, 1], vertical_alignment="center")
        text.markdown(
            f"**{escape_markdown(name)}** · {pluralize(count, 'sign-in')}, last"
            f" {latest[name]:%Y-%m-%d %H:%M} UTC"
        )
        if action.button(
            "Sign out",
            key=f"sign out {name}",
            width="stretch",
            help="Ends all sign-ins and API tokens of the user.",
        ):
            administration().end_sign_ins(name)
            st.rerun()
