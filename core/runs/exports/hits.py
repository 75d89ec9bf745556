"""Hits of a run: their sequences, BLAST's tabular format, and their alignments as text."""

from collections.abc import Iterator, Mapping, Sequence

from core.alignment.explanation import GeneSource
from core.alignment.pairwise import Alignment, format_alignment, format_evalue
from core.calls import Call, Status, confidence_percent
from core.classification.prediction import Hit
from core.runs.alignments import Alignments
from core.runs.blast_table import format_blast_table, sequence_id
from core.runs.exports.downloads import Download, make_download
from core.runs.exports.fasta import wrap_residues
from core.runs.run import Run
from core.sequences.families import family_name


def export_hits_fasta(run: Run, calls: Sequence[Call], genes: GeneSource) -> Download:
    """Export every gene that is a hit, once, with organism and family in the header.

    Genes whose residues are lost are left out.

    Raises
    ------
    StoreError
        If the residues cannot be read.
    """
    hits = {hit.id: hit for call in calls for hit in call.hits}
    residues = genes.residues(list(hits))
    entries = (
        f">{_header(hit, run.families)}\n{wrap_residues(residues[hit.id])}"
        for hit in hits.values()
        if hit.id in residues
    )
    return make_download(run, "_hits.fasta", "text/x-fasta", "".join(entries))


def export_blast_table(run: Run, calls: Sequence[Call], alignments: Alignments) -> Download:
    """Export the hits in BLAST's tabular format; see :func:`.format_blast_table`."""
    return make_download(run, "_blast6.txt", "text/plain", format_blast_table(calls, alignments))


def export_alignments(run: Run, calls: Sequence[Call], alignments: Alignments) -> Download:
    """Export the alignments as text, letter by letter, best hit first."""
    lines = [line for index in range(len(calls)) for line in _query(run, calls, index, alignments)]
    return make_download(run, "_alignments.txt", "text/plain", "\n".join(lines))


def describe_alignment(alignment: Alignment) -> str:
    """Return the positions and figures of an alignment in a line.

    The hit is not named, as its name may need to be escaped.
    """
    letters = "residues" if alignment.frame else "bases"
    strand = "forward" if alignment.strand == "+" else "reverse"
    frame = f", frame {alignment.frame}" if alignment.frame else ""
    note = "" if alignment.significant else "; not significant"
    return (
        f"identity {alignment.identity:.0%}, query coverage {alignment.query_coverage:.0%}, hit"
        f" coverage {alignment.hit_coverage:.0%}, E-value {format_evalue(alignment.evalue)},"
        f" {alignment.bits:,.0f} bits; query {alignment.query_start:,} to"
        f" {alignment.query_end:,}, {strand} strand{frame}; hit {letters}"
        f" {alignment.hit_start:,} to {alignment.hit_end:,}{note}"
    )


def _header(hit: Hit, families: Mapping[int, str]) -> str:
    """Return a header that GeneKin itself reads organism and family from."""
    family = family_name(families, hit.family)
    words = f"[organism={hit.organism}] [gene_family={family}]"
    return f"{sequence_id(hit.name)} {' '.join(words.split())}"


def _query(run: Run, calls: Sequence[Call], index: int, alignments: Alignments) -> Iterator[str]:
    call = calls[index]
    aligned = [
        (hit, alignments[index, hit.id]) for hit in call.hits if (index, hit.id) in alignments
    ]
    if not aligned:
        return
    answer = call.status.value
    if call.status is Status.CALLED:
        answer = f"{_line(call.family)}, confidence {confidence_percent(call.confidence)}"
    yield f"Query: {_line(call.query)}, {call.length:,} bp: {answer}"
    yield ""
    for hit, alignment in aligned:
        family = _line(family_name(run.families, hit.family))
        yield f"Hit: {_line(hit.name)}, {_line(hit.organism)}, {family}"
        yield describe_alignment(alignment)
        yield ""
        yield format_alignment(alignment)


def _line(text: str) -> str:
    """Return text of unknown origin on one line."""
    return " ".join(text.split())
