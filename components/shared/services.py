"""Opened stores, shared by all sessions; what one run of the script reads of them; the user."""

import time
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components.shared.session import session
from components.shared.sign_in_mode import current_mode
from core.access import LOCAL_ACCESS, Access, Action, Role
from core.access.administration import Administration
from core.access.mode import SignInMode
from core.access.sign_ins import SignIns
from core.access.tokens import ApiTokens, owner_roles
from core.access.user_file import UserFile
from core.access.users import VISITOR
from core.evaluation.evaluations import Evaluations
from core.jobs.queue import JobQueue
from core.jobs.user_jobs import UserJobs
from core.library.library import Library
from core.library.manager import Libraries
from core.runs import Runs
from core.services import Services
from core.settings import Settings, read_settings
from core.similarity.stored_results import StoredResults
from core.stores.sql.audit import AuditTable
from core.stores.sql.database import Database
from core.web.sign_in import Accounts, session_token

_Arguments = ParamSpec("_Arguments")
_ACCESS_SECONDS = 1.0
"""Time for which the rights of a user are not read again."""


@st.cache_resource(
    show_spinner="Opening the library …",
    on_release=Services.close,
    hash_funcs={Settings: hash},  # Streamlit's own way takes longer, a dozen times a run.
)
def _open(settings: Settings) -> Services:
    return Services.open(settings)


def open_services() -> None:
    """Open the stores, start the jobs and warm up, before the first session comes.

    Large libraries, and a load that is under way, keep the first session waiting only so long.

    Raises
    ------
    GeneKinError
        If a setting is invalid or a store cannot be opened.
    """
    _open(read_settings()).warm_up()


def server_libraries() -> Libraries:
    """Return all libraries, for what the server does by itself; never for a page.

    Raises
    ------
    GeneKinError
        If a setting is invalid or a store cannot be opened.
    """
    return _open(read_settings()).libraries


def server_jobs() -> JobQueue:
    """Return the queue of jobs, for what the server does by itself; never for a page.

    Raises
    ------
    GeneKinError
        If a setting is invalid or a store cannot be opened.
    """
    return _open(read_settings()).jobs


def libraries() -> Libraries:
    """Return the libraries with the rights of the user; the stores are opened once a process.

    Raises
    ------
    GeneKinError
        If a setting is invalid or a store cannot be opened.
    """
    return server_libraries().acting_as(access())


def jobs() -> UserJobs:
    """Return the background jobs."""
    return UserJobs(_open(read_settings()).jobs, libraries())


def is_worker_missing() -> bool:
    """Return whether nothing runs the background jobs."""
    services = _open(read_settings())
    if services.worker is not None:
        return services.worker.has_failed
    return not services.jobs.has_worker()


def expect_job() -> None:
    """Start what runs the jobs, if it takes long to start: a job is about to be submitted."""
    if worker := _open(read_settings()).worker:
        worker.warm()


def runs() -> Runs:
    """Return the runs that the user may see."""
    return Runs(_database(), read_settings().keep_runs_days, access())


def evaluations() -> Evaluations:
    """Return the saved evaluations."""
    return Evaluations(_database(), access())


def audit() -> AuditTable:
    """Return the audit trail.

    Raises
    ------
    ForbiddenError
        If the user may not read it.
    """
    access().require(Action.READ_AUDIT)
    return AuditTable(_database())


def administration() -> Administration:
    """Return the administration of users; its methods ask for an administrator's rights."""
    known = accounts()
    users = known.users if known else None
    return Administration(users, sign_ins(), access(), AuditTable(_database()).add)


def accounts() -> Accounts | None:
    """Return the users who sign in with a password; None where nobody does."""
    settings = read_settings()
    if current_mode() is not SignInMode.PASSWORD or settings.users_file is None:
        return None
    users = _user_file(settings.users_file)
    return Accounts(users, sign_ins(), settings.sign_in_hours * 3_600)


