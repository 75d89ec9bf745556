"""Search of profile HMMs in the reading frames of queries.

A profile describes a protein family by the residues that each position allows, so it finds homologs
that share no k-mers with any gene. HMMER, in pyhmmer, searches the longest open reading frames, and
is imported when it is first needed.

References
----------
Eddy (2011), "Accelerated profile HMM searches"; Larralde and Zeller (2023), "PyHMMER".
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.classification.profile_text import parse_hmm
from core.encoders.proteins import AMBIGUOUS, RESIDUES, encode_bases, make_codon_table
from core.encoders.translation import find_orfs, read_codons
from core.thread_pool import map_in_threads

if TYPE_CHECKING:
    from pyhmmer.easel import Alphabet, DigitalSequenceBlock
    from pyhmmer.plan7 import HMM, Background, OptimizedProfile, Pipeline, TopHits

MAX_E_VALUE = 10.0
"""E-value above which a match is no evidence."""
MIN_ORF_SHARE = 0.3
"""Length of the reading frames that are searched, as a share of the longest one's."""
MIN_RESIDUES, MAX_RESIDUES = 20, 60_000
"""Shortest reading frame that is searched, and the residues of a query that are, the longest frames
first: so the work for a contig is bounded."""

_SHARES = 64
"""Shares of the profiles that threads take, so that each is some work."""
_HMMER_LETTERS = "ACDEFGHIKLMNPQRSTVWY-BJZOUX*~"
_UNKNOWN = _HMMER_LETTERS.index("X")
_RESIDUE_TABLE = make_codon_table(
    np.array([_HMMER_LETTERS.index(residue) for residue in RESIDUES], dtype=np.uint8)
)


@dataclass(frozen=True, slots=True)
class HmmProfile:
    """A profile HMM of a protein family.

    Attributes
    ----------
    name, accession, description
        As in its file; accession and description may be empty.
    length
        Number of match states.
    text
        The profile in HMMER3 text format, which :func:`parse_hmm` reads.
    family
        Class number of the family that a user gave to it; None if its family is to be learned.
    """

    name: str
    accession: str
    description: str
    length: int
    text: str
    family: int | None = None


@dataclass(frozen=True, slots=True)
class ProfileMatch:
    """The best match of a profile in a query.

    Attributes
    ----------
    profile
        Index of the profile.
    score
        Bits, over all its domains in one reading frame.
    e_value
        Matches as good as this that all profiles bring by chance in this query.
    strand, frame
        ``+`` or ``-``, and 1 to 3.
    start, end
        First and last base of its best domain, from 1 on, on the forward strand.
    """

    profile: int
    score: float
    e_value: float
    strand: str
    frame: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Orf:
    """A reading frame of a query: its place in bases, and its residues as HMMER numbers them."""

    query: int
    strand: str
    begin: int
    length: int
    residues: NDArray[np.uint8]

    def bases(self, first: int, last: int) -> tuple[int, int]:
        """Return the first and the last base of residues `first` to `last`, all from 1 on."""
        if self.strand == "-":
            first, last = self.residues.size + 1 - last, self.residues.size + 1 - first
        return self.begin + 3 * first - 2, self.begin + 3 * last

    @property
    def frame(self) -> int:
        """The reading frame on its strand, 1 to 3."""
        if self.strand == "+":
            return self.begin % 3 + 1
        return (self.length - self.begin) % 3 + 1


