"""All kinds of jobs by name, as a worker runs them."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from core.errors import StoreError
from core.jobs.kinds.base import JobContext, JobKind, damaged_input
from core.progress import Progress
from core.schema import describe_fault

KINDS: dict[str, JobKind[Any]] = {}
"""Kinds by name that have been looked up."""
_MODULES = {
    "load": "library",
    "import": "library",
    "export": "library",
    "refit": "library",
    "profiles": "library",
    "repair": "library",
    "classify": "queries",
    "trace": "queries",
    "compare": "similarity",
    "map": "similarity",
    "benchmark": "benchmark",
}
"""Module of each kind: what one of them needs to import takes up to 70 MB."""


def find_kind(name: str) -> JobKind[Any] | None:
    """Return the kind of that name, or None."""
    if name not in KINDS and name in _MODULES:
        module = import_module(f"core.jobs.kinds.{_MODULES[name]}")
        KINDS[name] = getattr(module, name.upper())
    return KINDS.get(name)


def is_long(name: str) -> bool:
    """Return whether jobs of a kind usually take minutes; True for an unknown kind."""
    kind = find_kind(name)
    return kind is None or kind.is_long


def make_work(
    context: JobContext, read_arguments: Callable[[], str]
) -> Callable[[Progress], object]:
    """Return the work of a job.

    It raises StoreError if the kind is unknown, or the arguments are damaged.
    """

    def work(progress: Progress) -> object:
        kind = find_kind(context.row.kind)
        if kind is None:
            message = f"This version of GeneKin has no jobs of the kind {context.row.kind!r}."
            raise StoreError(message, "Use the same version for the dashboard and all workers.")
        try:
            arguments = kind.arguments.model_validate_json(read_arguments())
        except ValidationError as error:
            raise damaged_input(describe_fault(error)) from None
        return kind.run(context, arguments, progress)

    return work
