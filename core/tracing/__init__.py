"""Tracing: the organisms of the closest relatives of queries, with confidences."""

from core.tracing.composition import OrganismShare, estimate_composition
from core.tracing.tracer import TraceResult, trace

__all__ = ["OrganismShare", "TraceResult", "estimate_composition", "trace"]
