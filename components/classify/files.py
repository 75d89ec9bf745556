"""Files of a run to download, made when they are asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock

from components.classify.submission import RunResult
from components.shared.palette import family_colour
from core.alignment.explanation import GeneSource
from core.runs.alignments import Alignments, align_hits
from core.runs.exports.downloads import Download, export_table
from core.runs.exports.excel import export_workbook
from core.runs.exports.fasta import export_fasta, export_fasta_by_family
from core.runs.exports.hits import export_alignments, export_blast_table, export_hits_fasta
from core.runs.exports.report import export_report
from core.runs.file_format import ENDING
from core.runs.file_writer import classification_fits, export_classification

MAX_ALIGNMENTS = 1_000
"""Hits that are aligned for the files of a run: as many as a person waits for."""


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of a run.

    Attributes
    ----------
    ending
        End of the file name.
    make
        Returns the file; it needs no session.
    """

    label: str
    ending: str
    make: Callable[[], Download]


class RunAlignments:
    """Alignments of a run with its hits, made once, when the first file needs them."""

    def __init__(self, result: RunResult, genes: GeneSource | None) -> None:
        self._result = result
        self._genes = genes
        self._lock = Lock()  # Every file is made in a thread of its own.
        self._made: Alignments | None = None

    def get(self) -> Alignments:
        """Return the alignments; none without the genes."""
        with self._lock:
            if self._made is None:
                self._made = self._align()
            return self._made

    def _align(self) -> Alignments:
        if self._genes is None:
            return {}
        return align_hits(
            self._genes,
            [query.residues for query in self._result.queries],
            self._result.calls,
            searched=self._result.run.searched_genes,
            limit=MAX_ALIGNMENTS,
        )


def list_files(
    result: RunResult, genes: GeneSource | None, alignments: RunAlignments, link: str
) -> Mapping[str, Sequence[RunFile]]:
    """Return the files of a run by title; without those of hits if there are none.

    Parameters
    ----------
    genes
        Where the residues of the hits are; None if the library of the run no longer exists.
    link
        Address of the run; may be empty.
    """
    files = {
        "Results": _result_files(result, alignments, link),
        "Hits": _hit_files(result, genes, alignments) if genes else [],
        "Your sequences": _query_files(result),
        "Whole run": [_run_file(result, genes)] if classification_fits(result.calls) else [],
    }
    return {title: group for title, group in files.items() if group}


def describe_limit(result: RunResult, genes: GeneSource | None) -> str:
    """Return a sentence in Markdown on hits that are not aligned in the files; may be empty."""
    if genes is None:
        return "The library no longer exists: files have no alignments, identities or E-values."
    hits = sum(len(call.hits) for call in result.calls)
    if hits <= MAX_ALIGNMENTS:
        return ""
    return (
        f"Files have identities, E-values and alignments of {MAX_ALIGNMENTS:,} of the {hits:,}"
        " hits, best hits first. For all, use the command line: `genekin classify --align`."
    )


def _result_files(result: RunResult, alignments: RunAlignments, link: str) -> list[RunFile]:
    run, calls = result.run, result.calls

    def table(file_format: str) -> Download:
        return export_table(run, calls, file_format, alignments.get())

    def workbook() -> Download:
        return export_workbook(run, calls, alignments.get(), link)

    def report() -> Download:
        return export_report(run, calls, alignments.get(), colour=family_colour, link=link)

    return [
        RunFile("Table (TSV)", ".tsv", partial(table, "tsv")),
        RunFile("Table (CSV)", ".csv", partial(table, "csv")),
        RunFile("Excel (XLSX)", ".xlsx", workbook),
        RunFile("All hits (JSON)", ".json", partial(table, "json")),
        RunFile("Report (HTML)", ".html", report),
    ]


def _hit_files(result: RunResult, genes: GeneSource, alignments: RunAlignments) -> list[RunFile]:
    run, calls = result.run, result.calls
    if not any(call.hits for call in calls):
        return []

    def blast_table() -> Download:
        return export_blast_table(run, calls, alignments.get())

    def text() -> Download:
        return export_alignments(run, calls, alignments.get())

    return [
        RunFile("Hits (FASTA)", "_hits.fasta", partial(export_hits_fasta, run, calls, genes)),
        RunFile("BLAST tabular (format 6)", "_blast6.txt", blast_table),
        RunFile("Alignments (text)", "_alignments.txt", text),
    ]


def _query_files(result: RunResult) -> list[RunFile]:
    run, calls, queries = result.run, result.calls, result.queries
    return [
        RunFile("Sequences (FASTA)", ".fasta", partial(export_fasta, run, queries, calls)),
        RunFile(
            "Sequences by family (ZIP)",
            "_by_family.zip",
            partial(export_fasta_by_family, run, queries, calls),
        ),
    ]


def _run_file(result: RunResult, genes: GeneSource | None) -> RunFile:
    make = partial(export_classification, result.run, result.calls, result.queries, genes)
    return RunFile("Run file (opens in any GeneKin)", ENDING, make)
