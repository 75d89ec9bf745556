"""GeneKin's server: Streamlit on app.py beside GeneKin's routes, ready before its first visitor.

Takes the options of ``streamlit run``, such as ``--server.port 8080``.
"""

import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
import streamlit.logger
from starlette.middleware import Middleware
from streamlit import cli_util, config, file_util
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.web import cli
from streamlit.web.server import server_util

from components.shared import services
from components.shared.markup import SCRIPTS
from components.shared.sign_in_mode import current_mode
from core.api.app import mount_api
from core.api.backend import Backend
from core.errors import GeneKinError, InputError
from core.health import HealthChecks
from core.logs import JSON, configure_logs, route_through_root
from core.settings import Settings, read_settings
from core.web.health import health_routes
from core.web.metrics import metrics_routes
from core.web.requests import RequestMiddleware
from core.web.security import (
    Hosts,
    SecurityMiddleware,
    content_security_policy,
    script_hashes,
)
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


def _open_backend() -> Backend:
    """Return what the API needs; the stores are opened once a process."""
    libraries, jobs = services.server_libraries(), services.server_jobs()
    tokens = services.api_tokens()
    return Backend(read_settings(), current_mode(), libraries, jobs, tokens.access)


def _policy() -> str:
    index = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    return content_security_policy(script_hashes(index, *SCRIPTS))


def _prepare_logs() -> str:
    """Write all logs through one handler, Streamlit's too; return their format."""
    try:
        settings = read_settings()
    except GeneKinError:  # Every page shows it.
        settings = Settings.model_construct()
    log_format = configure_logs(settings)
    # It gives every logger of its own a handler, also those that it makes later.
    streamlit.logger.setup_formatter = lambda logger: route_through_root([logger.name])
    streamlit.logger.update_formatter()
    return log_format


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    if not config.get_option("server.headless"):
        cli_util.open_browser(server_util.get_url(_browser_host()))
    _log.info("listening", extra={"url": server_util.get_url(_browser_host())})
    yield
    _log.info("shutting down")


def _browser_host() -> str:
    """Return the host that a browser on this machine opens."""
    for option in ("browser.serverAddress", "server.address"):
        if config.is_manually_set(option):
            return server_util.get_display_address(config.get_option(option))
    return "localhost"


def _run(*, quiet: bool) -> None:
    """Serve until Ctrl+C or SIGTERM, then end in peace: uvicorn raises the signal again."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    welcome = ["--logger.hideWelcomeMessage", "true"] if quiet else []
    sys.argv = ["streamlit", "run", __file__, *welcome, *sys.argv[1:]]
    cli.main(prog_name="streamlit")


if __name__ == "__main__":
    _format = _prepare_logs()
    _run(quiet=_format == JSON)
else:  # Imported by Streamlit's command, with its options read, once uvicorn has set up its logs.
    route_through_root(["uvicorn", "uvicorn.error"])
    logging.getLogger("uvicorn.access").disabled = True  # RequestMiddleware logs, without queries.
    _check_sign_in()
    _prepare()
    _checks = HealthChecks(services.server_libraries)
    app = st.App(
        "app.py",
        routes=[
            *health_routes(_checks),
            *metrics_routes(_checks, lambda: read_settings().metrics_token),
            *sign_in_routes(services.accounts),
            mount_api(_open_backend),
        ],
        middleware=[
            Middleware(RequestMiddleware),
            Middleware(
                SecurityMiddleware,
                hosts=Hosts(
                    config.get_option("server.allowedHosts"),
                    config.get_option("server.corsAllowedOrigins"),
                ),
                policy=_policy(),
            ),
        ],
        lifespan=_lifespan,
    )
