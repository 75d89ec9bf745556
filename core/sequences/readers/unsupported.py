"""Unsupported formats, recognised by their first bytes or words and refused by name."""

import re

from core.errors import InputError

_TEXT_HINT = "Use FASTA, FASTQ, Excel (.xlsx), or a table as text."
_EXPORT_HINT = "Export it as FASTA."
_UNPACK_HINT = "Unpack it, or use zip or gzip."

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "old (.xls) or password-protected Excel files",
        "Save it as .xlsx without a password.",
    ),
    (b"%PDF", "PDF files", _TEXT_HINT),
    (b"\x89PNG", "PNG images", _TEXT_HINT),
    (b"\xff\xd8\xff", "JPEG images", _TEXT_HINT),
    (b"GIF8", "GIF images", _TEXT_HINT),
    (b"BZh", "bzip2 archives", _UNPACK_HINT),
    (b"\xfd7zXZ\0", "xz archives", _UNPACK_HINT),
    (b"\x28\xb5\x2f\xfd", "zstd archives", _UNPACK_HINT),
    (b"7z\xbc\xaf\x27\x1c", "7z archives", _UNPACK_HINT),
    (b"Rar!\x1a\x07", "RAR archives", _UNPACK_HINT),
    (b"BAM\x01", "BAM files", _EXPORT_HINT),
    (b"SQLite format 3\0", "SQLite databases", _TEXT_HINT),
    (b"PAR1", "Parquet files", "Export it as CSV."),
    (b"\x89HDF", "HDF5 files", _TEXT_HINT),
    (b"\x7fELF", "programs", _TEXT_HINT),
    (b"MZ\x90\0", "programs", _TEXT_HINT),
)

_BEGINNINGS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), formats, hint)
    for pattern, formats, hint in (
        (r"<!doctype html|<html|<head|<body", "web pages (HTML)", "Download the file itself."),
        (r"<\?xml|<svg", "XML files", _EXPORT_HINT),
        (r"\{\s*(?:\"|\})|\[\s*[\[{\"\]]", "JSON files", _EXPORT_HINT),
        (r"\{\\rtf", "Rich Text files", "Save it as plain text."),
        (r"LOCUS {2,}\S", "GenBank files", _EXPORT_HINT),
        (r"ID {3}\S", "EMBL files", _EXPORT_HINT),
        (r"##gff-version", "GFF files", _EXPORT_HINT),
        (r"##fileformat=VCF", "VCF files", _EXPORT_HINT),
        (r"@(?:HD|SQ|RG|PG|CO)\t", "SAM files", _EXPORT_HINT),
        (r"CLUSTAL", "Clustal alignments", "Export the sequences as FASTA without gaps."),
        (r"#NEXUS", "Nexus files", _EXPORT_HINT),
    )
)


def refuse_binary_format(data: bytes, source: str) -> None:
    """Refuse binary files whose first bytes are known.

    Raises
    ------
    InputError
        Naming the format.
    """
    for magic, formats, hint in _MAGIC:
        if data.startswith(magic):
            raise InputError(f"{source}: {formats} are not supported.", hint)
    if data[257:262] == b"ustar":
        raise InputError(f"{source}: tar archives are not supported.", _UNPACK_HINT)


def refuse_text_format(text: str, source: str) -> None:
    """Refuse text files whose first words are known.

    Raises
    ------
    InputError
        Naming the format.
    """
    beginning = text[:10_000].lstrip()[:100]
    for pattern, formats, hint in _BEGINNINGS:
        if pattern.match(beginning):
            raise InputError(f"{source}: {formats} are not supported.", hint)
