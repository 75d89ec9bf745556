"""How often the closest organism is right, and whether its confidence is honest.

Run by hand, ``python -m benchmarks.organisms``; it writes its section of RESULTS.md.
"""

import logging
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import (
    Provenance,
    drawn,
    family,
    loaded,
    numbered,
    option_parser,
    read_organisms,
    table,
    write_section,
)
from benchmarks.peers import BLASTN, Answering
from benchmarks.tasks import substituted
from core.classify import classify
from core.evaluation.measures import BINS, calibration_error
from core.evaluation.perturbations import fragment
from core.sequences.records import Record
from core.sequences.references.simulated import simulate

QUERIES = 1_000
FRAGMENT = 300
STRAINS, STRAIN_GENES = 4, 600
DIVERGENCES = (0.005, 0.02, 0.10)
"""Share of its bases in which each strain's gene differs from the one that all come from."""
SURE = 0.9

_HEAD = ("library", "queries", "n", "right", "mean confidence", "ECE", "sure: share, right of them")

_log = logging.getLogger("benchmarks.organisms")

Change = Callable[[str], str]
"""What is done to a gene before it is asked for."""


def main() -> None:
    """Measure, and write the section."""
    options = option_parser(__doc__.split("\n")[0]).parse_args()
    logging.basicConfig(format="%(message)s", level=logging.CRITICAL)
    _log.setLevel(logging.INFO)
    started = time.monotonic()
    provenance = Provenance(options.data, options.seed)
    rows: list[list[str]] = []
    for name, references in _libraries(options):
        rows += _rows(name, references, options.seed)
    minutes = (time.monotonic() - started) / 60
    text = (
        f"{_about()}{table([*_HEAD, BLASTN.name], rows)}\n{provenance.table()}\n"
        f"Measured in {minutes:.0f} minutes.\n"
    )
    if options.sample:
        print(text)
    else:
        write_section("organisms", text)


def _about() -> str:
    return (
        "## The closest organism\n\n"
        "Genes that one organism of a library alone has, asked of that library: how often it is the"
        " one that GeneKin `translated` names, and how sure that is. Species: human, chimpanzee and"
        f" dog. Strains: {STRAINS} simulated from {STRAIN_GENES} human genes, each with the told"
        f" share of bases substituted. Fragments: {FRAGMENT} bases, 1% of them substituted. ECE:"
        f" expected calibration error, {BINS} bins. Sure: confidence of {SURE} or more."
        f" {BLASTN.name}: the organism of its best hit, right.\n\n"
    )


def _libraries(options: Namespace) -> Iterator[tuple[str, Mapping[str, Sequence[Record]]]]:
    species = read_organisms(options.data, options.sample, options.seed)
    yield "species", species
    ancestor = species["human"][:STRAIN_GENES]
    for share in DIVERGENCES:
        yield (
            f"strains, {share:.1%}",
            {f"strain_{number}": simulate(ancestor, share, number) for number in range(STRAINS)},
        )


def _changes(generator: np.random.Generator) -> dict[str, Change]:
    def changed(share: float) -> Change:
        return lambda sequence: substituted(sequence, share, generator)

    return {
        "as they are": str,
        "1% substituted": changed(0.01),
        "5% substituted": changed(0.05),
        "10% substituted": changed(0.10),
        "fragments": lambda sequence: changed(0.01)(fragment(sequence, FRAGMENT, generator)),
    }


def _rows(name: str, references: Mapping[str, Sequence[Record]], seed: int) -> Iterator[list[str]]:
    """A row for each change to the queries."""
    marked = [
        replace(record, family=number)  # What peers tell of their hits.
        for number, records in enumerate(references.values())
        for record in records
    ]
    asked = _asked(marked, seed)
    truth = np.array([family(record) for record in asked])
    organisms = list(references)
    with loaded(references, "translated") as library, _blastn(marked) as blastn:
        for change, apply in _changes(np.random.default_rng(seed)).items():
            queries = [apply(record.residues) for record in asked]
            calls = classify(library, numbered(queries))
            sure = np.array([call.organism_confidence for call in calls])
            right = np.array([organisms.index(call.organism) for call in calls]) == truth
            by_hits = blastn and np.array([answer.family for answer in blastn(queries)]) == truth
            yield [
                name,
                change,
                f"{len(queries):,}",
                _figure(right),
                f"{sure.mean():.3f}",
                f"{calibration_error(sure, right):.3f}",
                f"{_figure(sure >= SURE)}, {_figure(right[sure >= SURE])}",
                "–" if by_hits is None else _figure(by_hits),
            ]
            _log.info("%s: %s", name, change)


def _asked(marked: Sequence[Record], seed: int) -> list[Record]:
    """Some of the genes that one organism alone has."""
    copies = Counter(record.residues for record in marked)
    alone = [
        record
        for record in marked
        if copies[record.residues] == 1 and len(record.residues) >= FRAGMENT
    ]
    return drawn(alone, QUERIES, seed)


@contextmanager
def _blastn(reference: Sequence[Record]) -> Iterator[Answering | None]:
    if why := BLASTN.missing():
        _log.info("%s is left out: %s", BLASTN.name, why)
        yield None
        return
    with BLASTN.against(reference) as answering:
        yield answering


def _figure(those: NDArray[np.bool_]) -> str:
    return f"{those.mean():.3f}" if those.size else "–"


if __name__ == "__main__":
    main()
