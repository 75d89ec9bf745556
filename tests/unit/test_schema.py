import pytest
from pydantic import ValidationError

from core.schema import StrictModel, describe_fault


class Sizes(StrictModel):
    """A schema to offend against."""

    genes: dict[str, int]
    share: float = 0.0


class TestStrictModel:
    @pytest.mark.parametrize(
        ("values", "fault"),
        [
            ({"genes": {"human": "3"}}, "genes.human: Input should be a valid integer"),
            ({"genes": {"human": True}}, "genes.human: Input should be a valid integer"),
            ({"genes": {}, "more": 1}, "more: Extra inputs are not permitted"),
            ({"genes": {}, "share": float("nan")}, "share: Input should be a finite number"),
            ([], "Input should be a valid dictionary or instance of Sizes"),
        ],
    )
    def test_refuses_what_is_not_exactly_so(self, values, fault):
        with pytest.raises(ValidationError) as raised:
            Sizes.model_validate(values)
        assert describe_fault(raised.value) == fault

    def test_a_fault_is_described_in_visible_letters_of_bounded_length(self):
        with pytest.raises(ValidationError) as raised:
            Sizes.model_validate({"genes": {"\u202e\0" + "x" * 1_000: "3"}})
        assert describe_fault(raised.value).startswith("genes.xxx")
        assert len(describe_fault(raised.value)) < 150
