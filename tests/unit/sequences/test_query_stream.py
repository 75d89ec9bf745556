import gzip
import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sequences import input_file, query_stream
from core.sequences.input_file import InputFile
from core.sequences.limits import Limits
from core.sequences.queries import invalid_records, read_queries, unreadable_files
from core.sequences.query_stream import open_stream
from core.sequences.readers.encoding import LATIN_NOTE

LIMITS = Limits(max_record_bases=1_000)
WHOLE = 100
FASTA = "".join(f">gene{number} of many\nACGTACGTAC\nGGUUa{number % 7}\n\n" for number in range(99))
FASTQ = "".join(f"@read{number}\nACGTAC\n+\nIIIIII\n" for number in range(99))
ROWS = "".join(f"gene{number}\tACGTACGTAC\t{number % 3}\n" for number in range(299))
REJECTED = "no\t1\tACGTACGTAC\n" * 299
FORMATS = {
    "FASTA": FASTA,
    "FASTA, blank lines first": f"\n\n{FASTA}",
    "FASTA without an end of line": FASTA.rstrip(),
    "FASTA with long names": FASTA.replace(" of", f"{'x' * 250}\u200b of"),
    "FASTQ": FASTQ,
    "table": f"name\tsequence\tclass\n{ROWS}",
    "table with rows of other widths": f"name\tsequence\tclass\n{ROWS}a\tACGT\n\nb\tACGT\t1\n",
    "table without a header": ROWS,
    "table of rejected records": f"reason\tline\tsequence\n{REJECTED}'=\t1\t'-ACGT\n",
    "table, quoted": "name,cds,dna\n" + '"a, b",ACGTACGTAC,"ACGTACGTAC\nAC"\n' * 99,
    "bare": "ACGTACGT\n" * 99,
}


@pytest.fixture(autouse=True)
def _small_files_are_large(monkeypatch):
    for module in (input_file, query_stream):
        monkeypatch.setattr(module, "WHOLE_BYTES", WHOLE)


def stream(data, name="The file", limits=LIMITS):
    opened = open_stream(InputFile(io.BytesIO(data), name), limits)
    assert opened is not None
    return opened


def read_until(data, reason):
    """Read a file up to an error, and return the number of records before it."""
    read = stream(data)
    with pytest.raises(InputError, match=reason):
        list(read)
    return read.count


def without_long(records):
    """Records as a stream gives them: without residues that are too long."""
    return [
        replace(record, residues="", bases=len(record.residues))
        if len(record.residues) > LIMITS.max_record_bases
        else record
        for record in records
    ]


