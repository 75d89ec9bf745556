"""A hit: one neighbour of a query."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """One neighbour of a query.

    Attributes
    ----------
    id
        Of the sequence, in its library.
    score
        Inner product of the two vectors of length one: 1 is the same composition, 0 nothing shared.
    length
        Bases of the neighbour.
    """

    id: int
    organism: str
    family: int
    name: str
    score: float
    length: int
