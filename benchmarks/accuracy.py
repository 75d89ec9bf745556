"""Accuracy of GeneKin and of external search tools, and their calls of unknown sequences.

Run it by hand, ``python -m benchmarks.accuracy``; it writes its section of RESULTS.md. All of it is
an evaluation by :mod:`core.evaluation`, with a plan of its own.
"""

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import log, option_parser, publish, read_organisms, table
from core.errors import GeneKinError
from core.evaluation.clusters import CLUSTERING, LINK, related_pairs
from core.evaluation.data import LabelledData, data_of_records
from core.evaluation.external_tools import BLASTN, BLASTN_SENSITIVE, DIAMOND, MAX_E_VALUE, MMSEQS
from core.evaluation.genekin_method import LibraryMethod
from core.evaluation.measures import BINS
from core.evaluation.methods import Method
from core.evaluation.perturbations import (
    DRAWN_FRAGMENT,
    DRAWN_RATES,
    DRAWS,
    REVERSE_COMPLEMENT,
    SPLIT_SEEDS,
    UNRELATED,
)
from core.evaluation.registry import BENCHMARK_SPLITS, SPLITS, Plan, PlannedSplit
from core.evaluation.report import Result
from core.evaluation.runner import Evaluation, evaluate
from core.evaluation.splits import FOLDS, UNMODIFIED
from core.sequences.references.human import FAMILIES
from core.settings import Settings
from core.stores.milvus.index import INDEX_KINDS, SPARSE_INDEX

GENEKIN = {"translated": "GeneKin `translated`", "count": "GeneKin `count`"}
REFERENCE = "human"
"""The organism of all training sets."""
_ORGANISM = "reference"
"""Its name in the libraries, on which the order of equally similar neighbours depends."""


class Column(NamedTuple):
    """A task of a split, and its heading in the tables."""

    heading: str
    split: str
    task: str


def main() -> None:
    """Measure, and write the section."""
    parser = option_parser(__doc__)
    parser.add_argument("--word-size-7", action="store_true", help="blastn -word_size 7 too: slow")
    options = parser.parse_args()
    publish("accuracy", options, measure)


def measure(options: Namespace) -> str:
    """Evaluate all methods, and return the section."""
    organisms = read_organisms(options.data, options.sample, options.seed)
    methods = available_methods(sensitive=options.word_size_7)
    human = data_of_records({REFERENCE: organisms[REFERENCE]}, family_names=FAMILIES)
    everything = data_of_records(organisms, family_names=FAMILIES)
    splits = ("split-seeds", "homology", "homology-mmseqs", "left-out-families")
    of_human = run(human, splits, methods, options.seed)
    of_all = run(everything, ("reference-organism",), methods, options.seed)
    others = [organism for organism in organisms if organism != REFERENCE]
    titles = {name: method.title for name, method in methods.items()}
    results = Results((of_human, of_all), titles)
    columns = [column for column in known_columns(others) if results.has(column)]
    return "\n".join(
        [
            "## Accuracy\n",
            accuracy_section(results, columns),
            calls_section(results, columns),
            unrelated_section(results),
            left_out_section(human, of_human, titles),
        ]
    )


def available_methods(*, sensitive: bool) -> dict[str, Method]:
    """Return both encoders and the external tools that are installed, by name."""
    settings = Settings(home=Path(gettempdir()), milvus_uri="", database_url="")
    tools = [BLASTN, *([BLASTN_SENSITIVE] if sensitive else []), DIAMOND, MMSEQS]
    libraries = [
        LibraryMethod(encoder, title, settings, encoder=encoder, index=index, organism=_ORGANISM)
        for (encoder, title), index in zip(
            GENEKIN.items(), (SPARSE_INDEX, INDEX_KINDS[0]), strict=True
        )
    ]
    candidates: list[Method] = [*libraries, *tools]
    methods = {}
    for method in candidates:
        if reason := method.unavailable_reason():
            log.info("Skipped, %s: %s", method.title, reason)
        else:
            methods[method.name] = method
    return methods


