"""From which organism the closest relatives of queries come, and how sure that is."""

from core.tracing.tracer import Origin, Traced, origins, trace

__all__ = ["Origin", "Traced", "origins", "trace"]
