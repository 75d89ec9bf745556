"""The audit trail."""

import streamlit as st

from components.shared.formatting import pluralize
from components.shared.services import audit

_PAGE_SIZE = 50


def draw_audit() -> None:
    """Show the entries of the audit trail, the latest first, and find some of them."""
    text = st.text_input(
        "Search", placeholder="user, action or library", key="find in audit"
    ).strip()
    total = audit().count(text)
    if not total:
        st.info("No entries.")
        return
    pages = -(-total // _PAGE_SIZE)
    number = st.pagination(pages, key=f"audit of {text} {pages}") if pages > 1 else 1
    entries = audit().find(text, (number - 1) * _PAGE_SIZE, _PAGE_SIZE)
    st.dataframe(
        [
            {
                "at": entry.at,
                "by": entry.by,
                "action": entry.action,
                "subject": entry.subject,
                "detail": entry.detail,
            }
            for entry in entries
        ],
        hide_index=True,
        column_config={
            "at": st.column_config.DatetimeColumn("Time", format="YYYY-MM-DD HH:mm:ss"),
            "by": "User",
            "action": "Action",
            "subject": "Library or user",
            "detail": "Detail",
        },
        alt="Audit trail, the latest first",
    )
    st.caption(f"{pluralize(total, 'entry', 'entries')}, times in UTC.")