def run(
    data: LabelledData, splits: Sequence[str], methods: Mapping[str, Method], seed: int
) -> Evaluation:
    """Evaluate methods on splits, and log each step.

    Raises
    ------
    GeneKinError
        If a method fails.
    """
    last = ""

    def progress(step: str, done: int, total: int) -> None:
        nonlocal last
        if step != last:
            log.info("%d of %d queries: %s", done, total, step)
            last = step

    # All queries of a task at once: a command line of a tool has them all, too.
    evaluation = evaluate(
        data,
        Plan(tuple(PlannedSplit(split, tuple(methods)) for split in splits), seed),
        methods,
        progress,
        splits={**SPLITS, **BENCHMARK_SPLITS},
        batch_size=sys.maxsize,
    )
    for failure in evaluation.report.failures:
        raise GeneKinError(f"{failure.method}, {failure.split}: {failure.message}")
    return evaluation


class Results:
    """Results of several evaluations, by column and method."""

    def __init__(self, evaluations: Sequence[Evaluation], titles: Mapping[str, str]) -> None:
        self._results = {
            (result.split, result.task, result.method): result
            for evaluation in evaluations
            for result in evaluation.report.results
        }
        self.titles = titles

    def of(self, column: Column, method: str) -> Result:
        """Return the result of a method."""
        return self._results[column.split, column.task, method]

    def any_of(self, column: Column) -> Result:
        """Return the result of some method: the queries are the same for all."""
        return self.of(column, next(iter(self.titles)))

    def has(self, column: Column) -> bool:
        """Return whether a column was evaluated; without MMseqs2, its split is not."""
        return any((column.split, column.task, method) in self._results for method in self.titles)


def known_columns(others: Sequence[str]) -> list[Column]:
    """Return the tasks whose queries have a known family, in the order of the tables."""
    seeds = "split-seeds"
    return [
        *(Column(f"split {seed}", seeds, f"split {seed}") for seed in SPLIT_SEEDS),
        Column(f"{DRAWN_FRAGMENT} bp", seeds, f"fragments of {DRAWN_FRAGMENT} bases"),
        Column(REVERSE_COMPLEMENT, seeds, REVERSE_COMPLEMENT),
        *(
            Column(f"{rate:.0%}{suffix}", seeds, f"{rate:.0%} substituted{suffix}")
            for suffix in ("", ", other splits")
            for rate in DRAWN_RATES
        ),
        Column("homology-aware, profiles", "homology", UNMODIFIED),
        Column("homology-aware, MMseqs2", "homology-mmseqs", UNMODIFIED),
        *(
            Column(organism, "reference-organism", f"{organism} from {REFERENCE}")
            for organism in others
        ),
    ]


def accuracy_section(results: Results, columns: Sequence[Column]) -> str:
    """Return the table of accuracies of the best guesses, called or not."""
    scored = [results.any_of(column) for column in columns]
    largest = [max(family.count for family in result.families) for result in scored]
    rows = [
        ["queries", *(f"{result.count:,}" for result in scored)],
        [
            "most frequent family",
            *(
                format_share(count / result.count)
                for count, result in zip(largest, scored, strict=True)
            ),
        ],
        *(
            [title, *(format_share(results.of(column, name).accuracy) for column in columns)]
            for name, title in results.titles.items()
        ),
    ]
    return (
        "Share of queries whose best guess is correct, called or not; no hit counts as wrong. The"
        " best guess of a search tool is the family of its best hit. Splits: random 80/20 with the"
        f" seeds {', '.join(map(str, SPLIT_SEEDS))}. {DRAWN_FRAGMENT} bp and {REVERSE_COMPLEMENT}:"
        f" fragments and reverse complements of the queries of split {SPLIT_SEEDS[0]}."
        f" {' and '.join(f'{rate:.0%}' for rate in DRAWN_RATES)}: share of substituted bases, in"
        f" {DRAWS} draws; for split {SPLIT_SEEDS[0]}, and for the two others. Homology-aware:"
        f" clusters of relatives are held out, {FOLDS} folds, with profiles linked above {LINK} or"
        f" by MMseqs2 on the longest open reading frames (`{CLUSTERING}`).\n\n"
        + table(["", *(column.heading for column in columns)], rows)
    )


