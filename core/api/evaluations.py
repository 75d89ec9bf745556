"""Stored evaluations: list, look."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from core.api.callers import Asking
from core.api.documentation import problems
from core.api.schemas import EvaluationInfo, EvaluationList
from core.stores.sql.evaluations import EvaluationRow

router = APIRouter(prefix="/evaluations", tags=["evaluations"])

EvaluationId = Annotated[int, Path(ge=1, le=2_000_000_000, examples=[1])]
_REPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report, as `python -m core benchmark --format json` prints it.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


@router.get("", summary="List evaluations", responses=problems(401, 403, 500, 503))
async def list_evaluations(caller: Asking) -> EvaluationList:
    """List the stored evaluations, newest first. Needs the role reader."""

    def read() -> EvaluationList:
        return EvaluationList(evaluations=list(map(_describe, caller.evaluations.recent())))

    return await caller.run(read)


@router.get(
    "/{evaluation_id}",
    summary="Get the report of an evaluation",
    response_class=Response,
    responses=_REPORT | problems(401, 403, 404, 422, 500, 503),
)
async def get_evaluation(caller: Asking, evaluation_id: EvaluationId) -> Response:
    """Get the complete report. Needs the role reader."""
    text = await caller.run(lambda: caller.evaluations.report(evaluation_id).to_json())
    return Response(text, media_type="application/json")


def _describe(row: EvaluationRow) -> EvaluationInfo:
    return EvaluationInfo(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        by=row.by,
        source=row.source,
        digest=row.digest,
        seed=row.seed,
        seconds=row.seconds,
        settings={split: list(methods) for split, methods in row.settings.items()},
    )
