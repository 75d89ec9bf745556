"""Runs: classification requests with all their calls, stored such that a link can reopen them."""

from core.runs.repository import Runs, new_run_id
from core.runs.run import Run, RunKind, RunSettings, changed_since
from core.runs.serialization import StoredQuery

__all__ = ["Run", "RunKind", "RunSettings", "Runs", "StoredQuery", "changed_since", "new_run_id"]
