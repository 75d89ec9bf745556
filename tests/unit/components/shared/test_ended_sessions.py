"""Release of what ended sessions hold, on Streamlit's own runtime."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime, RuntimeConfig, SessionClient
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.state import SessionState
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from components.shared.ended_sessions import GRACE_SECONDS, EndedSessions

PROJECT = Path(__file__).resolve().parents[4]
UPLOAD = UploadedFileRec("file", "genes.fa", "text/plain", b">a\nACGT\n")


class Browser(SessionClient):
    """A browser that shows nothing."""

    def write_forward_msg(self, msg: ForwardMsg) -> None:
        """Drop the message."""


@asynccontextmanager
async def running() -> AsyncIterator[Runtime]:
    """Run Streamlit's runtime."""
    uploads = MemoryUploadedFileManager("/upload")
    storage = MemoryMediaFileStorage("/media")
    runtime = Runtime(RuntimeConfig(str(PROJECT / "app.py"), storage, uploads))
    try:
        await runtime.start()
        yield runtime
        runtime.stop()
        await runtime.stopped
    finally:
        Runtime._instance = None


@pytest.fixture
def on_runtime() -> Callable[[Callable[[Runtime], None]], None]:
    """Call a function while the runtime runs."""

    async def run(use: Callable[[Runtime], None]) -> None:
        async with running() as runtime:
            use(runtime)

    def start(use: Callable[[Runtime], None]) -> None:
        # In a thread: Playwright leaves its own loop running in the main one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(run(use))).result()

    return start


def visit(runtime: Runtime) -> str:
    """Open a session that uploads a file."""
    session_id = runtime.connect_session(Browser(), {})
    manager = runtime.uploaded_file_mgr
    assert isinstance(manager, MemoryUploadedFileManager)
    manager.add_file(session_id, UPLOAD)
    return session_id


def uploads(runtime: Runtime, session_id: str) -> int:
    return len(runtime.uploaded_file_mgr.get_files(session_id, [UPLOAD.file_id]))


def state(runtime: Runtime, session_id: str) -> SessionState:
    """The state of a session, in which something is kept."""
    session = runtime.get_app_session(session_id)
    assert session is not None
    session.session_state["kept"] = "large"
    return session.session_state


def test_an_upload_and_the_state_go_when_their_session_has_ended(on_runtime):
    def use(runtime: Runtime) -> None:
        sessions, session_id = EndedSessions(), visit(runtime)
        kept = state(runtime, session_id)
        sessions.watch(session_id, kept)
        runtime.disconnect_session(session_id)
        for now, stays in ((0.0, True), (GRACE_SECONDS - 1, True), (GRACE_SECONDS, False)):
            sessions.release(runtime, now)
            assert uploads(runtime, session_id) == stays
            assert ("kept" in kept) == stays

    on_runtime(use)


def test_a_session_that_is_open_or_comes_back_keeps_everything(on_runtime):
    def use(runtime: Runtime) -> None:
        sessions, session_id = EndedSessions(), visit(runtime)
        kept = state(runtime, session_id)
        sessions.watch(session_id, kept)
        sessions.release(runtime, 0.0)
        sessions.release(runtime, GRACE_SECONDS)
        runtime.disconnect_session(session_id)
        sessions.release(runtime, GRACE_SECONDS)
        assert runtime.connect_session(Browser(), {}, session_id) == session_id
        sessions.release(runtime, 2 * GRACE_SECONDS)
        runtime.disconnect_session(session_id)
        sessions.release(runtime, 3 * GRACE_SECONDS)
        assert uploads(runtime, session_id) == 1
        assert "kept" in kept

    on_runtime(use)
