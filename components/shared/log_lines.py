"""Log lines of a page: whose they are."""

import hashlib

from streamlit.runtime.scriptrunner import get_script_run_ctx

from components.shared.services import current_user
from core.log_context import set_log_context

_DIGITS = 8


def begin_log() -> None:
    """Have all log lines of this run of the script say its session and user."""
    context = get_script_run_ctx(suppress_warning=True)
    # Whoever knows the id of a session can take it over: the log has a digest of it.
    digest = hashlib.sha256(context.session_id.encode()).hexdigest() if context else ""
    set_log_context(session=digest[:_DIGITS], user=current_user())
