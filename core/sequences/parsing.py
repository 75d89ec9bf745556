"""From text to queries: FASTA, a table with a column ``sequence``, or one bare sequence.

A record that cannot be used is not dropped: it comes out in its place with its problem, so that
one bad record never stops the others and nothing disappears in silence.
"""

import io
import re
from collections.abc import Iterator
from itertools import pairwise

from Bio.SeqIO.FastaIO import SimpleFastaParser  # dnaio refuses names that are not ASCII

from core.errors import InputError
from core.sequences.alphabet import normalise
from core.sequences.checking import find_fault, line_of
from core.sequences.records import MAX_NAME, Problem, Record

SEQUENCE_COLUMN = "sequence"
_GENBANK_LINE = re.compile(r"^\s*\d+((?:\s+[A-Za-z]+)+)\s*$")


def parse(text: str, source: str, max_bases: int) -> list[Record]:
    """The records of a text, its format told from its content.

    Parameters
    ----------
    text
        FASTA, a table of which a column is called ``sequence``, or one bare sequence.
    source
        Where it came from, for messages.
    max_bases
        Longest sequence that can be used.

    Returns
    -------
    list of Record
        In the order of the text, those with a problem among them.

    Raises
    ------
    InputError
        If the text as a whole cannot be read.
    """
    if not text.strip():
        message = f"{source} is empty."
        raise InputError(message, "Give a DNA sequence, FASTA, or a table with its header.")
    first = next(line for line in text.split("\n") if line.strip())
    fasta = first.startswith(">")
    if not fasta and ("\t" in first.strip() or first.strip().lower() == SEQUENCE_COLUMN):
        return list(_table(text, source, max_bases))
    if fasta:
        return list(_fasta(text, max_bases))
    return [_bare(text, source, max_bases)]


def _fasta(text: str, max_bases: int) -> Iterator[Record]:
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines, start=1) if line.startswith(">")]
    entries = SimpleFastaParser(io.StringIO(text))
    spans = pairwise([*starts, len(lines) + 1])
    for position, ((title, body), (start, end)) in enumerate(zip(entries, spans, strict=True), 1):
        name = (title.split() or [""])[0][:MAX_NAME]
        body_lines = list(enumerate(lines[start : end - 1], start=start + 1))
        yield _record(name, body, position, start, max_bases, body_lines=body_lines)


def _table(text: str, source: str, max_bases: int) -> Iterator[Record]:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    header = [cell.strip().lower() for cell in lines[0][1].split("\t")]
    if SEQUENCE_COLUMN not in header:
        message = f"{source}, line {lines[0][0]}: the header has no column 'sequence'."
        raise InputError(message, "Add it as the first line; it names the columns.")
    if len(lines) == 1:
        message = f"{source} has a header, and no records under it."
        raise InputError(message)
    for position, (number, line) in enumerate(lines[1:], start=1):
        cells = line.split("\t")
        if len(cells) != len(header):
            what = f"has {len(cells)} columns where the header has {len(header)}"
            yield _broken(position, number, "columns", what)
            continue
        row = dict(zip(header, cells, strict=True))
        yield _record("", row[SEQUENCE_COLUMN], position, number, max_bases)


def _bare(text: str, source: str, max_bases: int) -> Record:
    lines = [
        (number, match.group(1) if (match := _GENBANK_LINE.match(line)) else line)
        for number, line in enumerate(text.split("\n"), start=1)
    ]
    header = next((number for number, line in lines if line.startswith(">")), None)
    if header:
        message = f"{source}, line {header}: a FASTA header stands after text that has none."
        raise InputError(message, "Begin with a line like '>my gene', or give one bare sequence.")
    start = next(number for number, line in lines if line.strip())
    body = "".join(line for _, line in lines)
    return _record("", body, 1, start, max_bases, body_lines=lines)


def _record(
    name: str,
    body: str,
    position: int,
    line: int,
    max_bases: int,
    *,
    body_lines: list[tuple[int, str]] | None = None,
) -> Record:
    """A record with its sequence checked; `body_lines` are (number, text), to place an error."""
    residues = normalise(body)
    problem = None
    if fault := find_fault(residues, max_bases):
        where = line
        if body_lines and fault.offset is not None:
            where = line_of(fault.offset, body_lines)
        problem = _problem(position, where, fault.code, fault.what)
    return Record(name, residues, position, line, None, problem)


def _broken(position: int, line: int, code: str, what: str) -> Record:
    problem = _problem(position, line, code, what)
    return Record("", "", position, line, None, problem)


def _problem(position: int, line: int, code: str, what: str) -> Problem:
    return Problem(code, f"Record {position:,} (line {line:,}) {what}.")
