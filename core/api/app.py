"""The application: all routes below ``/v1``, and how errors are answered."""

import re

from fastapi import FastAPI
from starlette.routing import Mount

from core import __version__
from core.api import evaluations, jobs, libraries, loads, questions, runs
from core.api.backend import OpenBackend
from core.api.documentation import openapi_of
from core.api.problems import install_handlers
from core.api.requests import RequestForms
from core.api.work import Work

PATH = "/api"
"""Path below which the application is mounted."""
_VERSION_PATH = "/v1"


def mount_api(open_backend: OpenBackend) -> Mount:
    """Return the route of the API, which has all paths below :data:`PATH`."""
    mount = Mount(PATH, create_api(open_backend))
    # Also those with a line break in a name, which are nothing of the pages.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def create_api(open_backend: OpenBackend) -> FastAPI:
    """Return the application, to be mounted at :data:`PATH`.

    Parameters
    ----------
    open_backend
        Called at every request.
    """
    app = FastAPI(
        title="GeneKin",
        version=__version__,
        openapi_url=f"{_VERSION_PATH}/openapi.json",
        docs_url=None,  # They load scripts of other sites.
        redoc_url=None,
        redirect_slashes=False,
        root_path_in_servers=False,
        # Events of GeneKin itself are counted, wherever they come from: core.web.metrics.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.open_backend = open_backend
    app.state.work = Work()
    for module in (questions, libraries, loads, runs, jobs, evaluations):
        app.include_router(module.router, prefix=_VERSION_PATH)
    install_handlers(app)
    app.add_middleware(RequestForms)
    app.openapi = openapi_of(app)  # type: ignore[method-assign]
    return app
