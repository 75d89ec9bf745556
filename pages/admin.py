"""Admin: whether the deployment works, what it does, what it consists of, and who uses it."""

from collections.abc import Callable, Mapping

import streamlit as st

from components.admin.audit import draw_audit
from components.admin.health import draw_health
from components.admin.inventory import draw_libraries, draw_versions
from components.admin.queue import draw_queue
from components.admin.users import draw_users
from components.shared.errors import plain_errors
from components.shared.navigation import require_app_entry
from components.shared.program_calls import program_calls
from components.shared.services import access
from core.access import Action
from core.web.page_calls import jobs_call, libraries_call
from core.web.program_calls import Api, ProgramCalls

_SECTIONS: Mapping[str, Callable[[], None]] = {
    "Health": draw_health,
    "Jobs": draw_queue,
    "Libraries": draw_libraries,
    "Users": draw_users,
    "Audit trail": draw_audit,
    "Versions": draw_versions,
}


def page() -> None:
    """Show the page to administrators."""
    with plain_errors():
        access().require(Action.SEE_ALL)
        _show_sections()


def _show_sections() -> None:
    """Show all sections; one that fails leaves the others."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Admin", width="stretch")
        st.button("Refresh")
    for name, draw in _SECTIONS.items():
        st.header(name, anchor=name.lower().replace(" ", "-"))
        with plain_errors():
            draw()
    program_calls("admin", _calls)


def _calls(api: Api) -> ProgramCalls:
    return ProgramCalls.join([libraries_call(api), jobs_call(api)])


require_app_entry("pages/admin.py")
page()
