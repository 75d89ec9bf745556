"""API tokens: the user's own, and those of others for administrators."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from components.shared.formatting import escape_markdown, format_duration, pluralize
from components.shared.services import access, api_tokens
from core.access import Role
from core.stores.sql.api_tokens import ApiTokenRow
from core.stores.sql.tables import utc_now


def show_own(tokens: Sequence[ApiTokenRow]) -> None:
    """List the user's own tokens, each with a button that revokes it."""
    if not tokens:
        st.info(
            "No tokens yet. A token lets a program work with your rights, or fewer, and without"
            " your password. Create one here, then copy a call from *Use from a program* on any"
            " page."
        )
    for token in tokens:
        with st.container(border=True):
            text, action = st.columns([4, 1], vertical_alignment="center")
            text.markdown(f"**{escape_markdown(token.name)}** · {_role(token)}")
            text.caption(_times(token, utc_now()))
            with action:
                _revoke_button(token)


def show_others(tokens: Sequence[ApiTokenRow]) -> None:
    """List the tokens of other users in a table; the selected one can be revoked."""
    if not tokens:
        return
    st.subheader("Tokens of others", anchor=False)
    selected = st.dataframe(
        [
            {
                "user": token.owner or "nobody (without sign-in)",
                "name": token.name,
                "role": _role(token),
                "created": token.created_at,
                "ends": token.expires_at,
                "used": token.used_at,
            }
            for token in tokens
        ],
        hide_index=True,
        column_config={
            "user": "User",
            "name": "Name",
            "role": "Role",
            "created": st.column_config.DatetimeColumn("Created", format="YYYY-MM-DD"),
            "ends": st.column_config.DatetimeColumn("Ends", format="YYYY-MM-DD HH:mm"),
            "used": st.column_config.DatetimeColumn("Last used", format="YYYY-MM-DD HH:mm"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"tokens {tokens[0].id} {len(tokens)}",
        alt="API tokens of other users, the latest first",
    )
    rows = selected["selection"]["rows"]
    if rows and rows[0] < len(tokens):
        token = tokens[rows[0]]
        text, action = st.columns([4, 1], vertical_alignment="center")
        text.markdown(f"**{escape_markdown(token.name)}** of {escape_markdown(token.owner)}")
        with action:
            _revoke_button(token)
    else:
        st.caption(f"{pluralize(len(tokens), 'token')}, times in UTC. Select one to revoke it.")


def _revoke_button(token: ApiTokenRow) -> None:
    """Draw the button that revokes a token; one that has expired is removed without a question."""
    if not token.is_valid(utc_now()):
        if st.button("Remove", key=f"remove token {token.id}", width="stretch"):
            api_tokens().revoke(access(), token.id)
            st.rerun()
        return
    with st.popover("Revoke", width="stretch"):
        st.write("Programs that use it stop working at once.")
        if st.button("Revoke token", type="primary", key=f"revoke {token.id}"):
            api_tokens().revoke(access(), token.id)
            st.rerun()


def _role(token: ApiTokenRow) -> str:
    """Return the role that a token gives, and its own if that is higher."""
    role = api_tokens().role(token)
    if role is Role.NONE:
        return "expired" if not token.is_valid(utc_now()) else "owner has no role"
    return role if role == token.role else f"{role} (created as {token.role})"


def _times(token: ApiTokenRow, now: datetime) -> str:
    used = "never used"
    if token.used_at:
        used = f"last used {format_duration((now - token.used_at).total_seconds())} ago"
    left = (token.expires_at - now).total_seconds()
    if left <= 0:
        return f"Expired on {token.expires_at:%Y-%m-%d} · {used}"
    return f"Ends on {token.expires_at:%Y-%m-%d}, in {format_duration(left)} · {used}"
