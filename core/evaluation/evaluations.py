"""Stored evaluations that a user may see and change."""

from core.access import LOCAL_ACCESS, Access, Action
from core.errors import ForbiddenError
from core.evaluation.report import Report
from core.evaluation.repository import load_report
from core.stores.sql.database import Database
from core.stores.sql.evaluations import EvaluationRow, EvaluationTable


class Evaluations:
    """The evaluations of a deployment: everyone with a role sees all of them.

    Their users change their own ones, and administrators all.

    Raises
    ------
    ForbiddenError
        From every method, if the user may not.
    StoreError
        From every method, if the database fails.
    """

    def __init__(self, database: Database, access: Access = LOCAL_ACCESS) -> None:
        self._database = database
        self._table = EvaluationTable(database)
        self._access = access

    def recent(self) -> list[EvaluationRow]:
        """Return all evaluations, newest first."""
        self._access.require(Action.KEEP_RUNS)
        return self._table.recent()

    def report(self, evaluation_id: int) -> Report:
        """Load the report of an evaluation.

        Raises
        ------
        InputError
            If there is none.
        """
        self._access.require(Action.KEEP_RUNS)
        return load_report(self._database, evaluation_id)

    def may_change(self, row: EvaluationRow) -> bool:
        """Return whether the user may rename and delete an evaluation."""
        user = self._access.user
        return user.may(Action.SEE_ALL) or (user.may(Action.BENCHMARK) and user.owns(row.by))

    def rename(self, row: EvaluationRow, name: str) -> None:
        """Rename an evaluation."""
        self._require_own(row)
        self._table.rename(row.id, name)

    def delete(self, row: EvaluationRow) -> None:
        """Delete an evaluation with its report."""
        self._require_own(row)
        self._table.delete(row.id)

    def _require_own(self, row: EvaluationRow) -> None:
        user = self._access.require(Action.BENCHMARK)
        stored = self._table.get(row.id)
        if stored and not (user.owns(stored.by) or user.may(Action.SEE_ALL)):
            message = "This evaluation is another user's."
            raise ForbiddenError(message, "Only its owner can change it.")
