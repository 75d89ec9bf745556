"""What is said of each query before it becomes a call: by votes, or by weighed evidence.

From a query to its call: the verdict on it, and whether that is enough to name a family.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from core.classification.closest_organism import rank_organisms
from core.classification.model import Candidate, FamilyModel, Query, cosines, is_clear
from core.classification.reading_frame import reading_frame
from core.classification.training import CANDIDATES
from core.classification.votes import Hit, vote, vote_of_organisms
from core.encoders.translated import QUERY_KMERS, TranslatedEncoder
from core.errors import EncoderReplaced, InputError
from core.library.library import Library, check_threshold
from core.sequences.records import Record
from core.thread_pool import map_in_threads

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
        caller: FamilyModel,
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
        return map_in_threads(lambda job: self._verdict(*job, only_clear=False), jobs)

    def _verdict(
        self,
        query: Query,
        hits: Sequence[Hit],
        relatives: Sequence[Candidate],
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
            organisms=rank_organisms(
                query.profile, profiles, [hits[place].organism for place in order]
            ),
            strand=strand,
            frame=frame,
        )


def _scored(hit: Hit, score: float) -> Hit:
    """A hit with another score; :func:`dataclasses.replace` takes five times as long."""
    return Hit(hit.id, hit.organism, hit.family, hit.name, score, hit.length)


MAX_NEIGHBOURS = 1_000
DEFAULT_NEIGHBOURS = 10


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
        How likely that family is right, 0 to 1, calibrated on sequences whose relatives were left
        out; with the encoder count, the family's share of the votes. Where nothing can be read, its
        share of the library.
    families
        The same for every family, the largest first; empty where nothing can be read.
    hits
        The neighbours, best first.
    organism, organism_confidence
        The organism of the closest relative, and how sure it is that no other one's is closer.
    strand, frame
        Where the evidence stands: ``+`` or ``-``, 1 to 3; empty and 0 where that is not known.
    unreadable
        Share of its letters that are ambiguity codes, 0 to 1.
    reason
        Why it is unknown or invalid; empty where it is called.
    """

    query: str
    length: int
    status: Status
    family_id: int | None
    family: str
    confidence: float
    families: Mapping[int, float]
    hits: tuple[Hit, ...]
    organism: str
    organism_confidence: float
    strand: str
    frame: int
    unreadable: float
    reason: str

    @property
    def closest(self) -> Hit | None:
        """The best hit of the closest organism; of all, if none is shown; None without hits."""
        best = next(iter(self.hits), None)
        return next((hit for hit in self.hits if hit.organism == self.organism), best)


def classify(
    library: Library,
    records: Sequence[Record],
    *,
    organisms: Sequence[str] | None = None,
    neighbours: int = DEFAULT_NEIGHBOURS,
    threshold: float | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Call]:
    """Name the family of each record; an invalid one never stops the others.

    Parameters
    ----------
    organisms
        Where to look for neighbours; everywhere, if None.
    neighbours
        How many of them to show (and, with the encoder count, to let vote), 1 to 1,000.
    threshold
        Confidence from which on a query is called; the library's own, if None.
    progress
        Called with how many records are done, and of how many.

    Returns
    -------
    list of Call
        In the order of the records.

    Raises
    ------
    InputError
        If `neighbours` or `threshold` is out of range, or an organism is not in the library.
    """
    if not 1 <= neighbours <= MAX_NEIGHBOURS:
        message = f"{neighbours:,} neighbours cannot be asked for."
        raise InputError(message, f"Ask for 1 to {MAX_NEIGHBOURS:,}.")
    asked = library.threshold if threshold is None else threshold
    check_threshold(asked)
    residues = [record.residues for record in records if record.problem is None]
    if not residues:
        library.search([], organisms=organisms)  # What is asked for must be there all the same.
    verdicts = judge(library, residues, organisms, neighbours)
    calling = _Calling(library, asked)
    calls = []
    try:
        for record in records:
            calls.append(
                _invalid(record) if record.problem else calling.call(record, next(verdicts))
            )
            progress(len(calls), len(records))
    except EncoderReplaced:
        return classify(
            library.reopened(),
            records,
            organisms=organisms,
            neighbours=neighbours,
            threshold=threshold,
            progress=progress,
        )
    return calls


def query_name(record: Record) -> str:
    """What a query is called: its own name, or its place."""
    return record.name or f"record_{record.position}"


class _Calling:
    """Makes calls of verdicts."""

    def __init__(self, library: Library, threshold: float) -> None:
        self._library = library
        self._threshold = threshold
        self._prior: dict[int, float] = {}

    def call(self, record: Record, verdict: Verdict) -> Call:
        shares = verdict.families or self._library_shares()
        family, confidence = next(iter(shares.items()))
        name = self._library.family_name(family)
        reason = self._reason(verdict, name, confidence)
        organism = next(iter(verdict.organisms), "")
        return Call(
            query=query_name(record),
            length=len(record.residues),
            status=Status.UNKNOWN if reason else Status.CALLED,
            family_id=family,
            family=name,
            confidence=confidence,
            families=verdict.families,
            hits=verdict.hits,
            organism=organism,
            organism_confidence=verdict.organisms.get(organism, 0.0),
            strand=verdict.strand,
            frame=verdict.frame,
            unreadable=_unreadable(record.residues),
            reason=reason,
        )

    def _reason(self, verdict: Verdict, family: str, confidence: float) -> str:
        """Why no family can be named; empty where it can."""
        if not verdict.hits:
            return "Nothing in it is like anything in the library."
        if not verdict.significant:
            return "The closest gene shares no more with it than random DNA does."
        if confidence < self._threshold:
            return (
                f"{family} is likeliest, but at {confidence:.0%} below the threshold of"
                f" {self._threshold:.0%}."
            )
        return ""

    def _library_shares(self) -> dict[int, float]:
        """Share of the library's sequences by family, the largest first."""
        if not self._prior:
            counts: Counter[int] = Counter()
            for organism in self._library.organisms():
                counts.update(organism.families)
            ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            self._prior = {family: count / counts.total() for family, count in ranked}
        return self._prior


def _invalid(record: Record) -> Call:
    return Call(
        query=query_name(record),
        length=len(record.residues),
        status=Status.INVALID,
        family_id=None,
        family="",
        confidence=0.0,
        families={},
        hits=(),
        organism="",
        organism_confidence=0.0,
        strand="",
        frame=0,
        unreadable=0.0,
        reason=record.problem.message if record.problem else "",
    )


def _unreadable(residues: str) -> float:
    return 1 - sum(map(residues.count, "ACGT")) / len(residues)
