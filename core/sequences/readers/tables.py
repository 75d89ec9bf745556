"""What people call the columns of their tables, most telling first.

Tables as text: which character parts their columns, and their rows.
"""

import csv
import io
import re
from collections.abc import Iterable
from itertools import islice

from core.errors import InputError
from core.sequences.alphabet import looks_like_dna
from core.sequences.limits import Limits
from core.sequences.upload import Row

SEQUENCE_WORDS = (
    "sequence", "seq", "dna", "dna sequence", "coding sequence", "cds", "nucleotide sequence",
    "nucleotides", "residues", "bases", "orf", "mrna", "cdna", "rna",
)  # fmt: skip
FAMILY_WORDS = (
    "class", "family", "gene family", "gene class", "family id", "family name", "label",
    "category", "group", "superfamily", "type", "target",
)  # fmt: skip
ORGANISM_WORDS = (
    "organism", "species", "organism name", "scientific name", "taxon", "genome", "strain",
)  # fmt: skip
NAME_WORDS = (
    "name", "id", "gene", "gene id", "gene name", "symbol", "gene symbol", "accession",
    "identifier", "sequence id", "sequence name", "seq id", "transcript id", "locus", "header",
    "title",
)  # fmt: skip


def word(cell: str) -> str:
    """The name of a column without the differences that mean nothing.

    >>> word(" Gene_Family ")
    'gene family'
    """
    return re.sub(r"[\s_.-]+", " ", cell).strip().casefold()


DELIMITERS = ("\t", ",", ";")
REASON_HEADER = ("reason", "line")
"""How the header of rejected records begins; see :mod:`core.sequences.report`."""
_SAMPLE_CHARACTERS, _SAMPLE_ROWS = 200_000, 50
_FORMULA = ("=", "+", "-", "@")

# A sequence is one cell; the csv module refuses cells of more than 131,072 characters. How large
# a cell can be is bounded by the size of the upload.
csv.field_size_limit(2**31 - 1)


def sniff_delimiter(beginning: str) -> str | None:
    r"""The character that parts the columns: the one that parts most rows as it parts the first.

    Examples
    --------
    >>> sniff_delimiter("name;sequence\na,b;ACGT\n"), sniff_delimiter("ACGT\nACGT\n")
    (';', None)
    """
    shares = {delimiter: _share_of_equal_rows(beginning, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=shares.__getitem__)
    return best if shares[best] else None


def read_rows(lines: Iterable[str], delimiter: str, source: str, limits: Limits) -> list[Row]:
    """All rows that are not blank, the header among them.

    Raises
    ------
    InputError
        If quotation marks are not balanced, or there are too many rows or columns.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows: list[Row] = []
    end = 0
    try:
        for cells in reader:
            start, end = end + 1, reader.line_num
            if has_content(cells):
                rows.append(Row(start, tuple(cells)))
                check_extent(len(rows), rows[-1], source, limits)
    except csv.Error:
        message = f"{source}, line {end + 1:,}: a quotation mark is opened and not closed."
        hint = "Close it, or take the quotation marks out, then give the file again."
        raise InputError(message, hint) from None
    return rows


def has_content(cells: Iterable[str]) -> bool:
    """Whether any cell has more than white space."""
    return any(cell and not cell.isspace() for cell in cells)


def check_extent(count: int, row: Row, source: str, limits: Limits) -> None:
    """Check the number of rows so far, and the last one, against the limits.

    Raises
    ------
    InputError
        If there are too many rows, or too many columns.
    """
    columns = len(row.cells)
    if columns > limits.max_columns:
        message = f"{source}, line {row.line:,}: {columns:,} columns are too many."
        hint = f"At most {limits.max_columns:,} are read; keep those with sequence and family."
        raise InputError(message, hint)
    check_records(count - 1, source, limits)


def check_records(count: int, source: str, limits: Limits) -> None:
    """Check the number of records so far.

    Raises
    ------
    InputError
        If there are too many.
    """
    if count > limits.max_records:
        message = f"{source} has more than {limits.max_records:,} records."
        raise InputError(message, "Split it into smaller files, or raise GENEKIN_MAX_RECORDS.")


def split_header(rows: list[Row]) -> tuple[tuple[str, ...], list[Row]]:
    """Names for the columns, and the records; a first row that holds DNA is no header."""
    first = rows[0].cells
    if any(map(looks_like_dna, first)):
        return tuple(f"column {number}" for number in range(1, len(first) + 1)), rows
    header = tuple(cell.strip() for cell in first)
    records = rows[1:]
    if tuple(cell.lower() for cell in header[: len(REASON_HEADER)]) == REASON_HEADER:
        records = [Row(row.line, tuple(map(unescape_formula, row.cells))) for row in records]
    return header, records


def escape_formula(cell: str) -> str:
    """The cell as no spreadsheet runs it.

    >>> escape_formula("=1+1"), escape_formula("gene")
    ("'=1+1", 'gene')
    """
    return f"'{cell}" if cell.lstrip("' \t\r\n").startswith(_FORMULA) else cell


def unescape_formula(cell: str) -> str:
    """What :func:`escape_formula` was given."""
    return cell[1:] if cell.startswith("'") and escape_formula(cell[1:]) == cell else cell


def _share_of_equal_rows(beginning: str, delimiter: str) -> float:
    """Of the first rows, the share with as many columns as the first; 0 where that has one."""
    sample = beginning[:_SAMPLE_CHARACTERS]
    if len(sample) < len(beginning) and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    reader = csv.reader(io.StringIO(sample), delimiter=delimiter)
    rows = list(islice(filter(has_content, reader), _SAMPLE_ROWS))
    widths = [len(cells) for cells in rows]
    if not widths or widths[0] < 2:
        return 0.0
    share = sum(width == widths[0] for width in widths) / len(widths)
    named = any(word(cell) in SEQUENCE_WORDS for cell in rows[0])
    return share if named or share >= 0.5 else 0.0
