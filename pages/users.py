"""Users, their sign-ins and the audit trail, for administrators."""

import streamlit as st

from components.shared.errors import plain_errors
from components.shared.navigation import require_app_entry
from components.shared.services import access
from components.users.audit import show_audit
from components.users.people import show_sign_ins, show_users
from core.access import Action


def page() -> None:
    """Show who may sign in, who is signed in, and what was done."""
    st.title("Users")
    with plain_errors():
        access().require(Action.MANAGE_USERS)
        show_users()
        show_sign_ins()
        show_audit()


require_app_entry("pages/users.py")
page()
