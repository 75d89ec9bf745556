"""From an upload's bytes to its records as written: what it is, told from its content.

The steps stand in this order because each protects the next: unpack within bounds, refuse what is
known to be something else, decode, and only then read rows.
"""

import re
from dataclasses import replace

from core.errors import InputError
from core.sequences.alphabet import (
    first_outsider,
    is_mostly_dna,
    looks_like_dna,
    looks_like_protein,
    normalise,
)
from core.sequences.families import class_number, collect_families
from core.sequences.limits import Limits
from core.sequences.readers.archives import Member, check_workbook, is_workbook, unpack
from core.sequences.readers.encoding import Text, decode
from core.sequences.readers.excel import read_sheet
from core.sequences.readers.fasta import HEADER, is_fastq, read_fasta, read_fastq
from core.sequences.readers.tables import (
    FAMILY_WORDS,
    SEQUENCE_WORDS,
    read_rows,
    sniff_delimiter,
    split_header,
    word,
)
from core.sequences.readers.unsupported import refuse_beginning, refuse_magic
from core.sequences.upload import Format, Row, Upload

_BEGINNING = 2_000
_GENBANK_NUMBER = re.compile(r"(?m)^[ \t]*\d+(?=(?:[ \t]+[A-Za-z]+)+[ \t]*$)")
"""What stands before each line of bases in a GenBank listing."""
_EXAMPLE_HINT = "Give FASTA, FASTQ, Excel, or a table whose first line names its columns."


def read_upload(
    data: bytes, name: str, limits: Limits, *, sheet: str | None = None
) -> list[Upload]:
    """The files of an upload, each with its rows.

    Parameters
    ----------
    data
        FASTA, FASTQ, a table (tab, comma or semicolon), Excel, or family names; plain, gzipped, or
        several in a zip.
    name
        Its file name: for messages only.
    sheet
        Which sheet of an Excel file; the first if None.

    Returns
    -------
    list of Upload
        One, or one for each file of a zip. A file of a zip that cannot be read is among them, as
        unreadable, with the reason in its notes.

    Raises
    ------
    InputError
        If nothing of it can be read.
    """
    members = unpack(data, name, limits)
    if len(members) == 1:
        return [_read(members[0], limits, sheet)]
    uploads, reasons = [], []
    for member in members:
        try:
            uploads.append(_read(member, limits, None))
        except InputError as error:
            reasons.append(error)
            uploads.append(Upload(member.label, Format.UNREADABLE, notes=(str(error),)))
    if len(reasons) == len(uploads):
        raise reasons[0]
    return uploads


def read_families(upload: Upload) -> dict[int, str]:
    """Class numbers and their names, of an upload with two columns.

    Raises
    ------
    InputError
        Naming the line that cannot be read.
    """
    rows = upload.rows
    if upload.format is not Format.FAMILIES:  # What was taken for a header must name one too.
        rows = (Row(1, upload.header), *rows)
    return collect_families(((row.line, row.cells) for row in rows), upload.name)


def _read(member: Member, limits: Limits, sheet: str | None) -> Upload:
    data, source = member.data, member.label
    if is_workbook(data):
        check_workbook(data, source, limits)
        rows, sheets = read_sheet(data, source, limits, sheet)
        return _table(rows, source, Format.EXCEL, sheets=sheets)
    refuse_magic(data, source)
    text = decode(data, source)
    upload = _read_text(text, source, limits)
    return replace(upload, notes=(text.note, *upload.notes)) if text.note else upload


def _read_text(text: Text, source: str, limits: Limits) -> Upload:
    beginning = text.beginning()
    if not beginning:
        raise InputError(f"{source} is empty.", _EXAMPLE_HINT)
    refuse_beginning(beginning, source)
    first = beginning.lstrip()[:1]
    if first == ">":
        rows = read_fasta(text.lines(), source, limits)
        return Upload(source, Format.FASTA, HEADER, tuple(rows))
    if first == "@" and is_fastq(beginning):
        rows = read_fastq(text.lines(), source, limits)
        return Upload(source, Format.FASTQ, HEADER, tuple(rows))
    delimiter = sniff_delimiter(beginning)
    if delimiter is None and word(beginning.lstrip().partition("\n")[0]) not in SEQUENCE_WORDS:
        return _bare(text.lines().read(), source)
    rows = read_rows(text.lines(), delimiter or "\t", source, limits)
    return _table(rows, source, Format.TABLE)


def _bare(text: str, source: str) -> Upload:
    body = text.lstrip()
    line = 1 + text.count("\n", 0, len(text) - len(body))
    body = _GENBANK_NUMBER.sub("", body)
    if (at := body.find("\n>")) >= 0:
        place = line + body.count("\n", 0, at) + 1
        message = f"{source}, line {place:,}: a FASTA header stands after text that has none."
        raise InputError(message, "Begin with a line like '>my gene'.")
    if not _is_sequence(normalise(body[:_BEGINNING])):
        message = f"{source} is neither FASTA, nor FASTQ, nor a table, nor a sequence."
        raise InputError(message, _EXAMPLE_HINT)
    return Upload(source, Format.BARE, HEADER, (Row(line, ("", body)),))


def _is_sequence(letters: str) -> bool:
    """Whether it is meant as a sequence, whether or not it can be used."""
    read = first_outsider(letters) is None
    return read or is_mostly_dna(letters) or looks_like_protein(letters)


def _table(rows: list[Row], source: str, found: Format, sheets: tuple[str, ...] = ()) -> Upload:
    if not rows:
        raise InputError(f"{source} is empty.", _EXAMPLE_HINT)
    if named := _family_rows(rows):
        return Upload(source, Format.FAMILIES, ("class", "gene_family"), named, (), sheets)
    header, records = split_header(rows)
    if not records:
        message = f"{source} has a header, and no records under it."
        raise InputError(message, _EXAMPLE_HINT)
    notes = []
    if records[0] is rows[0]:
        notes.append("Its first line holds DNA, so it was read as a record and not as a header.")
    if len(sheets) > 1:
        notes.append(f"It has {len(sheets)} sheets: {', '.join(sheets)[:200]}.")
    return Upload(source, found, header, tuple(records), tuple(notes), sheets)


def _family_rows(rows: list[Row]) -> tuple[Row, ...]:
    """The rows under the header, if each is a class number and a name that is no DNA."""
    header = class_number(rows[0].cells[0]) is None and word(rows[0].cells[0]) in FAMILY_WORDS
    named = tuple(rows[1:] if header else rows)
    return named if all(map(_names_a_family, named)) else ()


def _names_a_family(row: Row) -> bool:
    if len(row.cells) != 2 or class_number(row.cells[0]) is None:
        return False
    return any(map(str.isalpha, row.cells[1])) and not looks_like_dna(row.cells[1])
