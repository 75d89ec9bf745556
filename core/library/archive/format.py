"""Format of an archive: its members, and the strict schema of its manifest and sequences.

An archive is a zip of ``manifest.json``, which has a checksum of every other member;
``sequences.jsonl``, one JSON object per line in the order in which the sequences came; and the
fitted states of encoder and model, one array per member. A library with profile HMMs adds
``profiles.jsonl``, one JSON object per line, and what was learned about them; only then is the
format 2, so that earlier versions read all others. Readers trust none of it: names are
checked as those that users enter, and :meth:`from_state` checks the arrays.
"""

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.library.naming import check_library_name
from core.library.stored_state import StoredIndex, check_index_suits
from core.schema import StrictModel
from core.sequences.families import check_family_name
from core.sequences.records import check_organism_name, has_hidden, remove_hidden

FORMAT: Literal[1] = 1
PROFILES_FORMAT: Literal[2] = 2
"""Versions of the format, without and with profiles; newer ones are refused."""
MANIFEST = "manifest.json"
SEQUENCES = "sequences.jsonl"
PROFILES = "profiles.jsonl"
ENCODER, MODEL, LEARNED = "encoder", "caller", "profiles"
"""Folders of the fitted states; the model has the name of format 1."""
ARRAY = r"(encoder|caller|profiles)/([a-z_]{1,32})\.npy"
"""Pattern of the members that are arrays: folder and name."""

_MAX_NAME = 255
_MAX_SOURCE = 65_535
_MAX_ORGANISMS = 65_536
_MAX_LOADS = 65_536
_MAX_FAMILIES = 1_000_000
_MAX_MEMBERS = 64


def _library(name: str) -> str:
    check_library_name(name)
    return name


def _organism(name: str) -> str:
    check_organism_name(name)
    return name


def _family(name: str) -> str:
    check_family_name(name)
    return name


def _visible(text: str) -> str:
    if has_hidden(text):
        message = f"{text[:80]!r} has control or bidirectional characters"
        raise ValueError(message)
    return text


_Count = Annotated[int, Field(ge=0, lt=2**63)]
_Number = Annotated[int, Field(ge=0, lt=2**31)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
_MemberName = Annotated[str, Field(pattern=rf"^(sequences\.jsonl|profiles\.jsonl|{ARRAY})$")]
_Name = Annotated[str, Field(min_length=1, max_length=_MAX_NAME)]
_Word = Annotated[_Name, AfterValidator(_visible)]
_LibraryName = Annotated[_Name, AfterValidator(_library)]
_OrganismName = Annotated[_Name, AfterValidator(_organism)]
_FamilyName = Annotated[_Name, AfterValidator(_family)]
# Not names: files may be called anything, and these are only shown.
_Source = Annotated[str, Field(max_length=_MAX_SOURCE), AfterValidator(remove_hidden)]


class Version(BaseModel):
    """The field that every version of the format has."""

    model_config = ConfigDict(strict=True)

    format: Annotated[int, Field(ge=1)]


class Member(StrictModel):
    """Size and SHA-256 of a member."""

    bytes: _Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Load(StrictModel):
    """A load of an organism: its source, date, user, and number of sequences."""

    source: _Source
    date: datetime
    by: _Source
    sequences: _Count


class Organism(StrictModel):
    """An organism with its loads."""

    name: _OrganismName
    sequences: _Count
    loads: Annotated[tuple[Load, ...], Field(max_length=_MAX_LOADS)]


class Manifest(StrictModel):
    """Everything about a library but its sequences and arrays."""

    format: Literal[1, 2]
    genekin: _Word
    exported_at: datetime
    library: _LibraryName
    encoder: _Word
    fingerprint: _Digest
    caller: _Digest | None
    index: StoredIndex
    threshold: Annotated[float, Field(ge=0, le=1)] | None
    families: Annotated[dict[_Number, _FamilyName], Field(max_length=_MAX_FAMILIES)]
    organisms: Annotated[tuple[Organism, ...], Field(min_length=1, max_length=_MAX_ORGANISMS)]
    members: Annotated[dict[_MemberName, Member], Field(max_length=_MAX_MEMBERS)]
    profiles: _Digest | None = None

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        check_index_suits(self.encoder, self.index)
        names = Counter(organism.name for organism in self.organisms)
        if repeated := [name for name, count in names.items() if count > 1]:
            message = f"the organism {repeated[0]} is listed twice"
            raise ValueError(message)
        if SEQUENCES not in self.members:
            message = f"{SEQUENCES} is not listed"
            raise ValueError(message)
        if (self.caller is None) == any(name.startswith(f"{MODEL}/") for name in self.members):
            message = "the model and its members disagree"
            raise ValueError(message)
        folder = f"{LEARNED}/"
        has_profiles = [PROFILES in self.members, self.format == PROFILES_FORMAT]
        has_profiles.append(any(name.startswith(folder) for name in self.members))
        if any(has != (self.profiles is not None) for has in has_profiles):
            message = "the profiles and their members disagree"
            raise ValueError(message)
        return self


class Sequence(StrictModel):
    """A line of :data:`SEQUENCES`."""

    organism: _Name
    family: _Number
    name: Annotated[str, Field(max_length=_MAX_NAME), AfterValidator(_visible)]
    residues: str


class Profile(StrictModel):
    """A line of :data:`PROFILES`."""

    name: _Word
    accession: Annotated[str, Field(max_length=_MAX_NAME), AfterValidator(_visible)]
    description: Annotated[str, Field(max_length=_MAX_NAME), AfterValidator(_visible)]
    family: _Number | None
    source: _Source
    date: datetime
    by: _Source
    text: str
