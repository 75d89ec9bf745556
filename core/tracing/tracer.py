"""Tracing of queries to the organisms of a library.

The partition of each organism is searched separately, so that every organism is represented by its
best candidates, however many closer ones others have. It works for whatever is loaded as organisms:
species, strains, isolates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import numpy as np
from numpy.typing import NDArray

from core.arrays import Vectors
from core.calls import Status, query_name
from core.classification.prediction import Hit
from core.encoders import Encoder
from core.encoders.base import iter_batches
from core.encoders.translated import TranslatedEncoder
from core.errors import EncoderReplaced
from core.library.library import Library
from core.progress import Progress, no_progress
from core.sequences.records import Record
from core.thread_pool import in_stages
from core.tracing.closeness import QueryKmers, find_kmers

CANDIDATES = 3
"""Sequences of each organism that a query is compared with."""
_POSTINGS = 1_600
"""Postings of the search for them: a budget for the relatives of fragments, too."""
_BATCH_SIZE = 128
_MAX_EXPECTED = 0.01
"""Number of genes expected to be as close by chance, above which a candidate is no relative."""
_NO_RELATIVE = "No relative found: no gene of the library shares more 13-mers than chance explains."


@dataclass(frozen=True, slots=True)
class TraceResult:
    """The closest relatives of a query.

    Attributes
    ----------
    query, length
        Its name, and its length in bases.
    organisms
        Probability of each organism to have the closest relative, the highest first; they add up to
        1. Empty if the query is invalid or no closer to any gene than chance explains.
    closest
        The closest sequence of each of them, by organism.
    identity
        Share of its bases that are identical in the closest of all, estimated from shared k-mers,
        0 to 1.
    problem
        The reason why there is no result; empty if there is one.
    is_valid
        Whether the query could be read.
    """

    query: str
    length: int
    organisms: Mapping[str, float] = field(default_factory=dict)
    closest: Mapping[str, Hit] = field(default_factory=dict)
    identity: float = 0.0
    problem: str = ""
    is_valid: bool = True

    @property
    def organism(self) -> str:
        """Organism of the closest relative; empty if there is none."""
        return next(iter(self.organisms), "")

    @property
    def confidence(self) -> float:
        """Probability of that organism."""
        return self.organisms.get(self.organism, 0.0)

    @property
    def status(self) -> Status:
        """Called if there is an organism."""
        if not self.is_valid:
            return Status.INVALID
        return Status.CALLED if self.organisms else Status.UNKNOWN


def trace(
    library: Library, records: Sequence[Record], *, progress: Progress = no_progress
) -> list[TraceResult]:
    """Trace records to the organisms of a library; an invalid record never stops the others.

    Confidences are those of a model in which all bases change at one rate, estimated for each query
    from its closest relative. On fragments of simulated strains they are calibrated with the
    encoder translated, and too high with the encoder count (docs/tracing.md has the figures). They
    refer to the loaded organisms: a query from another one is traced to its closest relative, and
    `identity` says how close that is.

    Parameters
    ----------
    progress
        Called with the number of records done, and of all.

    Returns
    -------
    list of TraceResult
        In the order of the records.

    Raises
    ------
    LibraryError
        If the library is empty.
    """
    try:
        return list(_trace(library, records, progress))
    except EncoderReplaced:
        return trace(library.reopened(), records, progress=progress)


def _trace(
    library: Library, records: Sequence[Record], progress: Progress
) -> Iterator[TraceResult]:
    """Trace one batch after the other; the next one is searched for meanwhile."""
    batches = list(iter_batches(records, _BATCH_SIZE))
    search = partial(_BatchTracer, library)
    done = count(1)
    for batch, tracer in zip(batches, in_stages(batches, _valid_residues, search), strict=True):
        indices = count()
        for record in batch:
            name, length = query_name(record), record.length
            if record.problem is not None:
                yield TraceResult(name, length, problem=record.problem.message, is_valid=False)
            else:
                yield tracer.result(name, next(indices))
            progress("Tracing", next(done), len(records))


def _valid_residues(records: Sequence[Record]) -> list[str]:
    return [record.residues for record in records if record.problem is None]


class _BatchTracer:
    """Queries with their candidates of every organism, searched in two steps.

    A fragment may find its gene in one organism and miss it in another; the complete gene then
    finds its counterparts in all organisms.
    """

    def __init__(self, library: Library, sequences: Sequence[str]) -> None:
        self._library = library
        self._organisms = library.organism_names()
        self._genes = library.count_genes()
        self._lengths = [len(sequence) for sequence in sequences]
        self._queries = [QueryKmers(sequence) for sequence in sequences]
        self._residues: dict[int, str] = {}
        self._kmers: dict[int, NDArray[np.int64]] = {}
        self._candidates = self._search(sequences)
        self._add_counterparts()

    def result(self, name: str, index: int) -> TraceResult:
        """Return the result of the query at an index."""
        closest = self._find_closest(index)
        if not self._has_relative(index, closest):
            return TraceResult(name, self._lengths[index], problem=_NO_RELATIVE)
        closeness = self._queries[index].closeness([shared for shared, _ in closest.values()])
        probabilities = dict(zip(closest, closeness.probabilities.tolist(), strict=True))
        ranked = sorted(probabilities, key=lambda organism: -probabilities[organism])
        return TraceResult(
            query=name,
            length=self._lengths[index],
            organisms={organism: probabilities[organism] for organism in ranked},
            closest={organism: closest[organism][1] for organism in ranked},
            identity=closeness.identity,
        )

    def _add_counterparts(self) -> None:
        """Add the nearest sequences, in every organism, to the closest one of each query."""
        anchors: dict[int, int] = {}
        for index in range(len(self._queries)):
            if closest := self._find_closest(index):
                _, anchor = max(closest.values(), key=lambda shared_hit: shared_hit[0])
                anchors[index] = anchor.id
        genes = list(dict.fromkeys(anchors.values()))
        hits = self._search([self._residues[gene] for gene in genes])
        counterparts = dict(zip(genes, hits, strict=True))
        for index, gene in anchors.items():
            self._candidates[index] += counterparts[gene]

    def _search(self, sequences: Sequence[str]) -> list[list[Hit]]:
        """Return the nearest hits in each organism for each sequence, and load their k-mers."""
        candidates: list[list[Hit]] = [[] for _ in sequences]
        vectors = _encode_queries(self._library.encoder, sequences)
        for organism in self._organisms:
            nearest = self._library.search_vectors(vectors, organisms=[organism], limit=CANDIDATES)
            for known, hits in zip(candidates, nearest, strict=True):
                known.extend(hits)
        ids = {hit.id for hits in candidates for hit in hits} - self._kmers.keys()
        residues = self._library.residues(list(ids))
        self._residues |= residues
        self._kmers |= {id_: find_kmers(sequence) for id_, sequence in residues.items()}
        return candidates

    def _find_closest(self, index: int) -> dict[str, tuple[int, Hit]]:
        """Return the closest candidate of each organism, with the number of shared k-mers."""
        closest: dict[str, tuple[int, Hit]] = {}
        for hit in self._candidates[index]:
            if hit.id in self._kmers:  # Otherwise it was removed after the search.
                shared = self._queries[index].count_shared(self._kmers[hit.id])
                if shared > closest.get(hit.organism, (0, hit))[0]:
                    closest[hit.organism] = shared, hit
        return closest

    def _has_relative(self, index: int, closest: Mapping[str, tuple[int, Hit]]) -> bool:
        """Return whether the closest candidate shares more k-mers than chance explains."""
        if not closest:
            return False
        shared, hit = max(closest.values(), key=lambda shared_hit: shared_hit[0])
        chance = self._queries[index].chance_of_sharing(shared, self._kmers[hit.id])
        return self._genes * chance <= _MAX_EXPECTED


def _encode_queries(encoder: Encoder, sequences: Sequence[str]) -> Vectors:
    if isinstance(encoder, TranslatedEncoder):
        return encoder.encode_query_profiles(encoder.profiles(sequences), _POSTINGS)
    return encoder.encode_queries(sequences)
