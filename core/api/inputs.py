"""Schemas of what requests have: their queries and options."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.access import LibraryAccess
from core.api.question_schemas import Probability

OrganismName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,199}$")]


FamilyName = Annotated[str, Field(max_length=10_000)]
FamilyNumber = Annotated[int, Field(ge=0, strict=True)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NamedSequence(_Input):
    """A query."""

    name: str = Field("", max_length=10_000, description="Shortened to 200 characters.")
    residues: str = Field(description="DNA in IUPAC codes.")


class Records(_Input):
    """Queries as JSON, in place of a file."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"records": [{"name": "query1", "residues": "ATGGCTGAAACCCTGTTCTGGACA"}]}]
        }
    )

    records: list[NamedSequence] = Field(min_length=1)


class ReferenceSequence(NamedSequence):
    """A reference sequence."""

    family: Annotated[str, Field(max_length=10_000)] | Annotated[int, Field(ge=0, strict=True)] = (
        Field("", description="Name or number of its family; by `family` if missing.")
    )


class References(_Input):
    """Reference sequences as JSON, in place of a file."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "records": [
                        {
                            "name": "gene1",
                            "residues": "ATGGCTGAAACCCTGTTCTGGACACCTCTCCTCGTGGTTCTC",
                            "family": "Ion channel",
                        }
                    ]
                }
            ]
        }
    )

    records: list[ReferenceSequence] = Field(min_length=1)


class QuestionOptions(_Input):
    """Options that all questions have."""

    library: str = Field("default", max_length=64, description="Library to search.")
    format: Literal["json", "tsv", "csv", "ndjson"] | None = Field(
        None, description="Of the answer; by the header Accept if missing, else JSON."
    )


class ClassifyOptions(QuestionOptions):
    """Options of a classification."""

    organism: list[OrganismName] = Field(
        default_factory=list, max_length=100, description="Search only here; repeatable."
    )
    neighbours: int = Field(10, ge=1, le=1_000, description="Maximum hits a query.")
    threshold: Probability | None = Field(
        None, description="Minimum confidence for a call; the library's own if missing."
    )
    align: bool = Field(False, description="Align queries with their hits. Takes longer.")
    save: bool = Field(False, description="Store the calls as a run.")
    name: str = Field("", max_length=200, description="Name of the stored run.")


class TraceOptions(QuestionOptions):
    """Options of a trace."""

    summary: bool = Field(False, description="Tables: one row an organism instead of one a query.")
    save: bool = Field(False, description="Store the results as a run.")
    name: str = Field("", max_length=200, description="Name of the stored run.")


class SearchOptions(QuestionOptions):
    """Options of a search."""

    organism: list[OrganismName] = Field(
        default_factory=list, max_length=100, description="Search only here; repeatable."
    )
    limit: int = Field(10, ge=1, le=1_000, description="Maximum neighbours a query.")


class LoadOptions(_Input):
    """Options of a load."""

    source: str = Field("API", max_length=200, description="Name of the file, kept with the load.")
    replace: bool = Field(False, description="Replace the organism instead of adding to it.")
    encoder: Literal["translated", "count"] | None = Field(None, description="Of a new library.")
    index: str | None = Field(None, max_length=32, description="Vector index of a new library.")
    access: LibraryAccess = Field(LibraryAccess.LAB, description="Who may use a new library.")
    sequence_column: str | None = Field(None, max_length=200, description="Detected if missing.")
    family_column: str | None = Field(None, max_length=200, description="Detected if missing.")
    name_column: str | None = Field(None, max_length=200, description="Detected if missing.")
    family_pattern: str | None = Field(
        None, max_length=500, description="Regular expression of the family in a header."
    )
    family: str = Field("", max_length=200, description="Family of records that name none.")
    two_families: Literal["error", "first", "drop"] = Field(
        "error", description="A sequence with two families: refuse the file, keep one, drop both."
    )
    valid_only: bool = Field(False, description="Load the valid records of a file with others.")
