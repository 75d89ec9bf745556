"""Tables as text: delimiter, rows and header, and the usual names of columns."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from core.errors import InputError, TooLargeError
from core.sequences.alphabet import looks_like_dna
from core.sequences.limits import Limits
from core.sequences.source_file import Row

# Usual names of columns, most specific first.
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
COLUMN_WORDS = frozenset((*SEQUENCE_WORDS, *FAMILY_WORDS, *ORGANISM_WORDS, *NAME_WORDS))
"""All usual names of columns."""
REASON_HEADER = ("reason", "line")
"""First columns of a table of rejected records; see :mod:`core.sequences.report`."""

DELIMITERS = ("\t", ",", ";")
_SAMPLE_LENGTH, _SAMPLE_ROWS = 200_000, 50
_FORMULA = ("=", "+", "-", "@")

# A sequence is one cell, and the csv module's default limit is 131,072 characters. The size of the
# file bounds the size of a cell.
csv.field_size_limit(2**31 - 1)


def canonical_header(cell: str) -> str:
    """Return the name of a column without differences in spelling.

    >>> canonical_header(" Gene_Family ")
    'gene family'
    """
    return re.sub(r"[\s_.-]+", " ", cell).strip().casefold()


def sniff_delimiter(beginning: str) -> str | None:
    r"""Return the delimiter that gives most rows as many columns as the first row, or None.

    Examples
    --------
    >>> sniff_delimiter("name;sequence\na,b;ACGT\n"), sniff_delimiter("ACGT\nACGT\n")
    (';', None)
    """
    shares = {delimiter: _share_of_equal_rows(beginning, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=shares.__getitem__)
    return best if shares[best] else None


def read_rows(lines: Iterable[str], delimiter: str, source: str, limits: Limits) -> list[Row]:
    """Return all rows that are not blank, with the header.

    Raises
    ------
    InputError
        If quotation marks are unbalanced, or there are too many rows or columns.
    """
    rows: list[Row] = []
    for row in iter_rows(lines, delimiter, source):
        rows.append(row)
        check_size(len(rows), row, source, limits)
    return rows


def iter_rows(lines: Iterable[str], delimiter: str, source: str) -> Iterator[Row]:
    """Yield all rows that are not blank, with the header.

    Raises
    ------
    InputError
        If quotation marks are unbalanced.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    end = 0
    try:
        for cells in reader:
            start, end = end + 1, reader.line_num
            if has_content(cells):
                yield Row(start, tuple(cells))
    except csv.Error:
        message = f"{source}, line {end + 1:,}: unbalanced quotation marks."
        raise InputError(message, "Close the quotation mark, or remove it.") from None


def has_content(cells: Iterable[str]) -> bool:
    """Return True if any cell has more than white space."""
    return any(cell and not cell.isspace() for cell in cells)


def check_size(count: int, row: Row, source: str, limits: Limits) -> None:
    """Check the number of rows so far, and the columns of the last one.

    Raises
    ------
    InputError
        If there are too many rows or columns.
    """
    columns = len(row.cells)
    if columns > limits.max_columns:
        message = f"{source}, line {row.line:,}: too many columns ({columns:,})."
        hint = f"The maximum is {limits.max_columns:,}; keep those with sequence and family."
        raise InputError(message, hint)
    check_record_count(count - 1, source, limits)


def check_record_count(count: int, source: str, limits: Limits) -> None:
    """Check the number of records so far.

    Raises
    ------
    InputError
        If there are too many.
    """
    if count > limits.max_records:
        message = f"{source} has more than {limits.max_records:,} records."
        raise TooLargeError(message, "Split it into smaller files, or raise GENEKIN_MAX_RECORDS.")


def split_header(rows: list[Row]) -> tuple[tuple[str, ...], list[Row]]:
    """Return names of the columns, and the records; a first row with DNA is no header."""
    first = rows[0].cells
    if any(map(looks_like_dna, first)):
        return tuple(f"column {number}" for number in range(1, len(first) + 1)), rows
    header = tuple(cell.strip() for cell in first)
    return header, restore_rows(header, rows[1:])


def restore_rows(header: tuple[str, ...], rows: list[Row]) -> list[Row]:
    """Return the rows as they were before a table of rejected records escaped their formulas."""
    if tuple(cell.lower() for cell in header[: len(REASON_HEADER)]) != REASON_HEADER:
        return rows
    return [Row(row.line, tuple(map(unescape_formula, row.cells))) for row in rows]


def escape_formula(cell: str) -> str:
    """Return the cell so that no spreadsheet runs it as a formula.

    >>> escape_formula("=1+1"), escape_formula("gene")
    ("'=1+1", 'gene')
    """
    return f"'{cell}" if cell.lstrip("' \t\r\n").startswith(_FORMULA) else cell


def unescape_formula(cell: str) -> str:
    """Undo :func:`escape_formula`."""
    return cell[1:] if cell.startswith("'") and escape_formula(cell[1:]) == cell else cell


def _share_of_equal_rows(beginning: str, delimiter: str) -> float:
    """Return the share of the first rows with as many columns as the first; 0 if it has one."""
    sample = beginning[:_SAMPLE_LENGTH]
    if len(sample) < len(beginning) and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    reader = csv.reader(io.StringIO(sample), delimiter=delimiter)
    rows = list(islice(filter(has_content, reader), _SAMPLE_ROWS))
    widths = [len(cells) for cells in rows]
    if not widths or widths[0] < 2:
        return 0.0
    share = sum(width == widths[0] for width in widths) / len(widths)
    is_named = any(canonical_header(cell) in SEQUENCE_WORDS for cell in rows[0])
    return share if is_named or share >= 0.5 else 0.0
