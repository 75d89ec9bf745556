"""Strict schemas for structured data from outside: archives, the database, other processes."""

from pydantic import BaseModel, ConfigDict, ValidationError

STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
"""Neither unknown fields nor conversions between types, NaN or infinity."""

_MAX_PLACE = 80


class StrictModel(BaseModel):
    """Base of all schemas: :data:`STRICT`."""

    model_config = STRICT


def describe_fault(error: ValidationError) -> str:
    """Return where the first fault of a value is, and what is wrong with it.

    >>> from pydantic import TypeAdapter
    >>> try:
    ...     TypeAdapter(dict[str, int]).validate_python({"genes": "many"}, strict=True)
    ... except ValidationError as error:
    ...     describe_fault(error)
    'genes: Input should be a valid integer'
    """
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    visible = "".join(filter(str.isprintable, place))[:_MAX_PLACE]
    reason = first["msg"].removeprefix("Value error, ")
    return f"{visible}: {reason}" if visible else reason
