"""From a query to its call: encode, search, let the neighbours vote."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InputError
from core.library import Hit, Library
from core.sequences.records import Record

MAX_NEIGHBOURS = 1_000
DEFAULT_NEIGHBOURS = 10

VOTE_POWER = 8
"""A neighbour's vote weighs its inner product to this power: near ones decide, far ones break ties.

Ten neighbours weighted so are right on 0.919 of the seed's split; the nearest alone on 0.908.
"""


class Status(StrEnum):
    """What became of a query."""

    CALLED = "called"
    UNKNOWN = "unknown"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Call:
    """The answer for one query.

    Attributes
    ----------
    query
        Its name.
    length
        Its bases.
    family_id
        The best guess whatever the status; None only where the query is invalid.
    family
        The name of that family; empty where the query is invalid.
    confidence
        Share of the neighbours' weighted votes that the family has, 0 to 1; where there are no
        neighbours, the family's share of the library.
    hits
        The neighbours, best first.
    votes
        Share of the weighted votes by family, the largest first.
    reason
        Why it is unknown or invalid; empty where it is called.
    """

    query: str
    length: int
    status: Status
    family_id: int | None
    family: str
    confidence: float
    hits: tuple[Hit, ...]
    votes: Mapping[int, float]
    reason: str


def classify(
    library: Library,
    records: Sequence[Record],
    *,
    organisms: Sequence[str] | None = None,
    neighbours: int = DEFAULT_NEIGHBOURS,
) -> list[Call]:
    """Name the family of each record; an invalid one never stops the others.

    Parameters
    ----------
    organisms
        Where to look for neighbours; everywhere, if None.
    neighbours
        How many of them vote, 1 to 1,000.

    Returns
    -------
    list of Call
        In the order of the records.

    Raises
    ------
    InputError
        If `neighbours` is out of range or an organism is not in the library.
    """
    if not 1 <= neighbours <= MAX_NEIGHBOURS:
        message = f"{neighbours:,} neighbours cannot be asked for."
        raise InputError(message, f"Ask for 1 to {MAX_NEIGHBOURS:,}.")
    good = [record for record in records if record.problem is None]
    residues = [record.residues for record in good]
    found = library.search(residues, organisms=organisms, limit=neighbours)
    prior = {} if all(vote(hits) for hits in found) else _prior(library)
    hits_in_order = iter(found)
    return [
        _invalid(record) if record.problem else _call(library, record, next(hits_in_order), prior)
        for record in records
    ]


def query_name(record: Record) -> str:
    """What a query is called: its own name, or its place."""
    return record.name or f"record_{record.position}"


def _call(
    library: Library, record: Record, hits: Sequence[Hit], prior: Mapping[int, float]
) -> Call:
    votes = vote(hits)
    shares = votes or prior
    family = next(iter(shares))
    return Call(
        query=query_name(record),
        length=len(record.residues),
        status=Status.CALLED if votes else Status.UNKNOWN,
        family_id=family,
        family=library.families[family],
        confidence=shares[family],
        hits=tuple(hits),
        votes=votes,
        reason="" if votes else "Nothing in it is like anything in the library.",
    )


def _invalid(record: Record) -> Call:
    return Call(
        query=query_name(record),
        length=len(record.residues),
        status=Status.INVALID,
        family_id=None,
        family="",
        confidence=0.0,
        hits=(),
        votes={},
        reason=record.problem.message if record.problem else "",
    )


def vote(hits: Sequence[Hit]) -> dict[int, float]:
    """Share of the weighted votes by family, the largest first; empty where nothing counts.

    >>> from core.library import Hit
    >>> vote([Hit("human", 5, "a", 1.0, 900), Hit("human", 2, "b", 0.5, 900)])[5] > 0.99
    True
    """
    weights: dict[int, float] = {}
    for hit in hits:
        weights[hit.family] = weights.get(hit.family, 0.0) + max(hit.score, 0.0) ** VOTE_POWER
    total = sum(weights.values())
    if not total:
        return {}
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return {family: weight / total for family, weight in ranked}


def _prior(library: Library) -> dict[int, float]:
    """Share of the library's sequences by family, the largest first."""
    counts: Counter[int] = Counter()
    for organism in library.organisms():
        counts.update(organism.families)
    total = counts.total()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {family: count / total for family, count in ranked}
