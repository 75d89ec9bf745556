"""GeneKin's server: Streamlit on app.py, ready before its first visitor comes.

Takes the options of ``streamlit run``, such as ``--server.port 8080``.
"""

import logging
import sys
from pathlib import Path

from streamlit.web import cli

_APP = Path(__file__).with_name("app.py")
_log = logging.getLogger(__name__)


def _prepare() -> None:
    """Import what the first page needs, and open the stores: its visitor would wait for both."""
    from streamlit.runtime.scriptrunner_utils import script_run_context

    import components.classify.batch
    import components.classify.downloads
    import components.classify.landing
    import components.classify.result  # noqa: F401
    from components.shared.services import open_services
    from core.errors import GeneKinError

    # It warns of a cache that is filled outside of a page.
    logging.getLogger(script_run_context.__name__).setLevel(logging.ERROR)
    try:
        open_services()
    except GeneKinError as error:  # Every page shows it, too.
        _log.warning("%s", error)


if __name__ == "__main__":
    _prepare()
    sys.argv = ["streamlit", "run", str(_APP), *sys.argv[1:]]
    cli.main(prog_name="streamlit")
