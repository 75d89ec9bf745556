"""Callers: who sends a request, with which rights, and what a request gets of the backend."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from starlette.datastructures import Headers

from core.access import LOCAL_ACCESS, Access, Action
from core.access.mode import SignInMode
from core.access.users import VISITOR
from core.api.backend import Backend, OpenBackend
from core.api.problems import ProblemError
from core.api.work import HeldMemory, Work
from core.evaluation.evaluations import Evaluations
from core.jobs.user_jobs import UserJobs
from core.library.manager import Libraries
from core.log_context import log_context
from core.runs import Runs
from core.turns import process_turns

_Result = TypeVar("_Result")
_ORIGIN = "API"
"""Origin of changes in the audit trail."""
_SCHEME = "bearer"
_BODIES = 2
"""Number of bodies of the largest size that are in memory at once; more of smaller ones."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who sends a request.

    Attributes
    ----------
    access
        The caller's rights, as they are now.
    address
        Address that the request comes from.
    memory
        Memory for the body.
    """

    backend: Backend
    access: Access
    address: str
    work: Work
    memory: HeldMemory

    @property
    def name(self) -> str:
        """Whose turn it is: the user, or the address of one without a name."""
        return self.access.user.name or f"address {self.address}"

    @property
    def libraries(self) -> Libraries:
        """The libraries that the caller may use."""
        return self.backend.libraries.acting_as(self.access)

    @property
    def jobs(self) -> UserJobs:
        """The jobs, as the caller may see them."""
        return UserJobs(self.backend.jobs, self.libraries)

    @property
    def runs(self) -> Runs:
        """The runs that the caller may see."""
        database = self.backend.libraries.stores.database
        return Runs(database, self.backend.settings.keep_runs_days, self.access)

    @property
    def evaluations(self) -> Evaluations:
        """The evaluations that the caller may see."""
        return Evaluations(self.backend.libraries.stores.database, self.access)

    async def run(self, function: Callable[[], _Result]) -> _Result:
        """Run in a thread what takes milliseconds."""
        return await self.work.run_quick(self._searching(function))

    async def run_in_turn(self, function: Callable[[], _Result]) -> _Result:
        """Run in a thread what takes longer, when it is the caller's turn.

        Raises
        ------
        BusyError
            If the turn does not come in time.
        """
        turns = process_turns(self.backend.settings.question_slots)

        def take() -> _Result:
            with turns.take(self.name):
                return function()

        return await self.work.run_long(self._searching(take))

    async def run_long(self, function: Callable[[], _Result]) -> _Result:
        """Run in a thread what waits for others, such as the lock of a library."""
        return await self.work.run_long(self._searching(function))

    def _searching(self, function: Callable[[], _Result]) -> Callable[[], _Result]:
        """Return the function, run if the caller has any rights, under the caller's name."""

        def run() -> _Result:
            with log_context(**({"user": name} if (name := self.access.user.name) else {})):
                self.access.require(Action.SEARCH)
                return function()

        return run


async def _identify(request: Request) -> Caller:
    state = request.app.state
    open_backend: OpenBackend = state.open_backend
    work: Work = state.work
    _refuse_pages_of_other_sites(request.headers)
    address = request.client.host if request.client else ""

    def identify() -> Caller:
        backend = open_backend()
        access = _find_access(request.headers, address, backend)
        memory = work.memory.hold(_BODIES * backend.settings.max_file_bytes)
        return Caller(backend, access, address, work, memory)

    return await work.run_quick(identify)


async def _admit(caller: Annotated[Caller, Depends(_identify)]) -> AsyncIterator[Caller]:
    with caller.work.admit(caller.name):
        try:
            yield caller
        finally:
            caller.memory.release()


Asking = Annotated[Caller, Depends(_identify)]
"""The caller of a request that takes milliseconds."""
AskingLong = Annotated[Caller, Depends(_admit)]
"""The caller of a request that may take long; so many of them are admitted at a time."""


def _refuse_pages_of_other_sites(headers: Headers) -> None:
    """Refuse what a browser sends for a page of another site, also where it could not read it."""
    if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        detail = "Requests from pages of other sites are refused."
        raise ProblemError(HTTPStatus.FORBIDDEN, "foreign-origin", detail)


def _find_access(headers: Headers, address: str, backend: Backend) -> Access:
    """Return the rights of a request.

    Raises
    ------
    ProblemError
        If it needs a token and has none, or one that is wrong or expired.
    """
    given = headers.get("authorization")
    if given is not None:
        scheme, _, token = given.partition(" ")
        found = None
        if scheme.lower() == _SCHEME and token:
            found = backend.token_access(token.strip(), address)
        if found is None:
            raise _unauthorized("The token is wrong, expired or revoked.", 'error="invalid_token"')
        return found if found.origin else replace(found, origin=_ORIGIN)
    if backend.mode is SignInMode.OPEN:
        return replace(LOCAL_ACCESS, origin=_ORIGIN)
    if backend.settings.allow_visitors:
        return Access(VISITOR, origin=_ORIGIN)
    raise _unauthorized("This server needs a token: Authorization: Bearer gk_…")


def _unauthorized(detail: str, parameter: str = "") -> ProblemError:
    challenge = f'Bearer realm="GeneKin"{", " if parameter else ""}{parameter}'
    headers = {"WWW-Authenticate": challenge}
    return ProblemError(HTTPStatus.UNAUTHORIZED, "unauthorized", detail, headers=headers)
