"""Files as they should not be: each is refused with its own words, or read with its own issue.

What is expected is one of: the message with which the file is refused as a whole; the issues of
its report, as a set of codes; with the number of its good records.
"""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sequences.layout import read_entries
from core.sequences.layout_proposal import propose_layout
from core.sequences.limits import Limits
from core.sequences.readers.detection import read_files
from core.sequences.readers.encoding import LATIN_NOTE
from core.sequences.report import rejected_table
from core.sequences.source_file import Format
from tests.support.uploads import LIMITS, codes, one, report, report_on

GENE = "ATGGCCATTGTAATGGGCCGCTGA"
OTHER = "ATGTTTCCCGGGAAATTTCCCTAG"
FASTA = f">one class=3\n{GENE}\n>two class=4\n{OTHER}\n"
TABLE = f"sequence\tclass\n{GENE}\t3\n{OTHER}\t4\n"
CSV = f"name,organism,family,sequence\none,human,3,{GENE}\n"


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def random_dna(length: int) -> bytes:
    letters = np.random.default_rng(0).integers(0, 4, length, dtype=np.uint8)
    return np.frombuffer(b"ACGT", np.uint8)[letters].tobytes()


def locked() -> bytes:
    """A zip whose flags say that it needs a password."""
    data = bytearray(zipped(("a.fa", FASTA.encode())))
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    data[local + 6] |= 1
    data[central + 8] |= 1
    return bytes(data)


def lying_zip() -> bytes:
    """A zip whose member claims to be ten bytes, and unpacks to many."""
    data = bytearray(zipped(("a.fa", FASTA.encode() * 1_000)))
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<L", 10)
    return bytes(data)


def odd_method() -> bytes:
    """A zip packed by a method that nobody knows."""
    data = bytearray(zipped(("a.fa", FASTA.encode())))
    central = data.index(b"PK\x01\x02")
    data[central + 10 : central + 12] = struct.pack("<H", 77)
    local = data.index(b"PK\x03\x04")
    data[local + 8 : local + 10] = struct.pack("<H", 77)
    return bytes(data)


def workbook(*rows: tuple[str | int, ...], sheets: int = 1) -> bytes:
    book = openpyxl.Workbook()
    for number in range(sheets):
        page = book.worksheets[0] if number == 0 else book.create_sheet(f"more {number}")
        for row in rows:
            page.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def workbook_with(part: str, content: bytes) -> bytes:
    """An Excel file, one of whose parts is something else."""
    good = workbook(("sequence", "class"), (GENE, 3))
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    return zipped(*((name, content if name == part else data) for name, data in members))


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9)
    )
    + b']><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<sheetData><row r="1"><c t="inlineStr"><is><t>&j;</t></is></c></row></sheetData></worksheet>'
)
FAR_CELL = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<dimension ref="A1:XFD1048576"/><sheetData><row r="999999999">'
    b'<c r="A999999999"><v>1</v></c></row></sheetData></worksheet>'
)
WIDE_CELL = FAR_CELL.replace(b"999999999", b"1").replace(b'"A1"', b'"XFD1"')


@dataclass(frozen=True)
class Refused:
    """The whole file, with this message."""

    message: str


@dataclass(frozen=True)
class Noted:
    """It is read, with this note."""

    message: str


@dataclass(frozen=True)
class Found:
    """These issues, and so many good records."""

    codes: frozenset[str]
    good: int


def found(*names: str, good: int = 0) -> Found:
    return Found(frozenset(names), good)


damaged_gzip = Refused("genes is a damaged gzip file.")
damaged_zip = Refused("genes is a damaged zip file.")
no_sheets = Refused("genes has no sheets.")
damaged_excel = Refused("genes is a damaged Excel file.")
not_text = Refused("genes is not a text file.")
empty = Refused("genes is empty.")
neither = Refused("genes is not a supported format: no FASTA, FASTQ, table or DNA sequence.")
no_rows = Refused("genes has a header but no records.")
too_large = Refused("genes is larger than 30 MB.")
bomb = Refused("genes unpacks to more than 200 times its size.")
nested = Refused("genes contains another archive.")


