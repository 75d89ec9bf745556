"""Errors as problems: their status, and what they do not tell."""

import pytest

from core.api.problems import _KINDS, error_document
from core.errors import (
    Cancelled,
    EncoderReplaced,
    ForbiddenError,
    GeneKinError,
    InputError,
    LibraryError,
    LockedError,
    NotFoundError,
    StoreError,
    TooLargeError,
    UnavailableError,
    UnknownLibraryError,
)
from core.jobs.queue import DuplicateJobError, QueueFullError
from core.log_context import log_context
from core.turns import BusyError

STATUSES = {
    BusyError: 503,
    Cancelled: 409,
    DuplicateJobError: 409,
    EncoderReplaced: 409,
    ForbiddenError: 403,
    InputError: 422,
    LibraryError: 409,
    LockedError: 409,
    NotFoundError: 404,
    QueueFullError: 429,
    StoreError: 500,
    TooLargeError: 413,
    UnavailableError: 503,
    UnknownLibraryError: 404,
}


@pytest.mark.parametrize("error", STATUSES)
def test_every_error_has_a_status(error):
    document = error_document(error("It went wrong.", "Try again."))
    assert document["status"] == STATUSES[error]
    assert (document["detail"], document["hint"]) == ("It went wrong.", "Try again.")
    assert str(document["type"]).startswith("urn:genekin:problem:")


def test_all_errors_are_tried():
    def subclasses(cls):
        return {cls}.union(*map(subclasses, cls.__subclasses__()))

    known = {cls for cls in subclasses(GeneKinError) if cls.__module__.startswith("core.errors")}
    assert known - {GeneKinError} <= set(STATUSES)
    assert len({kind for _, kind in _KINDS.values()}) == len(_KINDS)


def test_addresses_of_stores_stay_in_the_log():
    error = UnavailableError("MySQL at ada@10.0.0.7:3306 is down.", public="The database is down.")
    document = error_document(error)
    assert "10.0.0.7" not in str(document)
    assert error.reference in str(document["hint"])


def test_a_problem_names_its_request():
    with log_context(request="0123456789abcdef"):
        assert error_document(InputError("No."))["request"] == "0123456789abcdef"
