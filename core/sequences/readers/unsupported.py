"""Files that are not sequences in a form that is read, each called by its name."""

import re

from core.errors import InputError

_TEXT_HINT = "Give FASTA, FASTQ, Excel (.xlsx), or a table as text."
_EXPORT_HINT = "Save or export it as FASTA, then give that."
_UNPACK_HINT = "Unpack it and give the files, or pack them as zip or gzip."

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old or a locked Excel file",
        "Save it as .xlsx without a password.",
    ),
    (b"%PDF", "a PDF file", _TEXT_HINT),
    (b"\x89PNG", "a PNG picture", _TEXT_HINT),
    (b"\xff\xd8\xff", "a JPEG picture", _TEXT_HINT),
    (b"GIF8", "a GIF picture", _TEXT_HINT),
    (b"BZh", "a bzip2 archive", _UNPACK_HINT),
    (b"\xfd7zXZ\0", "an xz archive", _UNPACK_HINT),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK_HINT),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK_HINT),
    (b"Rar!\x1a\x07", "a rar archive", _UNPACK_HINT),
    (b"BAM\x01", "a BAM file", _EXPORT_HINT),
    (b"SQLite format 3\0", "an SQLite database", _TEXT_HINT),
    (b"PAR1", "a Parquet file", "Export it as CSV, then give that."),
    (b"\x89HDF", "an HDF5 file", _TEXT_HINT),
    (b"\x7fELF", "a program", _TEXT_HINT),
    (b"MZ\x90\0", "a program", _TEXT_HINT),
)

_BEGINNINGS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), what, hint)
    for pattern, what, hint in (
        (r"<!doctype html|<html|<head|<body", "a web page (HTML)", "Download the file itself."),
        (r"<\?xml|<svg", "an XML file", _EXPORT_HINT),
        (r"\{\s*(?:\"|\})|\[\s*[\[{\"\]]", "a JSON file", _EXPORT_HINT),
        (r"\{\\rtf", "a Rich Text file", "Save it as plain text, then give that."),
        (r"LOCUS {2,}\S", "a GenBank file", _EXPORT_HINT),
        (r"ID {3}\S", "an EMBL file", _EXPORT_HINT),
        (r"##gff-version", "a GFF file of annotations", _EXPORT_HINT),
        (r"##fileformat=VCF", "a VCF file of variants", _EXPORT_HINT),
        (r"@(?:HD|SQ|RG|PG|CO)\t", "a SAM file of alignments", _EXPORT_HINT),
        (r"CLUSTAL", "a Clustal alignment", "Save the sequences as FASTA without gaps."),
        (r"#NEXUS", "a Nexus file", _EXPORT_HINT),
    )
)


def refuse_magic(data: bytes, source: str) -> None:
    """Refuse binary files whose first bytes are known.

    Raises
    ------
    InputError
        Naming what it is.
    """
    for magic, what, hint in _MAGIC:
        if data.startswith(magic):
            raise InputError(f"{source} is {what}, which is not read.", hint)
    if data[257:262] == b"ustar":
        raise InputError(f"{source} is a tar archive, which is not read.", _UNPACK_HINT)


def refuse_beginning(text: str, source: str) -> None:
    """Refuse text files whose first words are known.

    Raises
    ------
    InputError
        Naming what it is.
    """
    beginning = text[:10_000].lstrip()[:100]
    for pattern, what, hint in _BEGINNINGS:
        if pattern.match(beginning):
            raise InputError(f"{source} is {what}, which is not read.", hint)
