import errno
from pathlib import Path

import pytest

from core.errors import Cancelled, GeneKinError, InputError, LibraryError, StoreError, write_error


class TestGeneKinError:
    def test_says_what_was_wrong_and_what_to_do(self):
        error = GeneKinError("The file is empty.", "Give another one.")
        assert str(error) == "The file is empty. Give another one."
        assert (error.message, error.hint) == ("The file is empty.", "Give another one.")

    def test_needs_no_hint(self):
        assert str(GeneKinError("The file is empty.")) == "The file is empty."

    @pytest.mark.parametrize(
        ("kind", "status"), [(InputError, 2), (LibraryError, 2), (StoreError, 1), (Cancelled, 1)]
    )
    def test_its_kinds_tell_bad_input_from_a_failed_service(self, kind, status):
        assert issubclass(kind, GeneKinError)
        assert kind("…").exit_status == status


class TestRedacted:
    def test_shows_no_address_and_finds_it_in_the_log(self):
        error = StoreError("root@db1 failed.", "Check it.", public="The database failed.")
        public = error.redacted()
        assert str(public) == (
            f"The database failed. Check it. The log has the details under {error.reference}."
        )
        assert error.log_text() == f"[{error.reference}] root@db1 failed. Check it."

    @pytest.mark.parametrize("error", [StoreError("It is full."), InputError("It is empty.", "…")])
    def test_an_error_without_address_is_shown_as_it_is(self, error):
        assert error.redacted() is error
        assert error.log_text() == str(error)


class TestUnwritten:
    @pytest.mark.parametrize(
        ("number", "status"), [(errno.ENOENT, 2), (errno.EACCES, 2), (errno.ENOSPC, 1)]
    )
    def test_tells_a_place_that_cannot_be_from_a_full_disk(self, number, status):
        error = write_error(Path("calls.tsv"), OSError(number, "reason"))
        assert str(error) == "calls.tsv cannot be written: reason."
        assert error.exit_status == status
