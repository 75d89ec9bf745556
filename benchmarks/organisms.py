"""Accuracy and calibration of the closest organism.

Run it by hand, ``python -m benchmarks.organisms``; it writes its section of RESULTS.md.
"""

import itertools
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import (
    family_of,
    log,
    open_embedded,
    option_parser,
    publish,
    query_records,
    read_organisms,
    sample_records,
    table,
)
from core.classify import classify
from core.evaluation.data import data_of_records
from core.evaluation.external_tools import BLASTN
from core.evaluation.measures import BINS, calibration_error
from core.evaluation.perturbations import cut_fragment, substitute
from core.library.library import Library
from core.library.load import load
from core.progress import no_progress
from core.sequences.records import Record
from core.sequences.references.simulated import simulate

QUERIES = 1_000
FRAGMENT = 300
STRAINS, STRAIN_GENES = 4, 600
DIVERGENCES = (0.005, 0.02, 0.10)
"""Share of the bases in which a strain's gene differs from the common ancestor's."""
CONFIDENT = 0.9

_HEAD = (
    "library",
    "queries",
    "n",
    "accuracy",
    "mean confidence",
    "ECE",
    "confident: share, accuracy",
)
_numbers = itertools.count()

Perturbation = Callable[[str], str]
"""A change to a gene before it is classified."""


def main() -> None:
    """Measure, and write the section."""
    publish("organisms", option_parser(__doc__).parse_args(), measure)


def measure(options: Namespace) -> str:
    """Classify genes with all libraries, and return the section."""
    rows = [
        row
        for name, references in _libraries(options)
        for row in _rows(name, references, options.seed)
    ]
    return (
        "## The closest organism\n\n"
        "Genes that only one organism of a library has, classified with that library: accuracy and"
        " confidence of the closest organism that GeneKin `translated` reports. Species: human,"
        f" chimpanzee and dog. Strains: {STRAINS} simulated from {STRAIN_GENES} human genes, with"
        f" the given share of bases substituted. Fragments: {FRAGMENT} bases, 1% of them"
        f" substituted. ECE: expected calibration error, {BINS} bins. Confident: confidence of"
        f" {CONFIDENT} or more. {BLASTN.title}: accuracy of the organism of its best hit.\n\n"
        f"{table([*_HEAD, BLASTN.title], rows)}"
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


def _perturbations(generator: np.random.Generator) -> dict[str, Perturbation]:
    def substituting(share: float) -> Perturbation:
        return lambda sequence: substitute(sequence, share, generator)

    return {
        "unmodified": str,
        "1% substituted": substituting(0.01),
        "5% substituted": substituting(0.05),
        "10% substituted": substituting(0.10),
        "fragments": lambda sequence: substituting(0.01)(
            cut_fragment(sequence, FRAGMENT, generator)
        ),
    }


def _rows(name: str, references: Mapping[str, Sequence[Record]], seed: int) -> Iterator[list[str]]:
    """Yield a row for each perturbation of the queries."""
    labelled = [
        replace(record, family=number)  # The organism takes the place of the family.
        for number, records in enumerate(references.values())
        for record in records
    ]
    genes = _unique_genes(labelled, seed)
    truth = np.array([family_of(record) for record in genes])
    organisms = list(references)
    reason = BLASTN.unavailable_reason()
    if reason:
        log.info("Skipped, %s: %s", BLASTN.title, reason)
    blastn = (
        nullcontext() if reason else BLASTN.fit(data_of_records({"all": labelled}), no_progress)
    )
    with _loaded(references) as library, blastn as predictor:
        for perturbation, perturb in _perturbations(np.random.default_rng(seed)).items():
            queries = [perturb(record.residues) for record in genes]
            calls = classify(library, query_records(queries))
            confidences = np.array([call.organism_confidence for call in calls])
            correct = np.array([organisms.index(call.organism) for call in calls]) == truth
            confident = confidences >= CONFIDENT
            yield [
                name,
                perturbation,
                f"{len(queries):,}",
                _format_share(correct),
                f"{confidences.mean():.3f}",
                f"{calibration_error(confidences, correct):.3f}",
                f"{_format_share(confident)}, {_format_share(correct[confident])}",
                _format_share(predictor(queries).families == truth) if predictor else "–",
            ]
            log.info("%s: %s", name, perturbation)


def _unique_genes(labelled: Sequence[Record], seed: int) -> list[Record]:
    """Return a sample of the genes that only one organism has."""
    copies = Counter(record.residues for record in labelled)
    unique = [
        record
        for record in labelled
        if copies[record.residues] == 1 and len(record.residues) >= FRAGMENT
    ]
    return sample_records(unique, QUERIES, seed)


@contextmanager
def _loaded(references: Mapping[str, Sequence[Record]]) -> Iterator[Library]:
    """Load a library of some organisms into a temporary folder."""
    # A unique name: pymilvus caches schemas by port and collection for the life of the process,
    # and a later store may get an earlier one's port.
    name = f"translated {next(_numbers)}"
    with (
        TemporaryDirectory(prefix="genekin-") as folder,
        open_embedded(Path(folder)) as libraries,
    ):
        load(libraries, references, library=name, encoder="translated")
        yield libraries.open(name)


def _format_share(flags: NDArray[np.bool_]) -> str:
    return f"{flags.mean():.3f}" if flags.size else "–"


if __name__ == "__main__":
    main()
