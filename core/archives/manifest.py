"""What an archive says of itself: the library, and a checksum of every other member.

An archive is a zip of ``manifest.json``; ``sequences.jsonl``, a JSON object a line in the order in
which they came; and what encoder and caller learned, an array a member.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT: Literal[1] = 1
"""Version of the format; a reader takes this one and no newer one."""
MANIFEST = "manifest.json"
SEQUENCES = "sequences.jsonl"
ENCODER, CALLER = "encoder", "caller"

_Count = Annotated[int, Field(ge=0)]
_Name = Annotated[str, Field(min_length=1, max_length=255)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
_Number = Annotated[int, Field(ge=0, lt=2**31)]
_Parameter = Annotated[str, Field(pattern=r"^[A-Za-z_]{1,32}$")]
_Parameters = Annotated[
    dict[_Parameter, Annotated[int, Field(ge=1, le=65_536)]], Field(max_length=8)
]


class _Part(BaseModel):
    """Read strictly: what is not foreseen is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Version(BaseModel):
    """The one thing that every version of the format says."""

    format: Annotated[int, Field(ge=1)]


class Member(_Part):
    """How large a member is, and what SHA-256 makes of it."""

    bytes: _Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Index(_Part):
    """As :class:`~core.stores.vectors.VectorIndex`."""

    kind: _Name
    build: _Parameters
    search: _Parameters


class Load(_Part):
    """Where sequences of an organism came from, when, by whom, and how many."""

    source: str
    date: datetime
    by: str
    sequences: _Count


class Organism(_Part):
    """An organism, with the loads that brought its sequences."""

    name: _Name
    sequences: _Count
    loads: tuple[Load, ...]


class Manifest(_Part):
    """A library without its sequences and arrays."""

    format: Literal[1]
    genekin: _Name
    exported_at: datetime
    library: _Name
    encoder: _Name
    fingerprint: _Digest
    caller: _Digest | None
    index: Index
    threshold: Annotated[float, Field(ge=0, le=1)] | None
    families: dict[_Number, _Name]
    organisms: Annotated[tuple[Organism, ...], Field(min_length=1)]
    members: dict[str, Member]


class Sequence(_Part):
    """A line of :data:`SEQUENCES`."""

    organism: _Name
    family: _Number
    name: str
    residues: str