def calls_section(results: Results, columns: Sequence[Column]) -> str:
    """Return the table of calls, their accuracy, and the calibration error."""
    rows = [
        [title, *(format_calls(results.of(column, name)) for column in columns)]
        for name, title in results.titles.items()
    ]
    head = ["called / accuracy of calls / ECE", *(column.heading for column in columns)]
    return (
        "Calls: of GeneKin, those above its confidence threshold; of a search tool, hits with an"
        f" E-value up to {MAX_E_VALUE}. ECE: expected calibration error of all confidences,"
        f" {BINS} bins.\n\n" + table(head, rows)
    )


def unrelated_section(results: Results) -> str:
    """Return the table of calls of sequences that have no family at all."""
    columns = [Column(task, "reference-organism", task) for task in ("random", "shuffled")]
    rows = [
        [title, *(format_share(results.of(column, name).called) for column in columns)]
        for name, title in results.titles.items()
    ]
    return (
        f"{UNRELATED:,} random sequences with the base composition and lengths of the data, and as"
        " many genes with their bases shuffled: share that is called.\n\n"
        + table(["wrongly called", "random DNA", "shuffled genes"], rows)
    )


def left_out_section(data: LabelledData, evaluation: Evaluation, titles: Mapping[str, str]) -> str:
    """Return the table of calls of members of a family that the library does not have."""
    called = {
        (family, name): predictions.called
        for (split, family, name), predictions in evaluation.predictions.items()
        if split == "left-out-families"
    }
    head = ["family left out", "members", "", *titles.values()]
    rows = []
    for kind, members in members_by_kind(data, called).items():
        everyone = {**members, "all of these": np.concatenate(list(members.values()))}
        for family, chosen in everyone.items():
            shares = []
            for name in titles:
                calls = [called[known, name] for known in members]
                of_family = called[family, name] if family in members else np.concatenate(calls)
                wrong = of_family[chosen]
                shares.append(format_share(float(wrong.mean())) if wrong.size else "–")
            rows.append([family, kind, f"{chosen.sum():,}", *shares])
    return (
        "Members of a family that is left out of the library: share that is called, always wrongly;"
        " of all members, and of those without relatives in the other families, as some proteins of"
        " different families are related. (Where a tool's own hits decide that, its share is 0 by"
        " definition.)\n\n" + table(head, rows)
    )


def members_by_kind(
    data: LabelledData, called: Mapping[tuple[str, str], NDArray[np.bool_]]
) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """Return flags for the members of each family: all, and those without relatives elsewhere."""
    related = related_pairs(data.sequences)
    distant = f"profile products ≤ {LINK}"
    kinds: dict[str, dict[str, NDArray[np.bool_]]] = {"all": {}, distant: {}}
    for number in np.unique(data.families).tolist():
        inside, outside = data.families == number, data.families != number
        links = related[inside][:, outside].sum(axis=1)
        kinds["all"][data.family_names[number]] = np.ones(links.size, dtype=np.bool_)
        kinds[distant][data.family_names[number]] = links == 0
    tools = [tool for tool in (BLASTN, DIAMOND) if any(name == tool.name for _, name in called)]
    if tools:
        kinds[f"no hit of {' or '.join(tool.title for tool in tools)}"] = {
            family: ~np.any([called[family, tool.name] for tool in tools], axis=0)
            for family in kinds["all"]
        }
    return kinds


def format_calls(result: Result) -> str:
    """Format the share of calls, their accuracy, and the calibration error."""
    figures = (result.called, result.called_right, result.calibration_error)
    return " / ".join("–" if figure is None else format_share(figure) for figure in figures)


def format_share(share: float) -> str:
    """Format a share with four decimals.

    >>> format_share(0.5)
    '.5000'
    """
    return f"{share:.4f}".removeprefix("0")


if __name__ == "__main__":
    main()
