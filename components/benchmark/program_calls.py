"""Calls for programs of the Benchmark page: read an evaluation, and evaluate again."""

from collections.abc import Sequence
from functools import partial

from components.shared.program_calls import program_calls
from components.shared.services import library_names, open_library
from core.evaluation.registry import METHODS, SPLITS, make_plan
from core.evaluation.report import Report
from core.stores.sql.evaluations import EvaluationRow
from core.web.page_calls import evaluate_call, evaluation_call
from core.web.program_calls import Api, ProgramCalls


def evaluation_calls(row: EvaluationRow, report: Report) -> None:
    """Show the calls for the evaluation that is shown."""
    program_calls("benchmark", partial(_calls, row, report))


def _calls(row: EvaluationRow, report: Report, api: Api) -> ProgramCalls:
    calls = [evaluation_call(api, row.id)]
    if library := _library(row.source):
        organisms = open_library(library).organism_names()
        chosen = list(report.data.organisms)
        splits = [split for split in row.settings if split in SPLITS]
        choices = {
            "organisms": [] if {*chosen} == {*organisms} else chosen,
            "splits": splits,
            "methods": _chosen_methods(row, report, splits),
        }
        again = evaluate_call(
            library, choices=choices, seed=report.seed, limit=report.data.sequences
        )
        calls.append(again)
    return ProgramCalls.join(calls)


def _library(source: str) -> str:
    """Return the library that the data of an evaluation are of; empty if it is gone, or a file."""
    names = [name for name in library_names() if source.startswith(f"the library {name} (")]
    return max(names, key=len, default="")


def _chosen_methods(row: EvaluationRow, report: Report, splits: Sequence[str]) -> list[str]:
    """Return the methods of an evaluation; none, if they are the default ones of each split."""
    missing = {method.name for method in report.methods if method.missing}
    methods = {split: {*row.settings[split]} for split in splits}
    defaults = {part.split: {*part.methods} for part in make_plan(splits).parts}
    if all(methods[split] | missing >= defaults[split] >= methods[split] for split in splits):
        return []
    return [name for name in METHODS if any(name in chosen for chosen in methods.values())]
