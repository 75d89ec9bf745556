"""Hits in the tabular format of BLAST (``-outfmt 6``), which many programs read."""

import re
from collections.abc import Iterator, Sequence

from core.alignment.pairwise import Alignment
from core.alignment.scoring import GAP
from core.calls import Call
from core.runs.alignments import Alignments

BLAST_COLUMNS = (
    "qseqid",
    "sseqid",
    "pident",
    "length",
    "mismatch",
    "gapopen",
    "qstart",
    "qend",
    "sstart",
    "send",
    "evalue",
    "bitscore",
)
"""Columns in order; the format has no header line."""

_GAPS = re.compile(f"{re.escape(GAP)}+")


def format_blast_table(calls: Sequence[Call], alignments: Alignments) -> str:
    """Format the alignments of hits, best hit first, with a line each.

    Residues are written as by blastx: positions on the query are bases, and descend on the reverse
    strand; positions on the hit are residues of its longest ORF. Bases are written as by blastn:
    positions on the hit descend.
    """
    return "".join(
        "\t".join(map(str, _values(call, alignment))) + "\n"
        for call, alignment in _aligned(calls, alignments)
    )


def sequence_id(name: str) -> str:
    """Return a name as the single word that a FASTA header starts with.

    >>> sequence_id("my gene")
    'my_gene'
    """
    return "_".join(name.split())


def _aligned(calls: Sequence[Call], alignments: Alignments) -> Iterator[tuple[Call, Alignment]]:
    for index, call in enumerate(calls):
        for hit in call.hits:
            if alignment := alignments.get((index, hit.id)):
                yield call, alignment


def _values(call: Call, alignment: Alignment) -> Iterator[str | int]:
    columns = len(alignment.query_letters)
    sequences = (alignment.query_letters, alignment.hit_letters)
    matches = round(alignment.identity * columns)
    gaps = sum(sequence.count(GAP) for sequence in sequences)
    query = (alignment.query_start, alignment.query_end)
    hit = (alignment.hit_start, alignment.hit_end)
    if alignment.strand == "-":
        if alignment.frame:
            query = query[::-1]
        else:
            hit = hit[::-1]
    yield sequence_id(call.query)
    yield sequence_id(alignment.hit.name)
    yield f"{100 * alignment.identity:.3f}"
    yield columns
    yield columns - matches - gaps
    yield sum(len(_GAPS.findall(sequence)) for sequence in sequences)
    yield from query
    yield from hit
    yield f"{alignment.evalue:.2e}" if alignment.evalue else "0.0"
    yield f"{alignment.bits:.1f}"
