"""Release of what sessions hold after their end: their state, and their uploads.

Streamlit keeps a session for two minutes after its browser has gone. Then nothing removes it: it
stays in a cache until another session ends, and its state, a reference cycle, until a full garbage
collection. Among the millions of objects of Milvus Lite that hardly ever happens.
"""

import time
from threading import Lock, Thread
from typing import Protocol

from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

GRACE_SECONDS = 150.0
"""Time after which a session cannot come back: Streamlit forgets it after 120 seconds."""
_INTERVAL_SECONDS = 30.0


class Clearable(Protocol):
    """The state of a session."""

    def clear(self) -> None:
        """Drop all values."""


class _Session:
    """The state of a session, and the time since when it has no browser."""

    def __init__(self, state: Clearable) -> None:
        self.state = state
        self.left_at: float | None = None

    def has_ended(self, now: float, *, is_active: bool) -> bool:
        """Return whether the session cannot come back, and note when its browser has gone."""
        if is_active:
            self.left_at = None
            return False
        self.left_at = now if self.left_at is None else self.left_at
        return now - self.left_at >= GRACE_SECONDS


class EndedSessions:
    """Sessions whose state is cleared when they have ended."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sessions: dict[str, _Session] = {}
        self._thread: Thread | None = None

    def watch(self, session_id: str, state: Clearable) -> None:
        """Clear the state of a session when it has ended."""
        with self._lock:
            if session_id not in self._sessions:
                self._sessions[session_id] = _Session(state)

    def release(self, runtime: Runtime, now: float) -> None:
        """Clear the states of ended sessions, and remove their uploads.

        Parameters
        ----------
        now
            Seconds of a clock that is the same at every call.
        """
        with self._lock:
            ended = [
                session_id
                for session_id, session in self._sessions.items()
                if session.has_ended(now, is_active=runtime.is_active_session(session_id))
            ]
            sessions = {session_id: self._sessions.pop(session_id) for session_id in ended}
        for session_id, session in sessions.items():
            runtime.uploaded_file_mgr.remove_session_files(session_id)
            session.state.clear()

    def start(self) -> None:
        """Release ended sessions now and then, in a thread; further calls do nothing."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="genekin-sessions", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(_INTERVAL_SECONDS)
            if Runtime.exists():
                self.release(Runtime.instance(), time.monotonic())


_ended_sessions = EndedSessions()


def watch_session() -> None:
    """Clear the state of the current session when it has ended."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not Runtime.exists():
        return
    session = Runtime.instance().get_app_session(context.session_id)
    if session is not None:
        _ended_sessions.watch(context.session_id, session.session_state)
        _ended_sessions.start()


def remove_upload(file_id: str) -> None:
    """Remove an uploaded file from the server: Streamlit would keep it as long as the session."""
    context = get_script_run_ctx(suppress_warning=True)
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file_id)
