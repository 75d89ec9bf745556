import pytest

from core.evaluation.report import Report
from tests.support import evaluation_report


@pytest.fixture(scope="session")
def report() -> Report:
    return evaluation_report.report()