def other(what: str) -> Refused:
    return Refused(f"genes: {what} are not supported.")


def table(*rows: str, header: str = "sequence\tclass") -> bytes:
    return "\n".join((header, *rows, "")).encode()


def named(name: str) -> bytes:
    return f"name\tsequence\tclass\n{name}\t{GENE}\t3\n".encode()


def of(organism: str) -> bytes:
    return f"sequence\tclass\torganism\n{GENE}\t3\t{organism}\n".encode()


CASES: dict[str, tuple[bytes | Callable[[], bytes], Refused | Noted | Found]] = {
    # Archives
    "gzip, truncated": (gzip.compress(FASTA.encode() * 9)[:-12], damaged_gzip),
    "gzip, two bytes": (b"\x1f\x8b", damaged_gzip),
    "gzip of noise": (b"\x1f\x8b\x08" + b"noise" * 20, damaged_gzip),
    "gzip bomb": (lambda: gzip.compress(b"A" * 25_000_000), bomb),
    "gzip, too large": (lambda: gzip.compress(random_dna(32_000_000), 1), too_large),
    "gzip in a gzip": (gzip.compress(gzip.compress(FASTA.encode())), nested),
    "gzip of nothing": (gzip.compress(b""), empty),
    "gzip of a PDF": (gzip.compress(b"%PDF-1.7\n%\xe2\xe3"), other("PDF files")),
    "gzip of a BAM": (gzip.compress(b"BAM\x01\0\0"), other("BAM files")),
    "zip bomb": (lambda: zipped(("a.fa", b"A" * 25_000_000)), bomb),
    "zip, too large": (
        lambda: zipped(*((f"{n}.fa", bytes(9_000_000)) for n in range(4)), method=0),
        too_large,
    ),
    "zip of too many": (
        lambda: zipped(*((f"{n}.fa", b">a") for n in range(101))),
        Refused("genes contains 101 files; the maximum is 100."),
    ),
    "zip, truncated": (zipped(("a.fa", FASTA.encode()))[:-30], damaged_zip),
    "zip, only its magic": (b"PK\x03\x04", damaged_zip),
    "zip of nothing": (zipped(), Refused("genes is an empty zip file.")),
    "zip of a folder": (zipped(("a/", b"")), Refused("genes is an empty zip file.")),
    "zip of what macOS adds": (
        zipped(("__MACOSX/._a.fa", b"\0"), (".DS_Store", b"\0")),
        Refused("genes is an empty zip file."),
    ),
    "zip in a zip": (zipped(("a.zip", zipped(("b.fa", b">b")))), nested),
    "zip in a gzip": (gzip.compress(zipped(("a.fa", b">a"))), nested),
    "gzip in a gzip in a zip": (
        zipped(("a.gz", gzip.compress(gzip.compress(b">a")))),
        Refused("a.gz contains another archive."),
    ),
    "zip, locked": (locked, Refused("genes is password-protected.")),
    "zip, lying about sizes": (lying_zip, damaged_zip),
    "zip, unknown method": (odd_method, damaged_zip),
    "zip with ../": (zipped(("../../etc/passwd", FASTA.encode())), found(good=2)),
    "zip with C:\\": (zipped(("C:\\windows\\a.fa", FASTA.encode())), found(good=2)),
    "zip with an absolute name": (zipped(("/etc/cron.d/x", FASTA.encode())), found(good=2)),
    "tar": (b"a.fa".ljust(257, b"\0") + b"ustar\x0000" + bytes(300), other("tar archives")),
    "bzip2": (b"BZh91AY&SY", other("bzip2 archives")),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", other("7z archives")),
    # Something else
    "nothing": (b"", empty),
    "white space": (b" \n\t\r\n  ", empty),
    "a mark and nothing": (b"\xef\xbb\xbf", empty),
    "binary": (bytes(range(256)) * 10, not_text),
    "NUL in FASTA": (b">a\nAC\0GT\n", not_text),
    "NUL in a table": (b"sequence\tclass\nAC\0GT\t1\n", not_text),
    "UTF-16, odd length": (FASTA.encode("utf-16")[:-1], Refused("genes is damaged UTF-16 text.")),
    "UTF-16, half a pair": (
        b"\xff\xfe>\0a\0\n\0\x00\xd8A\0",
        Refused("genes is damaged UTF-16 text."),
    ),
    "UTF-16 without a mark": (FASTA.encode("utf-16-le"), not_text),
    "UTF-32": (FASTA.encode("utf-32"), not_text),
    "PDF as FASTA": (b"%PDF-1.4\n>a\nACGT", other("PDF files")),
    "PNG as FASTA": (b"\x89PNG\r\n\x1a\n\0\0", other("PNG images")),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF", other("JPEG images")),
    "HTML as FASTA": (b"<!DOCTYPE html><html>>a\nACGT", other("web pages (HTML)")),
    "XML": (b'<?xml version="1.0"?><a/>', other("XML files")),
    "JSON": (b'{"sequence": "ACGT"}', other("JSON files")),
    "JSON list": (b'[\n {"sequence": "ACGT"}]', other("JSON files")),
    "GenBank": (b"LOCUS       AB000001  1200 bp  DNA\nORIGIN\n", other("GenBank files")),
    "EMBL": (b"ID   X56734; SV 1; linear; mRNA\n", other("EMBL files")),
    "SAM": (b"@HD\tVN:1.6\n@SQ\tSN:1\tLN:9\n", other("SAM files")),
    "GFF": (b"##gff-version 3\nchr1\t.\tgene\n", other("GFF files")),
    "VCF": (b"##fileformat=VCFv4.2\n#CHROM\n", other("VCF files")),
    "Clustal": (b"CLUSTAL W (1.83)\n\na ACGT-\n", other("Clustal alignments")),
    "Excel, old": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        other("old (.xls) or password-protected Excel files"),
    ),
    "a program": (b"\x7fELF\x02\x01\x01", other("programs")),
    "prose": (b"Dear colleague!\nHere are my genes.\n", neither),
    "a letter": (
        b"Dear colleague,\nhere are my genes!\n",
        Refused("genes: no sequence column found."),
    ),
    "a shell script": (b"#!/bin/sh\nrm -rf /\n", neither),
    "one character": (b"?", neither),
    # FASTA
    "FASTA after text": (
        b"ACGT\n>a\nACGT\n",
        Refused("genes, line 2: FASTA header after a sequence without one."),
    ),
    "FASTA, only headers": (b">\n>\n>", found("empty", "no family")),
    "FASTA, an empty record": (f">a class=1\n>b class=1\n{GENE}".encode(), found("empty", good=1)),
    "FASTA, protein": (b">a class=1\nMKLVFFAEDVGSNKGAIIGLM", found("protein")),
    "FASTA, RNA": (f">a class=1\n{GENE.replace('T', 'U')}".encode(), found(good=1)),
    "FASTA, lower case": (FASTA.lower().encode(), found(good=2)),
    "FASTA, gaps": (f">a class=1\n{GENE[:9]}---{GENE}".encode(), found("letter")),
    "FASTA, stops": (f">a class=1\n{GENE}*".encode(), found("letter")),
    "FASTA, digits": (f">a class=1\n1 {GENE}".encode(), found("letter")),
    "FASTA, Cyrillic": (f">a class=1\n{GENE}АСТ".encode(), found("letter")),  # noqa: RUF001
    "FASTA, no families": (f">a\n{GENE}".encode(), found("no family")),
    "FASTA, duplicate ids": (FASTA.replace("two", "one").encode(), found("same name", good=2)),
    "FASTA, copies": (FASTA.encode() + f">x class=3\n{GENE}".encode(), found("copy", good=3)),
    "FASTA, two families": (
        f">a class=1\n{GENE}\n>b class=2\n{GENE}\n".encode(),
        found("two families"),
    ),
    "FASTA, mixed line ends": (FASTA.replace("\n", "\r\n", 1).encode() + b"\r", found(good=2)),
    "FASTA, only CR": (FASTA.replace("\n", "\r").encode(), found(good=2)),
    "FASTA, long name": (f">{'x' * 9_999} class=1\n{GENE}".encode(), found("no family", "name")),
    "FASTA, right to left": (f">\u202eeno class=1\n{GENE}".encode(), found("name", good=1)),
    "FASTA, emoji": (f">🧬 class=1\n{GENE}".encode(), found(good=1)),
    "FASTA, surrogates": (f">a class=1\n{GENE}\n>".encode() + b"\xed\xa0\x80", Noted(LATIN_NOTE)),
    "FASTA, Latin-1": (f">Künstlich class=1\n{GENE}".encode("latin-1"), Noted(LATIN_NOTE)),
    "FASTA, one line of 22 MB": (
        lambda: b">a class=1\n" + b"ACGT" * 5_500_000,
        found("too long"),
    ),
    "FASTA, too large": (lambda: b">a\n" + b"A" * 32_000_000, too_large),
    "FASTA, too many": (
        lambda: b">a\nA\n" * 10_001,
        Refused("genes has more than 10,000 records."),
    ),
    "FASTA, short": (b">a class=1\nACGT", found("short", good=1)),
    "FASTA, only N": (b">a class=1\n" + b"N" * 30, found("no bases")),
    "FASTA, half of it N": (b">a class=1\n" + b"NNACGT" * 9, found("ambiguous", good=1)),
    "a bare line of 22 MB": (lambda: b"ACGT" * 5_500_000, found("too long", "no family")),
    "UTF-8 with its mark": (b"\xef\xbb\xbf" + FASTA.encode(), found(good=2)),
    "UTF-16, little": (b"\xff\xfe" + FASTA.encode("utf-16-le"), found(good=2)),
    "UTF-16, big": (b"\xfe\xff" + TABLE.encode("utf-16-be"), found(good=2)),
    # FASTQ
    "FASTQ, other lengths": (
        f"@a class=1\n{GENE}\n+\n{'I' * len(GENE)}\n@b\n{GENE}\n+\nIII\n".encode(),
        Refused(
            "genes, line 5: invalid FASTQ record"
            " (Lengths of sequence and quality values differs for b (24 and 3))."
        ),
    ),
    "FASTQ, truncated": (
        f"\n@a\n{GENE}\n".encode(),
        Refused("genes, line 2: invalid FASTQ record (End of file without quality information)."),
    ),
    "FASTQ, other names": (
        f"@a\n{GENE}\n+b\n{GENE}\n".encode(),
        Refused("genes, line 1: invalid FASTQ record (Sequence and quality captions differ)."),
    ),
    "FASTQ, no record": (b"@", neither),
    # Tables
    "table, header only": (b"sequence\tclass\n", no_rows),
    "table, header and blanks": (b"sequence\tclass\n\n \t \n", no_rows),
    "table, no header": (f"{GENE}\t3\n{OTHER}\t4\n{GENE}A\t4".encode(), found(good=3)),
    "table, no family": (f"sequence\tnote\n{GENE}\tmine\n".encode(), found("no family")),
    "table, no sequence": (
        b"name,family\na,1\nb,2\n",
        Refused("genes: no sequence column found."),
    ),
    "table, empty sequence": (table("\t3"), found("empty")),
    "table, ragged": (table(GENE, f"{GENE}\t3\t4", f"{OTHER}\t3"), found("columns", good=1)),
    "table, two sequences": (
        f"cds,genomic,class\n{GENE},{OTHER},3\n".encode(),
        found(good=1),
    ),
    "table, same column twice": (
        f"sequence,sequence,class\n{GENE},{OTHER},3\n".encode(),
        found(good=1),
    ),
    "table, 10,000 columns": (
        (",".join(f"c{n}" for n in range(10_000)) + "\n1,2\n").encode(),
        Refused("genes, line 1: too many columns (10,000)."),
    ),
    "table, too many": (
        lambda: table(*[f"{GENE}\t3"] * 10_001),
        Refused("genes has more than 10,000 records."),
    ),
    "table, a cell of 22 MB": (
        lambda: b"sequence,class\n" + b"ACGT" * 5_500_000 + b",3\n",
        found("too long"),
    ),
    "table, quoted tabs": (
        f'name\tsequence\tclass\n"a\tb"\t{GENE}\t3\n'.encode(),
        found("name", good=1),
    ),
    "table, quoted line ends": (
        f'sequence,class\n"{GENE[:9]}\n{GENE[9:]}",3\n'.encode(),
        found(good=1),
    ),
    "table, a quote not closed": (
        f'sequence,class\n{GENE},3\n"{OTHER},4\n{OTHER},4\n'.encode(),
        Refused("genes, line 3: unbalanced quotation marks."),
    ),
    "table, text after a quote": (
        f'sequence,class\n"{GENE}"A,3\n'.encode(),
        Refused("genes, line 2: unbalanced quotation marks."),
    ),
    "table, class 3.0": (table(f"{GENE}\t3.0"), found("class")),
    "table, class -1": (table(f"{GENE}\t-1"), found("class")),
    "table, class 1e3": (table(f"{GENE}\t1e3"), found("class")),
    "table, a huge class": (table(f"{GENE}\t{'9' * 40}"), found("class")),
    "table, class 2^31": (table(f"{GENE}\t{2**31}"), found("class")),
    "table, Arabic digits": (table(f"{GENE}\t٣"), found("class")),
    "table, class NaN": (table(f"{GENE}\tNaN"), found("no family")),
    "table, endless family": (table(f"{GENE}\t{'family ' * 99}"), found("class")),
    "table, formula as name": (named("=HYPERLINK(1)"), found("formula", good=1)),
    "table, command as name": (named("@SUM(1+9)*cmd|' /C calc'!A0"), found("formula", good=1)),
    "table, script as name": (named("<script>alert(1)</script>"), found(good=1)),
    "table, SQL as name": (named("'; DROP TABLE sequences; --"), found(good=1)),
    "table, path as organism": (of("../../etc/passwd"), found("organism")),
    "table, script as organism": (of("<script>alert(1)</script>"), found("organism")),
    "table, reserved organism": (of("_default"), found("organism")),
    "table, endless organism": (of("x" * 201), found("organism")),
    "table, right-to-left organism": (of("\u202enamuh"), found("organism")),
    "table, control characters": (named("a\x07\x1b[31mb"), found("name", good=1)),
    # Excel
    "Excel that is no zip": (b"PK\x03\x04[Content_Types].xml xl/workbook.xml", damaged_excel),
    "Excel, truncated": (workbook(("sequence", "class"), (GENE, 3))[:-40], damaged_excel),
    "Excel, empty": (workbook(), empty),
    "Excel, header only": (workbook(("sequence", "class")), no_rows),
    "Excel, formulas": (workbook(("sequence", "class"), (f'="{GENE}"', 3)), found("empty")),
    "Excel, a cut sequence": (
        workbook(("sequence", "class"), ("ACGT" * 8_191 + "ACG", 3)),
        found("cut"),
    ),
    "Excel, no XML": (workbook_with(SHEET, b"not XML"), damaged_excel),
    "Excel, no workbook": (
        workbook_with("xl/workbook.xml", b"<a/>"),
        Refused("genes has no sheets."),
    ),
    "Excel, entities": (workbook_with(SHEET, LAUGHS), damaged_excel),
    "Excel, bomb": (lambda: workbook_with(SHEET, bytes(25_000_000)), bomb),
    "Excel, a far row": (
        workbook_with(SHEET, FAR_CELL),
        Refused("genes has more than 10,000 records."),
    ),
    "Excel, a far column": (
        workbook_with(SHEET, WIDE_CELL),
        Refused("genes, line 1: too many columns (16,384)."),
    ),
    "LibreOffice": (
        zipped(("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")),
        Refused("genes: office documents are not supported."),
    ),
    "Word": (
        zipped(("[Content_Types].xml", b""), ("word/document.xml", b"")),
        Refused("genes: office documents are not supported."),
    ),
}


