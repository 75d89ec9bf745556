"""Worker of the dashboard: a child process at low priority, so that jobs take no time from pages.

It is started when there is a job to run, or will be soon, and ends after some idle minutes: it
takes memory only while it is of use. It is started again if it dies. Its standard input is a pipe
from the dashboard: the first line says where the embedded vectors are served, and its end tells
that the dashboard has ended, however it did.
"""

import atexit
import logging
import subprocess
import sys
import threading
import time
from pathlib import Path

from core.errors import GeneKinError
from core.jobs.queue import JobQueue
from core.schema import StrictModel

_log = logging.getLogger(__name__)

_PROJECT = Path(__file__).resolve().parents[2]
_POLL_SECONDS = 1.0
_LOOK_SECONDS = 30.0
"""Time between two looks for jobs of other processes."""
_CLOSE_SECONDS = 10.0
_MAX_PAUSE = 60.0
"""Longest pause before a child is started again that keeps dying."""
_HEALTHY_SECONDS = 60.0


class Handover(StrictModel):
    """First line of a child's input: where the dashboard serves the embedded vectors."""

    served_at: str


class WorkerChild:
    """A child process that runs jobs while there are any.

    Parameters
    ----------
    served_at
        Address at which this process serves the embedded vectors; empty for a server.
    """

    def __init__(self, jobs: JobQueue, served_at: str) -> None:
        self._jobs = jobs
        self._handover = Handover(served_at=served_at)
        self._process: subprocess.Popen[bytes] | None = None
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._started_at = self._not_before = float("-inf")
        self._pause = 0.0
        self._expects_job = False
        self._wake.set()  # An earlier process may have left jobs.
        self._thread = threading.Thread(target=self._watch, name="genekin-worker", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def has_failed(self) -> bool:
        """True if the child keeps dying."""
        return self._pause > 1.0

    def wake(self) -> None:
        """Start the child if there is a job to run."""
        self._wake.set()

    def warm(self) -> None:
        """Start the child for a job that is about to come."""
        self._expects_job = self._process is None
        self._wake.set()

    def close(self) -> None:
        """End the child; it gives back the jobs that it runs."""
        atexit.unregister(self.close)
        self._closed.set()
        self._wake.set()
        self._thread.join(_CLOSE_SECONDS)
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _close_input(process)

    def _watch(self) -> None:
        looked_at = float("-inf")
        while not self._closed.is_set():
            woken = self._wake.wait(_POLL_SECONDS)
            self._wake.clear()
            died = self._note_end()
            due = time.monotonic() - looked_at > _LOOK_SECONDS
            if self._process is None and (woken or died or due) and not self._closed.is_set():
                looked_at = time.monotonic()
                self._start_if_needed()

    def _note_end(self) -> bool:
        """Return whether the child has ended since the last look."""
        process = self._process
        if process is None or process.poll() is None:
            return False
        self._process = None
        _close_input(process)
        if process.returncode == 0 or time.monotonic() - self._started_at > _HEALTHY_SECONDS:
            self._pause = 0.0
        else:
            self._pause = min(max(1.0, 2 * self._pause), _MAX_PAUSE)
            _log.warning("the worker ended with status %s", process.returncode)
        self._not_before = time.monotonic() + self._pause
        return True

    def _start_if_needed(self) -> None:
        if time.monotonic() < self._not_before:
            self._wake_later()
            return
        try:
            if not (self._expects_job or self._jobs.active()):
                return
        except GeneKinError:  # The database is away: look again.
            self._wake_later()
            return
        self._start()

    def _wake_later(self) -> None:
        self._closed.wait(_POLL_SECONDS)
        self._wake.set()

    def _start(self) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "core", "worker", "--child"],
            cwd=_PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # Ctrl+C in a terminal is for the dashboard, which ends the child.
            start_new_session=True,
        )
        self._process, self._started_at = process, time.monotonic()
        self._expects_job = False
        try:
            if process.stdin is not None:
                process.stdin.write(self._handover.model_dump_json().encode() + b"\n")
                process.stdin.flush()
        except OSError as error:
            _log.warning("the worker could not be told where the stores are: %s", error)


def _close_input(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
