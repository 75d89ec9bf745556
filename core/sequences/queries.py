"""From what a person asks with, pasted or in a file, to queries.

A record that cannot be used is not dropped: it comes out in its place with its problem, so that
one bad record never stops the others and nothing disappears in silence.
"""

from core.sequences.alphabet import normalise
from core.sequences.checks import find_fault, line_of
from core.sequences.layout import propose, read_entries
from core.sequences.limits import Limits
from core.sequences.readers.detection import read_upload
from core.sequences.records import Problem, Record, record_name
from core.sequences.upload import Entry, Format, Upload


def read_queries(data: bytes, source: str, limits: Limits) -> list[Record]:
    """The queries of a file or of a pasted text, whatever format it has.

    Parameters
    ----------
    data
        All that :func:`core.sequences.readers.detection.read_upload` understands; families are left aside.
    source
        What it is called: for messages only.

    Returns
    -------
    list of Record
        In the order in which they stand, those with a problem among them.

    Raises
    ------
    InputError
        If it cannot be read as a whole.
    """
    uploads = read_upload(data, source, limits)
    read = [upload for upload in uploads if upload.format is not Format.UNREADABLE]
    return [record for upload in read for record in _queries(upload, limits.max_record_bases)]


def read_text_queries(text: str, source: str, limits: Limits) -> list[Record]:
    """As :func:`read_queries`, of text."""
    return read_queries(text.encode(errors="replace"), source, limits)


def _queries(upload: Upload, max_bases: int) -> list[Record]:
    return [_query(entry, max_bases) for entry in read_entries(upload, propose(upload))]


def _query(entry: Entry, max_bases: int) -> Record:
    residues = normalise(entry.body)
    problem = entry.problem or _problem(entry, residues, max_bases)
    name = record_name(entry.name)
    return Record(name, residues, entry.position, entry.line, None, problem)


def _problem(entry: Entry, residues: str, max_bases: int) -> Problem | None:
    fault = find_fault(residues, max_bases)
    if fault is None:
        return None
    line = entry.line
    if fault.offset is not None:
        lines = enumerate(entry.body.split("\n"), start=entry.body_line)
        line = line_of(fault.offset, list(lines))
    return Problem(fault.code, f"Record {entry.position:,} (line {line:,}) {fault.what}.")