@pytest.fixture(params=CASES)
def case(request) -> tuple[bytes, Refused | Noted | Found]:
    data, expected = CASES[request.param]
    return data if isinstance(data, bytes) else data(), expected


class TestHostileFiles:
    def test_are_many(self):
        assert len(CASES) >= 100

    def test_each_gets_its_own_words(self, case):
        data, expected = case
        if isinstance(expected, Refused):
            with pytest.raises(InputError) as caught:
                report_on(one(data))
            assert caught.value.message == expected.message
            assert caught.value.hint or "FASTA" in caught.value.message
        elif isinstance(expected, Noted):
            assert one(data).notes == (expected.message,)
        else:
            result = report_on(one(data))
            assert codes(result) == expected.codes
            assert result.valid_count == expected.good

    def test_what_is_rejected_says_why_and_can_be_read_again(self, case):
        data, expected = case
        if not isinstance(expected, Found) or not expected.codes:
            return
        result = report_on(one(data))
        for entry in result.rejected:
            assert all(reason.startswith("Record ") for reason in entry.reasons)
        if result.rejected and result.records < 10:
            again = one(rejected_table(result))
            assert again.header[:2] == ("reason", "line")
            assert len(again.rows) == len(result.rejected)

    def test_a_file_of_a_zip_that_cannot_be_read_stops_no_other(self):
        data = zipped(
            ("a.fa", FASTA.encode()), ("notes.pdf", b"%PDF-1.4"), ("b.tsv", TABLE.encode())
        )
        first, second, third = read_files(data, "genes.zip", LIMITS)
        assert [first.format, third.format] == [Format.FASTA, Format.TABLE]
        assert second.format is Format.UNREADABLE
        assert second.notes[0].startswith("notes.pdf: PDF files are not supported.")

    def test_a_zip_of_nothing_that_can_be_read_is_refused(self):
        data = zipped(("a.pdf", b"%PDF-1.4"), ("b.png", b"\x89PNG"))
        with pytest.raises(InputError, match=r"^a\.pdf: PDF files are not supported"):
            read_files(data, "genes.zip", LIMITS)

    def test_names_in_archives_are_labels_only(self):
        data = zipped(("../../\u202egnp.exe/a\x07.fa", FASTA.encode()))
        assert one(data).name == "a.fa"


