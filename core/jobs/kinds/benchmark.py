"""Job that runs a benchmark on a library, and publishes its report so far."""

from core.access import Action
from core.evaluation.data import data_of_library
from core.evaluation.registry import Plan
from core.evaluation.report import Report
from core.evaluation.repository import evaluate_and_save
from core.jobs.kinds.base import JobContext, JobKind
from core.progress import Progress
from core.schema import StrictModel
from core.stores.sql import Identity

REPORT = "report"
"""Name under which the report so far is published, as JSON."""


class BenchmarkArguments(StrictModel):
    """Arguments of a benchmark.

    Attributes
    ----------
    organisms
        Organisms whose sequences take part.
    max_sequences
        Of more, so many random ones.
    name
        Name of the evaluation.
    """

    identity: Identity
    plan: Plan
    organisms: tuple[str, ...]
    max_sequences: int
    name: str


def _run(context: JobContext, arguments: BenchmarkArguments, progress: Progress) -> dict[str, int]:
    libraries, plan = context.libraries, arguments.plan
    name = libraries.current_name(arguments.identity)
    libraries.require(Action.BENCHMARK, name)
    data = data_of_library(libraries.stores.labels, name, arguments.organisms)

    def publish(report: Report) -> None:
        context.publish(REPORT, report.to_json().encode())

    evaluation = evaluate_and_save(
        data.sample(arguments.max_sequences, plan.seed),
        plan,
        context.settings,
        libraries.stores.database,
        name=arguments.name,
        by=context.row.by,
        progress=progress,
        on_report=publish,
    )
    return {"evaluation": evaluation}


BENCHMARK = JobKind("benchmark", BenchmarkArguments, _run)
