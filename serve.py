"""GeneKin's server: Streamlit on app.py beside the sign-in page, ready before its first visitor.

Takes the options of ``streamlit run``, such as ``--server.port 8080``.
"""

import logging
import sys

import streamlit as st
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.web import cli

from components.shared import services
from components.shared.sign_in_mode import current_mode
from core.errors import GeneKinError, InputError
from core.web.sign_in import sign_in_routes

_log = logging.getLogger(__name__)
# It warns of a cache that is filled outside of a page.
logging.getLogger(script_run_context.__name__).setLevel(logging.ERROR)


def _prepare() -> None:
    """Import what the first page needs, and open the stores: its visitor would wait for both."""
    import components.classify.batch
    import components.classify.downloads
    import components.classify.landing
    import components.classify.result  # noqa: F401

    try:
        services.open_services()
    except GeneKinError as error:  # Every page shows it, too.
        _log.warning("%s", error)


def _check_sign_in() -> None:
    """End with a message if nobody could sign in, or everyone were an administrator."""
    try:
        current_mode()
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    sys.argv = ["streamlit", "run", __file__, *sys.argv[1:]]
    cli.main(prog_name="streamlit")
else:  # Imported by Streamlit's command, with its options read.
    _check_sign_in()
    _prepare()
    app = st.App("app.py", routes=sign_in_routes(services.accounts))
