"""Context of log lines: what the work at hand belongs to, such as a request, a job or a user."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_NOTHING: Mapping[str, object] = MappingProxyType({})
_context: ContextVar[Mapping[str, object]] = ContextVar("log context", default=_NOTHING)


def current_log_context() -> Mapping[str, object]:
    """Return what the work at hand belongs to, by name."""
    return _context.get()


def set_log_context(**values: object) -> None:
    """Set the context of this thread from here on; empty values are left out."""
    _context.set({name: value for name, value in values.items() if value})


@contextmanager
def log_context(**values: object) -> Iterator[None]:
    """Add to the context until the end of the block."""
    token = _context.set({**_context.get(), **values})
    try:
        yield
    finally:
        _context.reset(token)