def read_both(data, name="The file"):
    """Read a file both ways, check that they agree, and return the stream."""
    whole = read_queries(data, name, LIMITS)
    read = stream(data, name)
    assert list(read) == without_long(whole)
    assert sorted(read.notes) == sorted(whole.notes)
    assert read.unreadable == unreadable_files(whole)
    invalid = invalid_records(whole)
    assert (read.count, read.invalid) == (len(whole), len(invalid))
    assert read.first_invalid == next(iter(invalid), "")
    return read


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
class TestSameAsWhole:
    def test_plain(self, text):
        read_both(text.encode())

    def test_other_line_ends_and_a_mark(self, text):
        read_both(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    def test_gzipped(self, text):
        read_both(gzip.compress(text.encode()), "genes.gz")

    def test_utf_16(self, text):
        read_both(text.encode("utf-16"))

    def test_in_a_zip(self, text):
        read_both(zipped(a_fa=text), "a.zip")


@given(
    st.lists(st.tuples(st.text("abc >|", max_size=5), st.text("ACGTn \n!-\t", max_size=40))),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_fasta_is_read_the_same_way(records, end):
    text = "".join(f">{name}\n{body}\n" for name, body in records).replace("\n>", "\n >")
    with pytest.MonkeyPatch.context() as patch:
        for module in (input_file, query_stream):
            patch.setattr(module, "WHOLE_BYTES", WHOLE)
        read_both(f"{FASTA}{text}".replace("\n", end).encode())


class TestZips:
    def test_files_follow_each_other_and_name_themselves(self):
        packed = gzip.compress(FASTQ.encode())
        read_both(zipped(a_fa=FASTA, b_fq=packed, c_tsv=FORMATS["table"], few_fa=">x\nAC!\n"))

    def test_a_file_that_cannot_be_read_is_an_invalid_record(self):
        families = "1\tKinase\n2\tSynthase\n"
        read = read_both(zipped(a_fa=FASTA, notes_pdf="%PDF-1.4" * 99, families_txt=families))
        assert [text.partition(":")[0] for text in read.unreadable] == ["notes.pdf"]

    def test_what_was_read_of_a_file_before_its_damage_is_kept(self):
        read = stream(zipped(a_fq=f"{FASTQ * 3}@bad\nACGT\n+\nII\n", b_fa=FASTA))
        records = list(read)
        assert len(records) == 297 + 1 + 99
        assert records[297].name == "a.fq"
        assert "line 1,189: invalid FASTQ record" in read.unreadable[0]

    def test_without_any_file_that_can_be_read_it_is_refused(self):
        read = stream(zipped(a_pdf="%PDF-1.4" * 99, b_pdf="%PDF-1.4" * 99))
        with pytest.raises(InputError, match="PDF files are not supported"):
            list(read)

    def test_another_archive_in_it_is_refused(self):
        with pytest.raises(InputError, match="contains another archive"):
            list(stream(zipped(a_zip=zipped(a_fa=FASTA))))

    @pytest.mark.parametrize("member", ["xl/workbook.xml", "a.fa"])
    def test_excel_and_small_files_are_left_to_the_other_way(self, member):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(member, "" if member == "a.fa" else FASTA)
        file = InputFile(io.BytesIO(buffer.getvalue()), "a")
        if member == "a.fa":
            assert len(file.head) > WHOLE or open_stream(file, LIMITS) is None
        else:
            assert open_stream(file, LIMITS) is None
        assert file.read_whole(10**6) == buffer.getvalue()

    def test_from_a_pipe_it_is_read_as_a_whole(self):
        class Pipe(io.BytesIO):
            def seekable(self):
                return False

        data = zipped(a_fa=FASTA)
        file = InputFile(Pipe(data), "a")
        assert open_stream(file, LIMITS) is None
        assert file.read_whole(10**6) == data


class TestEncodings:
    def test_bytes_that_are_not_utf_8_are_latin_with_a_note(self):
        data = FASTA.encode() + b">caf\xe9\nACGT\n>\xce\xb1\nACGT\n"
        read = stream(data)
        assert [record.name for record in read][-2:] == ["café", "α"]
        assert read.notes == [LATIN_NOTE]

    @pytest.mark.parametrize("byte", [b"\0", b"\x81"])
    def test_what_is_no_text_is_refused_where_it_comes(self, byte):
        data = FASTA.encode() * 3 + b">a" + byte + b"\nACGT\n"
        assert read_until(data, "is not a text file") == 297


class TestBounds:
    @pytest.mark.parametrize("bases", [1_001, 16_000, 16_001, 500_000])
    @pytest.mark.parametrize("line", [60, 10**6])
    def test_a_sequence_that_is_too_long_is_counted_and_not_kept(self, bases, line):
        body = "ACGTN" * (bases // 5) + "A" * (bases % 5)
        lines = "\n".join(body[start : start + line] for start in range(0, bases, line))
        record = list(stream(f"{FASTA}>long\n{lines}\n>next\nAC\n".encode()))[99]
        assert (record.name, record.residues, record.length) == ("long", "", bases)
        assert record.problem is not None
        assert record.problem.message == (
            f"Record 100 (line 397) has {bases:,} bp; the maximum is 1,000 bp."
        )
        read_both(f"{FASTA}>long\n{lines}\n>next\nAC\n".encode())

    @pytest.mark.parametrize(
        "text",
        [
            f"{FASTQ * 3}@long\n{'A' * 20_000}\n+\n{'I' * 20_000}\n",
            f'{FORMATS["table"]}"{ROWS * 9}',
        ],
        ids=["FASTQ", "table"],
    )
    def test_a_record_that_memory_is_not_for_is_refused(self, text):
        reason = "has a record of more than 16,000 characters"
        assert read_until(text.encode(), reason) in {297, 299}

    def test_neither_size_nor_number_of_records_is_limited(self):
        limits = Limits(max_bytes=1_000, max_records=10, max_invalid=3, max_record_bases=1_000)
        assert len(list(stream(FASTA.encode(), limits=limits))) == 99

    def test_a_damaged_gzip_is_refused_where_it_is(self):
        packed = gzip.compress((FASTA * 200).encode())
        assert read_until(packed[: len(packed) * 3 // 4], "is a damaged gzip file") > 1_000


class TestInputFile:
    def test_tells_its_size_and_how_much_was_read(self, tmp_path):
        path = tmp_path / "a.fa"
        path.write_text(FASTA)
        with path.open("rb") as opened:
            file = InputFile(opened, "a.fa")
            read = open_stream(file, LIMITS)
            assert read is not None
            assert len(list(read)) == 99
            assert (file.size, file.position) == (len(FASTA), len(FASTA))
        assert InputFile(io.BytesIO(FASTA.encode()), "a").size is None

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_a_small_file_is_small_packed_too(self, pack):
        assert InputFile(io.BytesIO(pack(b">a\nACGT\n")), "a").is_small
        assert not InputFile(io.BytesIO(pack(FASTA.encode())), "a").is_small
        assert InputFile(io.BytesIO(b"\x1f\x8bno gzip"), "a").is_small