SEEDS = [
    FASTA.encode(),
    TABLE.encode(),
    CSV.encode(),
    FASTA.encode("utf-16"),
    f"@a\n{GENE}\n+\n{GENE}\n".encode(),
    gzip.compress(FASTA.encode()),
    zipped(("a.fa", FASTA.encode()), ("b.tsv", TABLE.encode())),
    workbook(("sequence", "class"), (GENE, 3)),
]
SMALL = Limits(max_bytes=200_000, max_record_bases=1_000, max_records=100, max_columns=50)


def read_all(data: bytes) -> None:
    """Read it as the page does; nothing but an input error may come out."""
    try:
        uploads = read_files(data, "genes", SMALL)
    except InputError:
        return
    for upload in uploads:
        try:
            entries = list(read_entries(upload, propose_layout(upload)))
        except InputError:
            continue
        assert len(entries) == len(upload.rows)
        report_on(upload)


class TestAnyBytes:
    @given(st.binary(max_size=500))
    def test_are_read_or_an_input_error(self, data):
        read_all(data)

    @given(st.text(st.sampled_from('>@+ACGT\t,;"\n=|[]:class3')))
    def test_so_is_any_text(self, text):
        read_all(text.encode())

    @given(st.sampled_from(SEEDS), st.binary(min_size=1, max_size=8), st.floats(0, 1))
    def test_so_is_any_damage_to_a_good_file(self, data, noise, place):
        start = int(place * len(data))
        read_all(data[:start] + noise + data[start + len(noise) :])

    @given(st.sampled_from(SEEDS), st.floats(0, 1))
    def test_so_is_any_piece_of_a_good_file(self, data, place):
        read_all(data[: int(place * len(data))])


class TestReport:
    def test_of_a_good_file_is_clean(self):
        result = report(FASTA)
        assert result.all_valid
        assert result.valid_count == 2
