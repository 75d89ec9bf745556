"""Tracing: the organisms of the closest relatives of queries, with confidences."""

from core.tracing.tracer import OrganismShare, TraceResult, estimate_composition, trace

__all__ = ["OrganismShare", "TraceResult", "estimate_composition", "trace"]
