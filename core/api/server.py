"""Server of the API alone, under the same checks as the dashboard."""

import logging
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from core.access.mode import SignInMode, check_address, sign_in_mode
from core.access.sign_ins import SignIns
from core.access.tokens import ApiTokens, owner_roles
from core.access.user_file import UserFile
from core.api.app import PATH, mount_api
from core.api.backend import Backend
from core.errors import InputError
from core.health import HealthChecks
from core.logs import configure_logs, route_through_root
from core.services import Services
from core.settings import Settings
from core.web.health import health_routes
from core.web.metrics import metrics_routes
from core.web.requests import RequestMiddleware
from core.web.security import Hosts, SecurityMiddleware

_log = logging.getLogger(__name__)
_POLICY = "default-src 'none'; frame-ancestors 'none'"
_PROJECT = Path(__file__).resolve().parents[2]
_SECRETS = ".streamlit/secrets.toml"
_SHUTDOWN_SECONDS = 10


def serve(settings: Settings, host: str, port: int, names: Sequence[str]) -> None:
    """Serve the API until Ctrl+C or SIGTERM.

    Parameters
    ----------
    names
        Names of the server, besides its addresses and localhost.

    Raises
    ------
    GeneKinError
        If others would reach it without sign-in, or a store cannot be opened.
    """
    mode = sign_in_mode(settings, _auth_section())
    check_address(mode, host, settings)
    configure_logs(settings)
    services = Services.open(settings)
    try:
        services.warm_up()
        tokens = _open_tokens(settings, mode, services)
        backend = Backend(settings, mode, services.libraries, services.jobs, tokens.access)
        app = create_app(backend, names)
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        route_through_root(["uvicorn", "uvicorn.error"])
        _log.info("listening", extra={"url": f"http://{host}:{port}{PATH}/v1"})
        uvicorn.Server(config).run()
    finally:
        services.close()


def _open_tokens(settings: Settings, mode: SignInMode, services: Services) -> ApiTokens:
    database = services.libraries.stores.database
    users = UserFile(settings.users_file) if settings.users_file else None
    return ApiTokens(database, owner_roles(mode, users, SignIns(database, settings)))


def create_app(backend: Backend, names: Sequence[str] = ()) -> Starlette:
    """Return the application with health, metrics, and the checks of all requests."""
    checks = HealthChecks(lambda: backend.libraries)
    return Starlette(
        routes=[
            *health_routes(checks),
            *metrics_routes(checks, lambda: backend.settings.metrics_token),
            mount_api(lambda: backend),
        ],
        middleware=[
            Middleware(RequestMiddleware),
            Middleware(SecurityMiddleware, hosts=Hosts(names), policy=_POLICY),
        ],
    )


def _auth_section() -> Mapping[str, object]:
    """Return the section ``[auth]`` of the pages' secrets, where they have some.

    Raises
    ------
    InputError
        If the file cannot be read: without it, everyone would have all rights.
    """
    for folder in (_PROJECT, Path.home()):
        file = folder / _SECRETS
        try:
            section = tomllib.loads(file.read_text(encoding="utf-8")).get("auth", {})
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            message = f"The secrets in {file} cannot be read: {type(error).__name__}."
            raise InputError(message, "Correct the file, or remove it.") from None
        if isinstance(section, Mapping) and section:
            return section
    return {}
