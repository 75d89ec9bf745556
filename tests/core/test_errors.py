import pytest

from core.errors import Cancelled, GeneKinError, InputError, LibraryError, StoreError


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
