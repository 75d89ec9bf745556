"""A run to export, whose names are of the worst kind."""

from dataclasses import replace
from datetime import UTC, datetime

from core.calls import Status
from core.classification.prediction import Hit
from core.runs import Run, RunSettings, StoredQuery
from tests.support.synthetic import FAMILY_NAMES
from tests.unit.runs.test_call_table import CALLED, INVALID, UNKNOWN

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "**bold** [link](javascript:alert(1)) `code` $x$",
    '=HYPERLINK("http://evil","click")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    " =1+1",
    "a;=1+1",
    "\u202egnp.exe",
    "مرحبا בדיקה",
    "header " * 1_500,
    "half \ud83e",
    "bell \x07 and zero \0",
]
GENES = [Hit(number, name, 2, name, 0.5, 900) for number, name in enumerate(HOSTILE)]
CALLS = [
    *(
        replace(CALLED, query=name, hits=(gene,), organism=name, family=name, reason=name)
        for name, gene in zip(HOSTILE, GENES, strict=True)
    ),
    UNKNOWN,
    INVALID,
]
QUERIES = [
    *(StoredQuery(name, "ACGTT" * 48) for name in HOSTILE),
    StoredQuery("q2", "A" * 12),
    StoredQuery("q3", ""),
]
RUN = Run(
    id="a" * 22,
    name="Plate 7: <b>α</b>",
    created_at=datetime(2026, 3, 9, 14, 5, 6, tzinfo=UTC).replace(tzinfo=None),
    by="Ada",
    library="default",
    encoder="translated",
    fingerprint="f" * 32,
    contents="c" * 64,
    settings=RunSettings(("human", "dog"), 10, 0.87),
    families=FAMILY_NAMES,
    organisms={"human": 3629, "dog": 820},
    versions={"GeneKin": "0.1.0", "numpy": "2.4.6"},
    queries=len(CALLS),
    statuses={Status.CALLED: len(HOSTILE), Status.UNKNOWN: 1, Status.INVALID: 1},
    called={2: len(HOSTILE)},
    seconds=0.25,
)
