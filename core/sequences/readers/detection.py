"""Format detection: from the bytes of a file to its rows, by content and never by name.

The steps stand in this order because each protects the next: unpack within limits, refuse known
unsupported formats, decode, and only then read rows.
"""

import re
from dataclasses import replace

from core.errors import InputError
from core.sequences.alphabet import (
    find_invalid_character,
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
    COLUMN_WORDS,
    FAMILY_WORDS,
    SEQUENCE_WORDS,
    canonical_header,
    read_rows,
    sniff_delimiter,
    split_header,
)
from core.sequences.readers.unsupported import refuse_binary_format, refuse_text_format
from core.sequences.source_file import Format, Row, SourceFile

_SAMPLE_LENGTH = 2_000
_GENBANK_NUMBER = re.compile(r"(?m)^[ \t]*\d+(?=(?:[ \t]+[A-Za-z]+)+[ \t]*$)")
"""The number before each line of bases in a GenBank listing."""
_FORMATS_HINT = "Use FASTA, FASTQ, Excel, or a table whose first line names its columns."


def read_files(
    data: bytes, name: str, limits: Limits, *, sheet: str | None = None
) -> list[SourceFile]:
    """Return the files of an upload, each with its rows.

    Parameters
    ----------
    data
        FASTA, FASTQ, a table (tab, comma or semicolon), Excel, or family names; plain, gzipped, or
        several in a zip.
    name
        Its file name, for messages only.
    sheet
        The sheet of an Excel file to read; the first if None.

    Returns
    -------
    list of SourceFile
        One, or one for each file of a zip. A file of a zip that cannot be read is among them, as
        unreadable, with the reason in its notes.

    Raises
    ------
    InputError
        If nothing of it can be read.
    """
    members = unpack(data, name, limits)
    if len(members) == 1:
        return [read_member(members[0], limits, sheet)]
    files, errors = [], []
    for member in members:
        try:
            files.append(read_member(member, limits, None))
        except InputError as error:
            errors.append(error)
            files.append(SourceFile(member.label, Format.UNREADABLE, notes=(str(error),)))
    if len(errors) == len(files):
        raise errors[0]
    return files


def read_family_names(file: SourceFile) -> dict[int, str]:
    """Return names by class number, of a file with two columns.

    Raises
    ------
    InputError
        Naming the invalid line.
    """
    rows = file.rows
    if file.format is not Format.FAMILIES:  # A first line taken for a header must be valid too.
        rows = (Row(1, file.header), *rows)
    return collect_families(((row.line, row.cells) for row in rows), file.name)


def read_member(member: Member, limits: Limits, sheet: str | None = None) -> SourceFile:
    """Read one unpacked file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    data, source = member.data, member.label
    if is_workbook(data):
        check_workbook(data, source, limits)
        read = read_sheet(data, source, limits, sheet)
        try:
            file = make_table(read.rows, source, Format.EXCEL)
        except InputError as error:  # The records may be in another sheet.
            raise InputError(error.message, " ".join([error.hint, *read.notes])) from None
        return replace(file, notes=(*file.notes, *read.notes), sheets=read.sheets)
    refuse_binary_format(data, source)
    text = decode(data, source)
    file = _read_text(text, source, limits)
    return replace(file, notes=(text.note, *file.notes)) if text.note else file


def _read_text(text: Text, source: str, limits: Limits) -> SourceFile:
    text_format, delimiter = detect_text(text.beginning(), source)
    if text_format is Format.FASTA:
        rows = read_fasta(text.lines(), source, limits)
    elif text_format is Format.FASTQ:
        rows = read_fastq(text.lines(), source, limits)
    elif text_format is Format.BARE:
        return _read_bare(text.lines().read(), source)
    else:
        table = read_rows(text.lines(), delimiter, source, limits)
        return make_table(table, source, text_format)
    return SourceFile(source, text_format, HEADER, tuple(rows))


def detect_text(beginning: str, source: str) -> tuple[Format, str]:
    """Return the format of a text, and the delimiter of a table; else an empty string.

    Parameters
    ----------
    beginning
        Its beginning, from the first line that is not blank.

    Raises
    ------
    InputError
        If it is empty, or in a format that is not supported.
    """
    if not beginning:
        raise InputError(f"{source} is empty.", _FORMATS_HINT)
    refuse_text_format(beginning, source)
    first = beginning.lstrip()[:1]
    if first == ">":
        return Format.FASTA, ""
    if first == "@" and is_fastq(beginning):
        return Format.FASTQ, ""
    delimiter = sniff_delimiter(beginning)
    first_line = beginning.lstrip().partition("\n")[0]
    if delimiter is None and canonical_header(first_line) not in SEQUENCE_WORDS:
        return Format.BARE, ""
    return Format.TABLE, delimiter or "\t"


def _read_bare(text: str, source: str) -> SourceFile:
    """Read a sequence without a header, in any number of lines."""
    body = text.lstrip()
    line = 1 + text.count("\n", 0, len(text) - len(body))
    body = _GENBANK_NUMBER.sub("", body)
    if (end := body.find("\n>")) >= 0:
        header_line = line + body.count("\n", 0, end) + 1
        message = f"{source}, line {header_line:,}: FASTA header after a sequence without one."
        raise InputError(message, "Start with a header line, such as '>gene1'.")
    if not _is_sequence(normalise(body[:_SAMPLE_LENGTH])):
        message = f"{source} is not a supported format: no FASTA, FASTQ, table or DNA sequence."
        raise InputError(message, _FORMATS_HINT)
    return SourceFile(source, Format.BARE, HEADER, (Row(line, ("", body)),))


def _is_sequence(letters: str) -> bool:
    """Return True if a text is meant as a sequence, valid or not."""
    is_dna = find_invalid_character(letters) is None
    return is_dna or is_mostly_dna(letters) or looks_like_protein(letters)


def make_table(rows: list[Row], source: str, table_format: Format) -> SourceFile:
    """Return the table of some rows, or the names of families if they are such.

    Raises
    ------
    InputError
        If there are no rows, or none but a header.
    """
    if not rows:
        raise InputError(f"{source} is empty.", _FORMATS_HINT)
    if family_rows := _find_family_rows(rows):
        return SourceFile(source, Format.FAMILIES, ("class", "gene_family"), family_rows)
    header, records = split_header(rows)
    if not records:
        raise InputError(f"{source} has a header but no records.", _FORMATS_HINT)
    return SourceFile(source, table_format, header, tuple(records), _header_notes(rows, records))


def _header_notes(rows: list[Row], records: list[Row]) -> tuple[str, ...]:
    """Return a note if the first line was no header, or if it may be a record."""
    if len(records) == len(rows):
        return ("No header: the first line contains DNA and was read as a record.",)
    cells = rows[0].cells
    if COLUMN_WORDS.isdisjoint(map(canonical_header, cells)):
        names = ", ".join(repr(cell[:40]) for cell in cells[:5])
        return (f"The first line was read as the names of the columns: {names}.",)
    return ()


def _find_family_rows(rows: list[Row]) -> tuple[Row, ...]:
    """Return the rows without header, if each is a class number and a name that is no DNA."""
    first = rows[0].cells[0]
    has_header = class_number(first) is None and canonical_header(first) in FAMILY_WORDS
    family_rows = tuple(rows[1:] if has_header else rows)
    return family_rows if all(map(_is_family_row, family_rows)) else ()


def _is_family_row(row: Row) -> bool:
    if len(row.cells) != 2 or class_number(row.cells[0]) is None:
        return False
    return any(map(str.isalpha, row.cells[1])) and not looks_like_dna(row.cells[1])
