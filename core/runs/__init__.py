"""Runs: classification requests with all their calls, stored such that a link can reopen them."""

from core.runs.repository import Runs
from core.runs.run import Run, RunSettings, changed_since
from core.runs.serialization import Query

__all__ = ["Query", "Run", "RunSettings", "Runs", "changed_since"]
