"""Runs: classification requests with all their calls, kept so that a link can reopen them."""

from core.runs.kept import Runs
from core.runs.packing import Query
from core.runs.run import Run, RunSettings, changed_since

__all__ = ["Query", "Run", "RunSettings", "Runs", "changed_since"]