def sign_ins() -> SignIns:
    """Return the sign-ins of all users."""
    return SignIns(_database(), read_settings())


def api_tokens() -> ApiTokens:
    """Return the API tokens; one object in a process."""
    return _api_tokens(read_settings())


@st.cache_resource(hash_funcs={Settings: hash})
def _api_tokens(settings: Settings) -> ApiTokens:
    return ApiTokens(_open(settings).libraries.stores.database, _owner_role)


def _owner_role(name: str) -> Role:
    """Return the role that the owner of an API token has now."""
    known = accounts()
    return owner_roles(current_mode(), known.users if known else None, sign_ins())(name)


def access() -> Access:
    """Return the rights of the user, as they were less than a second ago.

    If the user has signed out in another tab, the script runs again, and shows how to sign in. A
    dialog or another fragment notices it as well, which runs without the rest of the script.
    """
    if current_mode() is SignInMode.OPEN:
        return LOCAL_ACCESS
    if session.access and time.monotonic() - session.access[1] < _ACCESS_SECONDS:
        return session.access[0]
    rights = find_access()
    if rights is None:
        st.rerun()
    keep_access(rights)
    return rights


def keep_access(rights: Access) -> None:
    """Keep the rights of the user for this run of the script."""
    session.access = rights, time.monotonic()


def find_access() -> Access | None:
    """Return the rights of the user; None if the user has to sign in."""
    mode = current_mode()
    if mode is SignInMode.OPEN:
        return LOCAL_ACCESS
    if mode is SignInMode.OPENID:
        claims = st.user.to_dict()
        found = sign_ins().access_of_claims(claims) if claims.get("is_logged_in") else None
    else:
        known = accounts()
        token = session_token(st.context.cookies)
        found = known.sign_ins.access(token, known.users) if known and token else None
    if found is None and read_settings().allow_visitors:
        return Access(VISITOR)
    return found


@st.cache_resource
def _user_file(path: Path) -> UserFile:
    return UserFile(path)


def _database() -> Database:
    return server_libraries().stores.database


def stored_results() -> StoredResults:
    """Return the comparisons and maps that pages have computed, kept over restarts."""
    return StoredResults(libraries().stores.database)


def current_user() -> str:
    """Return the name of who is signed in; empty without sign-in."""
    return access().user.name


def may(action: Action) -> bool:
    """Return whether the user may do this, for what a page offers; the core checks it again."""
    return access().user.may(action)


def current_submitter() -> str:
    """Return whose turn it is in a queue: the user, or this session without sign-in."""
    if user := current_user():
        return user
    context = get_script_run_ctx()
    session_id = context.session_id if context else ""
    return f"session {sha256(session_id.encode()).hexdigest()[:16]}"


def begin_run() -> None:
    """Read libraries anew from here on: call it where a run of the script begins."""
    del session.library_names
    del session.opened_libraries


def library_names() -> list[str]:
    """Return the names of all libraries, read once a run of the script."""
    if session.library_names is None:
        session.library_names = libraries().names()
    return session.library_names


def open_library(name: str) -> Library:
    """Return a library, opened once a run of the script.

    Raises
    ------
    LibraryError
        If there is none, or its vectors are missing or another encoder's.
    """
    opened = session.opened_libraries
    if name not in opened:
        session.opened_libraries = opened = {**opened, name: libraries().open(name)}
    return opened[name]


def draw_fragment(
    draw: Callable[_Arguments, None],
    run_every: float | None,
    *args: _Arguments.args,
    **kwargs: _Arguments.kwargs,
) -> None:
    """Draw a part of the page that can run again by itself, and then reads libraries anew.

    Parameters
    ----------
    run_every
        Seconds between its runs; only at its own widgets' events, if None.
    """
    drawn = False

    @wraps(draw)
    def draw_again() -> None:
        nonlocal drawn
        if drawn:
            begin_run()
        drawn = True
        draw(*args, **kwargs)

    st.fragment(draw_again, run_every=run_every)()
