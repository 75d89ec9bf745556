"""The HTTP API over a small deployment: an open one, or one where programs need tokens."""

from dataclasses import replace

from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.access import Access, Role, User
from core.access.mode import SignInMode
from core.api.backend import Backend
from core.api.server import create_app
from core.jobs.queue import JobQueue
from core.library.manager import Libraries
from core.settings import Settings

HOST = "testserver"
USERS = {
    "reader": User("rita", Role.READER),
    "curator": User("carl", Role.CURATOR),
    "admin": User("ada", Role.ADMIN),
}
"""Users, each with the token ``gk_<name here>``."""


def token_access(token: str, _address: str) -> Access | None:
    user = USERS.get(token.removeprefix("gk_"))
    return Access(user, origin="API token test") if user else None


def open_backend(libraries: Libraries, jobs: JobQueue, settings: Settings) -> Backend:
    return Backend(settings, SignInMode.OPEN, libraries, jobs, token_access)


def client_of(app: Starlette, who: str = "", **headers: str) -> TestClient:
    """Return a client with the token of a user; without one, if nobody is named."""
    if who:
        headers["Authorization"] = f"Bearer gk_{who}"
    return TestClient(app, f"http://{HOST}", headers=headers, raise_server_exceptions=False)


def app_of(backend: Backend) -> Starlette:
    return create_app(backend, [HOST])


def signing_in(backend: Backend, **settings: object) -> Backend:
    """Return a backend where users sign in."""
    changed = backend.settings.model_copy(update=settings)
    return replace(backend, mode=SignInMode.PASSWORD, settings=changed)