class ProfileSearch:
    """A search of profiles; safe to share between threads.

    Parameters
    ----------
    texts
        The profiles in HMMER3 text format.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def search(self, sequences: Sequence[str]) -> list[list[ProfileMatch]]:
        """Return the profiles that match each sequence (DNA), the best first.

        What is found in one does not depend on the others.
        """
        orfs = [
            orf
            for query, sequence in enumerate(sequences)
            for orf in _longest_orfs(query, sequence)
        ]
        found: list[dict[int, ProfileMatch]] = [{} for _ in sequences]
        if orfs:
            comparisons = np.bincount([orf.query for orf in orfs]) * len(self._texts)
            block = _digital_block(self._alphabet, orfs)
            hits = map_in_threads(lambda models: self._search(models, block), self._shares)
            for number, profile_hits in enumerate(chain.from_iterable(hits)):
                _collect(number, profile_hits, orfs, comparisons, found)
        return [
            sorted(matches.values(), key=lambda match: (match.e_value, match.profile))
            for matches in found
        ]

    @cached_property
    def _alphabet(self) -> "Alphabet":
        from pyhmmer.easel import Alphabet

        return Alphabet.amino()

    @cached_property
    def _shares(self) -> "list[list[_Model]]":
        """The profiles, in the shares that threads take."""
        from pyhmmer.plan7 import Background

        background = Background(self._alphabet)
        models = [_Model(text, self._alphabet, background) for text in self._texts]
        size = -(-len(models) // _SHARES) or 1
        return [models[start : start + size] for start in range(0, len(models), size)]

    def _search(
        self, models: "Sequence[_Model]", block: "DigitalSequenceBlock"
    ) -> "list[TopHits[Any]]":
        from pyhmmer.plan7 import Background, Pipeline

        # With Z = 1 an E-value is a p-value, which does not depend on the other queries of a batch.
        background = Background(self._alphabet)
        pipeline = Pipeline(self._alphabet, background, Z=1, domZ=1, E=1.0, domE=1.0)
        return [model.search(pipeline, block) for model in models]


class _Model:
    """A profile that is ready to be searched.

    HMMER searches with another form of it, which it makes anew for every search: for a short query
    that takes ten times as long as the search. So it is kept; but a search changes it, and only one
    thread at a time can have it.
    """

    def __init__(self, text: str, alphabet: "Alphabet", background: "Background[Any]") -> None:
        from pyhmmer.plan7 import Profile

        self._hmm = parse_hmm(text)
        profile = Profile(self._hmm.M, alphabet)
        profile.configure(self._hmm, background)
        self._ready = profile.to_optimized()
        self._lock = Lock()

    def search(self, pipeline: "Pipeline[Any]", block: "DigitalSequenceBlock") -> "TopHits[Any]":
        pipeline.clear()
        with self._borrow() as query:
            return pipeline.search_hmm(query, block)

    @contextmanager
    def _borrow(self) -> "Iterator[HMM[Any] | OptimizedProfile[Any]]":
        if not self._lock.acquire(blocking=False):
            yield self._hmm
            return
        try:
            yield self._ready
        finally:
            self._lock.release()


def _longest_orfs(query: int, sequence: str) -> list[_Orf]:
    """Return the longest reading frames of a query, in the order of the strands."""
    codes = encode_bases(sequence)
    letters = read_codons(codes, _RESIDUE_TABLE)
    places, n_forward = find_orfs(letters)
    sizes = (places[:, 1] - places[:, 0]) // 3
    shortest = max(MIN_RESIDUES, MIN_ORF_SHARE * sizes.max(initial=0))
    order = np.argsort(-sizes, kind="stable")
    order = order[(sizes[order] >= shortest) & (np.cumsum(sizes[order]) <= MAX_RESIDUES)]
    orfs = []
    for row in np.sort(order).tolist():
        begin, end = places[row].tolist()
        forward = row < n_forward
        residues = letters[0, begin:end:3] if forward else letters[1, begin:end:3][::-1]
        residues = np.where(residues == AMBIGUOUS, np.uint8(_UNKNOWN), residues)
        orfs.append(_Orf(query, "+" if forward else "-", begin, codes.size, residues))
    return orfs


def _digital_block(alphabet: "Alphabet", orfs: Sequence[_Orf]) -> "DigitalSequenceBlock":
    from pyhmmer.easel import DigitalSequence, DigitalSequenceBlock

    sequences = (
        DigitalSequence(alphabet, name=str(index), sequence=orf.residues)
        for index, orf in enumerate(orfs)
    )
    return DigitalSequenceBlock(alphabet, sequences)


def _collect(
    number: int,
    hits: "TopHits[Any]",
    orfs: Sequence[_Orf],
    comparisons: NDArray[np.int64],
    found: Sequence[dict[int, ProfileMatch]],
) -> None:
    """Add the best match of a profile in each query."""
    for hit in hits:
        orf = orfs[int(hit.name)]
        e_value = float(hit.pvalue * comparisons[orf.query])
        best = found[orf.query].get(number)
        if e_value > MAX_E_VALUE or (best is not None and best.score >= hit.score):
            continue
        domain = hit.best_domain.alignment
        start, end = orf.bases(domain.target_from, domain.target_to)
        found[orf.query][number] = ProfileMatch(
            number, float(hit.score), e_value, orf.strand, orf.frame, start, end
        )
