"""GeneKin in Python: the gene family of DNA sequences, for notebooks and scripts.

The same calls as the dashboard and the command line, in the same stores and with the same rights::

    import genekin

    with genekin.open_library() as library:
        calls = library.classify("queries.fasta")
    calls.to_frame()

Importing this package imports nothing heavy; what a call needs is imported when it is made.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from core import __version__
from core.errors import (
    ForbiddenError,
    GeneKinError,
    InputError,
    LibraryError,
    StoreError,
    UnavailableError,
)

if TYPE_CHECKING:
    from core.calls import Call, Status
    from core.classification.prediction import Hit
    from core.evaluation.report import Result
    from core.library.writer import OrganismReport
    from core.sequences.records import Record
    from core.similarity import Similarity
    from core.tracing import OrganismShare, TraceResult
    from genekin.evaluation import Evaluation, evaluate
    from genekin.library import Library, libraries, open_library
    from genekin.results import Calls, Composition, Loads, Results, Traces

__all__ = [
    "Call",
    "Calls",
    "Composition",
    "Evaluation",
    "ForbiddenError",
    "GeneKinError",
    "Hit",
    "InputError",
    "Library",
    "LibraryError",
    "Loads",
    "OrganismReport",
    "OrganismShare",
    "Record",
    "Result",
    "Results",
    "Similarity",
    "Status",
    "StoreError",
    "TraceResult",
    "Traces",
    "UnavailableError",
    "__version__",
    "evaluate",
    "libraries",
    "open_library",
]

_NAMES_BY_MODULE = {
    "core.calls": ("Call", "Status"),
    "core.classification.prediction": ("Hit",),
    "core.evaluation.report": ("Result",),
    "core.library.writer": ("OrganismReport",),
    "core.sequences.records": ("Record",),
    "core.similarity": ("Similarity",),
    "core.tracing": ("OrganismShare", "TraceResult"),
    "genekin.evaluation": ("Evaluation", "evaluate"),
    "genekin.library": ("Library", "libraries", "open_library"),
    "genekin.results": ("Calls", "Composition", "Loads", "Results", "Traces"),
}
_MODULES = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}

# Without handlers, Python would print warnings: they are for the program that configures logging.
logging.getLogger("core").addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
