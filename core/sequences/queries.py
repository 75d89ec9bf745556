"""Queries from a file or a pasted text.

An invalid record is not dropped: it is returned in its position with its problem, so that one
invalid record never stops the others and none disappears silently.
"""

from core.sequences.alphabet import normalise
from core.sequences.checks import find_fault
from core.sequences.layout import Entry, propose_layout, read_entries
from core.sequences.limits import Limits
from core.sequences.readers.detection import read_files
from core.sequences.records import Problem, Record, clean_name
from core.sequences.source_file import Format


def read_queries(data: bytes, source: str, limits: Limits) -> list[Record]:
    """Return the queries of a file or of a pasted text, in any supported format.

    Parameters
    ----------
    data
        Everything that :func:`core.sequences.readers.detection.read_files` accepts; families are
        ignored.
    source
        Name of the file, for messages only.

    Returns
    -------
    list of Record
        In the order of the file, invalid ones included.

    Raises
    ------
    InputError
        If the file as a whole cannot be read.
    """
    return [
        _make_query(entry, limits.max_record_bases)
        for file in read_files(data, source, limits)
        if file.format is not Format.UNREADABLE
        for entry in read_entries(file, propose_layout(file))
    ]


def read_text_queries(text: str, source: str, limits: Limits) -> list[Record]:
    """Return the queries of a text, like :func:`read_queries`."""
    return read_queries(text.encode(errors="replace"), source, limits)


def _make_query(entry: Entry, max_bases: int) -> Record:
    residues = normalise(entry.body)
    problem = entry.problem or _find_problem(entry, residues, max_bases)
    name = clean_name(entry.name)
    return Record(name, residues, entry.position, entry.line, None, problem)


def _find_problem(entry: Entry, residues: str, max_bases: int) -> Problem | None:
    fault = find_fault(residues, max_bases)
    if fault is None:
        return None
    line = entry.line if fault.offset is None else entry.line_of_base(fault.offset)
    message = f"Record {entry.position:,} (line {line:,}) {fault.description}."
    return Problem(fault.code, message)
