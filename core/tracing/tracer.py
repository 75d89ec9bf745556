"""Queries traced to the organisms of a library.

Each organism's partition is searched by itself, so that each is judged by the best that it has,
however many others are closer. Works for whatever a lab loads as organisms: species, strains,
isolates.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.arrays import Vectors
from core.bootstrap import Estimate
from core.classification.votes import Hit
from core.classify import FIRST_KMERS, query_name
from core.encoders import Encoder
from core.encoders.translated import TranslatedEncoder
from core.errors import EncoderReplaced
from core.library.library import Library
from core.sequences.records import Record
from core.tracing.closeness import QueryWords, words
from core.tracing.mixture import mixture

CANDIDATES = 3
"""Sequences of each organism that a query is compared with."""
_TOGETHER = 128
_NOTHING = "It shares no stretch of 13 bases with what is most like it in any organism."


@dataclass(frozen=True, slots=True)
class Traced:
    """Where a query's closest relatives are.

    Attributes
    ----------
    query, length
        Its name, and its bases.
    organisms
        Confidence that each organism has the closest relative, the closest first; they add up to 1.
        Empty where the query shares nothing with any, or cannot be read.
    closest
        The closest sequence of each of them, by organism.
    identity
        Share of its bases that are as in the closest of all, estimated from shared words, 0 to 1.
    problem
        Why there is no answer; empty where there is one.
    """

    query: str
    length: int
    organisms: Mapping[str, float] = field(default_factory=dict)
    closest: Mapping[str, Hit] = field(default_factory=dict)
    identity: float = 0.0
    problem: str = ""

    @property
    def organism(self) -> str:
        """The organism of the closest relative; empty where there is none."""
        return next(iter(self.organisms), "")

    @property
    def confidence(self) -> float:
        """How sure that organism is."""
        return self.organisms.get(self.organism, 0.0)


@dataclass(frozen=True, slots=True)
class Origin:
    """How much of a batch comes from an organism.

    Attributes
    ----------
    queries
        How many have their closest relative there with a confidence above one half.
    share
        Share of all that could be traced, with its interval; likely, not counted: a query that
        could be of several organisms counts for those that the others speak for.
    """

    organism: str
    queries: int
    share: Estimate


def trace(
    library: Library,
    records: Sequence[Record],
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Traced]:
    """Trace each record to the organisms of a library; an invalid one never stops the others.

    Confidences are those of a model in which every base changes at one rate, which is estimated for
    each query from its closest relative. On fragments of simulated strains, with the encoder
    translated, they are right about as often as they say; with the encoder count they are too high
    (docs/tracing.md has the figures). They are of the organisms that are loaded: a
    query from elsewhere is traced to what is closest to it, and `identity` says how close that is.

    Parameters
    ----------
    progress
        Called with how many records are done, and of how many.

    Returns
    -------
    list of Traced
        In the order of the records.

    Raises
    ------
    LibraryError
        If the library is empty.
    """
    try:
        return list(_traced(library, records, progress))
    except EncoderReplaced:
        return trace(library.reopened(), records, progress=progress)


def origins(traced: Sequence[Traced]) -> list[Origin]:
    """How much of a batch comes from each organism, the largest share first.

    Empty where nothing of it could be traced.
    """
    found = [each.organisms for each in traced if each.organisms]
    names = list(dict.fromkeys(name for each in found for name in each))
    if not names:
        return []
    chances = np.array([[each.get(name, 0.0) for name in names] for each in found])
    mixed = mixture(chances)
    shares = zip(mixed.shares.tolist(), mixed.low.tolist(), mixed.high.tolist(), strict=True)
    clear = (chances > 0.5).sum(axis=0).tolist()
    listed = [
        Origin(name, count, Estimate(*share, len(found)))
        for name, count, share in zip(names, clear, shares, strict=True)
    ]
    return sorted(listed, key=lambda each: -each.share.mean)


def _traced(
    library: Library, records: Sequence[Record], progress: Callable[[int, int], None]
) -> Iterator[Traced]:
    for start in range(0, len(records), _TOGETHER):
        batch = records[start : start + _TOGETHER]
        good = [record.residues for record in batch if record.problem is None]
        comparing = _Comparing(library, good)
        places = iter(range(len(good)))
        for done, record in enumerate(batch, start=start + 1):
            name, length = query_name(record), len(record.residues)
            if record.problem is not None:
                yield Traced(name, length, problem=record.problem.message)
            else:
                yield comparing.traced(name, next(places))
            progress(done, len(records))


class _Comparing:
    """Queries with their candidates of every organism, found in two steps.

    A fragment may miss its gene in one organism and find it in another; that gene as a whole then
    finds its counterparts in all of them.
    """

    def __init__(self, library: Library, sequences: Sequence[str]) -> None:
        self._library = library
        self._organisms = library.organism_names()
        self._lengths = [len(each) for each in sequences]
        self._queries = [QueryWords(each) for each in sequences]
        self._residues: dict[int, str] = {}
        self._words: dict[int, NDArray[np.int64]] = {}
        self._candidates = self._nearest(sequences)
        self._add_counterparts()

    def traced(self, name: str, place: int) -> Traced:
        """The answer for the query at that place."""
        found = self._closest(place)
        if not found:
            return Traced(name, self._lengths[place], problem=_NOTHING)
        closeness = self._queries[place].closeness([shared for shared, _ in found.values()])
        chances = dict(zip(found, closeness.chances.tolist(), strict=True))
        ranked = sorted(chances, key=lambda organism: -chances[organism])
        return Traced(
            query=name,
            length=self._lengths[place],
            organisms={organism: chances[organism] for organism in ranked},
            closest={organism: found[organism][1] for organism in ranked},
            identity=closeness.identity,
        )

    def _add_counterparts(self) -> None:
        """Of what each query is closest to, the nearest in every organism."""
        anchors: dict[int, int] = {}
        for place in range(len(self._queries)):
            if found := self._closest(place):
                anchors[place] = max(found.values(), key=lambda each: each[0])[1].id
        genes = list(dict.fromkeys(anchors.values()))
        nearest = self._nearest([self._residues[number] for number in genes])
        counterparts = dict(zip(genes, nearest, strict=True))
        for place, number in anchors.items():
            self._candidates[place] += counterparts[number]

    def _nearest(self, sequences: Sequence[str]) -> list[list[Hit]]:
        """The nearest of each organism, for each sequence; their words are known from then on."""
        found: list[list[Hit]] = [[] for _ in sequences]
        vectors = _query_vectors(self._library.encoder, sequences)
        for organism in self._organisms:
            hits = self._library.search_vectors(vectors, organisms=[organism], limit=CANDIDATES)
            for candidates, nearest in zip(found, hits, strict=True):
                candidates.extend(nearest)
        numbers = {hit.id for hits in found for hit in hits} - self._words.keys()
        residues = self._library.residues(list(numbers))
        self._residues |= residues
        self._words |= {number: words(sequence) for number, sequence in residues.items()}
        return found

    def _closest(self, place: int) -> dict[str, tuple[int, Hit]]:
        """How many words each organism's closest candidate shares with a query, if any."""
        best: dict[str, tuple[int, Hit]] = {}
        for hit in self._candidates[place]:
            if hit.id in self._words:  # Else it was removed meanwhile.
                shared = self._queries[place].shared(self._words[hit.id])
                if shared > best.get(hit.organism, (0, hit))[0]:
                    best[hit.organism] = shared, hit
        return best


def _query_vectors(encoder: Encoder, sequences: Sequence[str]) -> Vectors:
    if isinstance(encoder, TranslatedEncoder):
        return encoder.query_vectors(encoder.profiles(sequences), FIRST_KMERS)
    return encoder.encode_queries(sequences)
