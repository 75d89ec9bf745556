"""Alignments of many queries with their hits, for files."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from core.alignment.explanation import GeneSource, explain_hits
from core.alignment.pairwise import Alignment
from core.calls import Call
from core.classification.prediction import Hit
from core.progress import Progress, no_progress

Alignments = Mapping[tuple[int, int], Alignment]
"""Alignments by the index of the call and the id of the hit."""


def align_hits(
    source: GeneSource,
    residues: Sequence[str],
    calls: Sequence[Call],
    *,
    searched: int,
    closest_only: bool = False,
    limit: int | None = None,
    progress: Progress = no_progress,
) -> Alignments:
    """Align queries with their hits, the closest hit of every query first.

    Hits without any similarity, or without residues, have no alignment.

    Parameters
    ----------
    source
        Where the residues of the hits are.
    residues, calls
        The queries, and the call of each.
    searched
        Number of genes that were searched for hits, which E-values depend on.
    closest_only
        Align only the closest hit of every query.
    limit
        Maximum number of hits to align; all, if None.

    Raises
    ------
    StoreError
        If the residues of the hits cannot be read.
    """
    hits: dict[int, list[Hit]] = {}
    for index, hit in islice(_hits_to_align(calls, closest_only=closest_only), limit):
        hits.setdefault(index, []).append(hit)
    alignments: dict[tuple[int, int], Alignment] = {}
    for done, (index, wanted) in enumerate(hits.items()):
        progress("Aligning", done, len(hits))
        genes = source.residues([hit.id for hit in wanted])
        found = explain_hits(residues[index], calls[index], wanted, genes, searched=searched)
        alignments |= {(index, alignment.hit.id): alignment for alignment in found.alignments}
    progress("Aligning", len(hits), len(hits))
    return alignments


def _hits_to_align(calls: Sequence[Call], *, closest_only: bool) -> Iterator[tuple[int, Hit]]:
    for index, call in enumerate(calls):
        if call.closest:
            yield index, call.closest
    for index, call in enumerate(() if closest_only else calls):
        for hit in call.hits:
            if hit is not call.closest:
                yield index, hit
