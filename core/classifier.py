"""From a query to its call: the verdict on it, and whether that is enough to name a family."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InputError, Refitted
from core.hits import Hit
from core.judging import Verdict, judge
from core.library import Library, check_threshold
from core.sequences.records import Record

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
    except Refitted:
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
