"""Format of a run file: the strict schema of its lines.

A run file is gzipped text with a JSON object a line: the header, which says what was asked and how
many genes and queries follow; the genes that are hits, so that alignments can be made without their
library; and the queries with their calls, or with their traces. Readers trust none of it. It has
neither users nor addresses, and not the id of the run, whose knowledge gives access to it.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NaiveDatetime, model_validator

from core.calls import Status
from core.runs.run import RunKind
from core.schema import StrictModel
from core.sequences.alphabet import find_invalid_character
from core.sequences.records import MAX_NAME, has_hidden
from core.settings import MB
from core.tracing import TraceResult

KIND: Literal["genekin-run"] = "genekin-run"
"""First value of the header, by which a run file is known."""
FORMAT: Literal[2] = 2
"""Version of the format that is written; newer ones are refused. The first one had neither traces
nor profiles."""
ENDING = ".genekin-run.jsonl.gz"
"""End of the name of a run file."""
MAX_QUERIES = 100_000
MAX_GENES = 1_000_000
MAX_HITS = 1_000_000
"""Maximum number of hits of all queries together."""
MAX_SHARES = 5_000_000
"""Maximum number of probabilities of families, and of profiles, of all queries together."""
MAX_PROBABILITIES = 1_000_000
"""Maximum number of probabilities that the composition of a trace is estimated from: as many as
take seconds. They are one for each traced query and organism, and for each pair of organisms."""
MAX_BYTES = 200 * MB
"""Maximum size, unpacked: that of an upload, unless settings say otherwise."""
MAX_REASON = 2_000

_MAX_FAMILIES = 10_000
_MAX_ORGANISMS = 65_536
_MAX_CALL_HITS = 1_000
_MAX_CALL_PROFILES = 10_000
_MAX_VERSIONS = 100
_MAX_SECONDS = 1e9
_ROUNDING = 1e-6


def _visible(text: str) -> str:
    if has_hidden(text):
        message = "has control or bidirectional characters"
        raise ValueError(message)
    return text


def _dna(residues: str) -> str:
    if invalid := find_invalid_character(residues):
        message = f"has an invalid character at base {invalid[0] + 1:,}"
        raise ValueError(message)
    return residues


_Count = Annotated[int, Field(ge=0, lt=2**31)]
_Number = Annotated[int, Field(ge=0, lt=2**31)]
_Probability = Annotated[float, Field(ge=0, le=1 + 1e-6)]
_Text = Annotated[str, Field(max_length=MAX_NAME), AfterValidator(_visible)]
_Name = Annotated[_Text, Field(min_length=1)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{0,64}$")]
_Strand = Literal["", "+", "-"]
_Frame = Annotated[int, Field(ge=0, le=3)]
_GeneId = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]
"""A string, as JavaScript rounds integers above 2^53."""


class Version(BaseModel):
    """The fields that every version of the header has."""

    model_config = ConfigDict(strict=True)

    kind: Literal["genekin-run"]
    format: Annotated[int, Field(ge=1)]


class FileSettings(StrictModel):
    """Settings of the run."""

    organisms: Annotated[tuple[_Name, ...], Field(max_length=_MAX_ORGANISMS)] | None
    neighbours: _Count
    threshold: Annotated[float, Field(ge=0, le=1)]


class Header(StrictModel):
    """The first line: the run without its queries, and the number of the lines that follow."""

    kind: Literal["genekin-run"]
    format: Literal[1, 2]
    question: Annotated[RunKind, Field(strict=False)] = RunKind.CLASSIFY
    genes: Annotated[int, Field(ge=0, le=MAX_GENES)]
    queries: Annotated[int, Field(ge=1, le=MAX_QUERIES)]
    name: _Name
    created_at: NaiveDatetime
    seconds: Annotated[float, Field(ge=0, le=_MAX_SECONDS)]
    library: _Name
    encoder: _Name
    fingerprint: _Digest
    contents: _Digest
    settings: FileSettings
    families: Annotated[dict[_Number, _Name], Field(max_length=_MAX_FAMILIES)]
    organisms: Annotated[dict[_Name, _Count], Field(max_length=_MAX_ORGANISMS)]
    versions: Annotated[dict[_Name, _Text], Field(max_length=_MAX_VERSIONS)]

    @model_validator(mode="after")
    def _check_organisms(self) -> Self:
        searched = self.organisms if self.settings.organisms is None else self.settings.organisms
        if len({*searched}) < len(searched):
            raise ValueError("an organism is searched twice")
        if missing := [name for name in searched if name not in self.organisms]:
            message = f"the organism {missing[0]} is not listed"
            raise ValueError(message)
        if not any(self.organisms[name] for name in searched):
            message = "no genes were searched"
            raise ValueError(message)
        return self


class FileGene(StrictModel):
    """A gene that is a hit."""

    gene: _GeneId
    residues: Annotated[str, Field(min_length=1), AfterValidator(_dna)]


class FileHit(StrictModel):
    """A hit of a query."""

    gene: _GeneId
    organism: _Text
    family: _Number
    name: _Text
    score: Annotated[float, Field(ge=-2, le=2)]
    length: _Count


class FileClosest(FileHit):
    """The closest gene of an organism, with the probability that no other has a closer one."""

    organism: _Name
    probability: _Probability


class FileProfile(StrictModel):
    """A profile HMM that matches a query."""

    name: _Name
    accession: _Text
    description: _Text
    family: _Number | None
    score: float
    e_value: Annotated[float, Field(ge=0)]
    strand: _Strand
    frame: _Frame
    start: _Count
    end: _Count


class FileQuery(StrictModel):
    """A query, as it was entered, and what became of it."""

    name: _Text
    residues: str
    query: _Text
    status: Annotated[Status, Field(strict=False)]
    reason: Annotated[str, Field(max_length=MAX_REASON), AfterValidator(_visible)]
    hits: Annotated[tuple[FileHit, ...], Field(max_length=_MAX_CALL_HITS)]

    @model_validator(mode="after")
    def _check_residues(self) -> Self:
        if self.status is not Status.INVALID:
            if not self.residues:
                raise ValueError("a valid query has no sequence")
            _dna(self.residues)
        return self


class FileCall(FileQuery):
    """A query with its call."""

    family_id: _Number | None
    family: _Text
    confidence: _Probability
    families: Annotated[dict[_Number, _Probability], Field(max_length=_MAX_FAMILIES)]
    organism: _Text
    organism_confidence: _Probability
    strand: _Strand
    frame: _Frame
    unreadable: _Probability
    start: _Count
    end: _Count
    profiles: Annotated[tuple[FileProfile, ...], Field(max_length=_MAX_CALL_PROFILES)] = ()

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.status is Status.INVALID:
            if self.hits or self.profiles or self.families or self.family_id is not None:
                raise ValueError("an invalid query has a call")
        elif self.family_id is None:
            raise ValueError("a valid query has no family")
        places = [(profile.start, profile.end) for profile in self.profiles]
        for start, end in [(self.start, self.end), *places]:
            if not start <= end <= len(self.residues):
                raise ValueError("the evidence is outside the query")
        if len({hit.gene for hit in self.hits}) < len(self.hits):
            raise ValueError("a gene is a hit twice")
        return self


class FileTrace(FileQuery):
    """A query with its closest gene of every organism, the most probable first."""

    identity: _Probability
    hits: Annotated[tuple[FileClosest, ...], Field(max_length=_MAX_ORGANISMS)]

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if (self.status is Status.CALLED) != bool(self.hits):
            raise ValueError("the hits do not go with the status")
        probabilities = [hit.probability for hit in self.hits]
        if probabilities and abs(sum(probabilities) - 1) > _ROUNDING:
            raise ValueError("the probabilities do not add up to 1")
        if probabilities != sorted(probabilities, reverse=True):
            raise ValueError("the hits are not in order")
        if len({hit.organism for hit in self.hits}) < len(self.hits):
            raise ValueError("an organism has two closest genes")
        return self


def count_probabilities(traces: Sequence[TraceResult]) -> int:
    """Return how many probabilities the composition of a trace is estimated from."""
    organisms = len({organism for result in traces for organism in result.organisms})
    return (sum(bool(result.organisms) for result in traces) + organisms) * organisms
