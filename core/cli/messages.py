"""Messages between commands and the dashboard, and the strict schemas that each side checks."""

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
    create_model,
)

from core.errors import InputError
from core.schema import StrictModel, describe_fault
from core.serialized import parse_json

if TYPE_CHECKING:
    from core.sequences.records import Record

_TOKEN = r"^[A-Za-z0-9_-]{1,128}$"  # noqa: S105  (a pattern)  # nosec B105
_HINT = "Use the command line (python -m core) of the same version."


class Address(StrictModel):
    """Address of a dashboard.

    Attributes
    ----------
    secret
        What a command must say, to be answered.
    stores
        Digest of the addresses of its stores, and of its version.
    """

    port: Annotated[int, Field(ge=1, le=65_535)]
    secret: Annotated[str, Field(pattern=_TOKEN)]
    stores: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Line(BaseModel):
    """A line of an answer."""

    model_config = ConfigDict(extra="forbid")


class ProgressLine(_Line):
    """Step, and how much of it is done, of how much."""

    progress: tuple[StrictStr, StrictInt, StrictInt]


class TextLine(_Line):
    """The text to print, notes on how the source was read, and the digest of the library."""

    text: StrictStr
    notes: tuple[StrictStr, ...]
    library: StrictStr = ""


class ErrorLine(_Line):
    """Message and hint of an error, and the exit status of the command."""

    error: tuple[StrictStr, StrictStr]
    status: Literal[1, 2]


class _Options(BaseModel):
    """Options of a question; NaN is for the question to refuse."""

    model_config = ConfigDict(extra="forbid", strict=True)


_LINE: TypeAdapter[ProgressLine | TextLine | ErrorLine] = TypeAdapter(
    ProgressLine | TextLine | ErrorLine
)
_NAME = TypeAdapter(str)


def parse_line(line: bytes) -> ProgressLine | TextLine | ErrorLine:
    """Parse a line of an answer.

    Raises
    ------
    ValueError
        If it is none.
    """
    return _LINE.validate_python(parse_json(line))


def parse_name(text: str | None) -> str:
    """Parse the name of a file.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return _NAME.validate_python(parse_json(text or ""), strict=True)
    except ValueError:
        raise InputError("The name of the file is invalid.", _HINT) from None


def parse_records(content: bytes) -> "list[Record]":
    """Parse the records of a batch.

    Raises
    ------
    InputError
        If they are none.
    """
    from core.sequences.record_lines import unpack_records  # Slow to import, and seldom needed.

    try:
        return unpack_records([content]).get("", [])
    except ValueError as error:
        raise InputError(f"Invalid records: {error}.", _HINT) from None


def parse_size(text: str | None) -> int:
    """Parse the size of a file.

    Raises
    ------
    InputError
        If it is none.
    """
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InputError("The size of the file is invalid.", _HINT)
    return int(text)


def parse_options(question: Callable[..., object], text: str | None) -> Mapping[str, Any]:
    """Parse the options of a question, which are those of its signature.

    Raises
    ------
    InputError
        If they are others, or of other types.
    """
    keywords = (
        parameter
        for parameter in signature(question).parameters.values()
        if parameter.kind is Parameter.KEYWORD_ONLY
    )
    fields: dict[str, Any] = {option.name: (option.annotation, ...) for option in keywords}
    schema = create_model("Options", __base__=_Options, **fields)
    try:
        return dict(schema.model_validate(parse_json(text or "")))
    except ValidationError as error:
        raise InputError(f"Invalid options: {describe_fault(error)}.", _HINT) from None
    except ValueError:
        raise InputError("Invalid options: no JSON.", _HINT) from None
