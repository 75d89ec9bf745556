"""What is said of each query before it becomes a call: by votes, or by weighed evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from core.calling.caller import Caller, Query, Relative, cosines, is_clear
from core.calling.fitting import CANDIDATES
from core.calling.frames import reading_frame
from core.calling.origin import origin
from core.encoders.translated import QUERY_KMERS, TranslatedEncoder
from core.hits import Hit
from core.library import Library
from core.threads import in_threads
from core.voting import vote, vote_of_organisms

FIRST_CANDIDATES = 10
"""Candidates asked for at first: nine queries in ten have a near copy among them."""
FIRST_KMERS = 200
"""K-mers asked with at first: a near copy is found by half of them in half the time."""

_TOGETHER = 256
_UNCLEAR_TOGETHER = 32
"""Queries that are judged together, so that their candidates fit into memory."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a query.

    Attributes
    ----------
    hits
        The neighbours, best first.
    families
        Share of each family by class number, the largest first; empty where nothing is known.
    significant
        Whether there is more evidence than random DNA has.
    organisms
        Confidence that each organism has the closest relative, the closest first.
    strand, frame
        Where the evidence stands: ``+`` or ``-``, and 1 to 3; empty and 0 where that is not known.
    """

    hits: tuple[Hit, ...] = ()
    families: dict[int, float] = field(default_factory=dict)
    significant: bool = False
    organisms: dict[str, float] = field(default_factory=dict)
    strand: str = ""
    frame: int = 0


def judge(
    library: Library, sequences: Sequence[str], organisms: Sequence[str] | None, neighbours: int
) -> Iterator[Verdict]:
    """The verdict on each sequence, in their order, a batch at a time.

    Parameters
    ----------
    organisms
        Where to look for neighbours; everywhere, if None.
    neighbours
        How many hits are wanted.
    """
    if library.caller is None or not isinstance(library.encoder, TranslatedEncoder):
        for start in range(0, len(sequences), _TOGETHER):
            found = library.search(
                sequences[start : start + _TOGETHER], organisms=organisms, limit=neighbours
            )
            yield from (_voted(hits) for hits in found)
        return
    judging = _Judging(library, library.encoder, library.caller, organisms, neighbours)
    for start in range(0, len(sequences), _TOGETHER):
        yield from judging.verdicts(sequences[start : start + _TOGETHER])


def _voted(hits: Sequence[Hit]) -> Verdict:
    shares = vote(hits)
    return Verdict(tuple(hits), shares, bool(shares), vote_of_organisms(hits))


class _Judging:
    """Few candidates for every query; many where the few do not make it clear."""

    def __init__(
        self,
        library: Library,
        encoder: TranslatedEncoder,
        caller: Caller,
        organisms: Sequence[str] | None,
        neighbours: int,
    ) -> None:
        self._library = library
        self._encoder = encoder
        self._caller = caller
        self._organisms = organisms
        self._neighbours = neighbours
        self._first = max(FIRST_CANDIDATES, neighbours)
        self._last = max(CANDIDATES, neighbours)

    def verdicts(self, sequences: Sequence[str]) -> list[Verdict]:
        profiles = self._encoder.profiles(sequences)
        queries = [Query(*each) for each in zip(sequences, profiles, strict=True)]
        verdicts = self._judged(queries, self._first, only_clear=True)
        unclear = [place for place, verdict in enumerate(verdicts) if verdict is None]
        for start in range(0, len(unclear), _UNCLEAR_TOGETHER):
            places = unclear[start : start + _UNCLEAR_TOGETHER]
            judged = self._judged([queries[place] for place in places], self._last)
            for place, verdict in zip(places, judged, strict=True):
                verdicts[place] = verdict
        return [verdict for verdict in verdicts if verdict is not None]

    def _judged(
        self, queries: Sequence[Query], limit: int, *, only_clear: bool = False
    ) -> list[Verdict | None]:
        """The verdict on each query by so many candidates; None where they leave it unclear."""
        most = FIRST_KMERS if only_clear else QUERY_KMERS
        vectors = self._encoder.query_vectors([query.profile for query in queries], most)
        found = self._library.search_vectors(vectors, organisms=self._organisms, limit=limit)
        relatives = iter(self._library.relatives([hit for hits in found for hit in hits]))
        jobs = [
            (query, hits, list(islice(relatives, len(hits))))
            for query, hits in zip(queries, found, strict=True)
        ]
        if only_clear:  # Threads would spend more on taking turns than this takes.
            return [self._verdict(*job, only_clear=True) for job in jobs]
        return in_threads(lambda job: self._verdict(*job, only_clear=False), jobs)

    def _verdict(
        self,
        query: Query,
        hits: Sequence[Hit],
        relatives: Sequence[Relative],
        *,
        only_clear: bool,
    ) -> Verdict | None:
        products = cosines(query.profile, relatives)
        if only_clear and not is_clear(products):
            return None
        if not query.profile.keys.size:  # There is nothing in it that can be read.
            return Verdict()
        decision = self._caller.decide(query, relatives, products)
        order = decision.order.tolist()
        shown = zip(order, decision.cosines.tolist(), strict=True)
        nearest = [relatives[place] for place in order]
        profiles = [each.profile for each in nearest]
        strand, frame = reading_frame(self._encoder, query.sequence, nearest)
        return Verdict(
            hits=tuple(
                _scored(hits[place], score) for place, score in islice(shown, self._neighbours)
            ),
            families=decision.families,
            significant=decision.significant,
            organisms=origin(query.profile, profiles, [hits[place].organism for place in order]),
            strand=strand,
            frame=frame,
        )


def _scored(hit: Hit, score: float) -> Hit:
    """A hit with another score; :func:`dataclasses.replace` takes five times as long."""
    return Hit(hit.id, hit.organism, hit.family, hit.name, score, hit.length)
