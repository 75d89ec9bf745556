import gzip

import pytest

from core.errors import InputError
from core.sequences.importer import read_path, read_records, require_clean
from core.sequences.limits import Limits
from core.sequences.records import Record
from tests.support.uploads import report

GENE = "ATGGCCATTGTAATGGGCCGCTGA"
BAD = f"sequence\tclass\n{GENE}\t3\nACG!\t3\nACG\t\n"


class TestReadPath:
    def test_reads_what_an_upload_could_be(self, tmp_path):
        path = tmp_path / "genes.fa.gz"
        path.write_bytes(gzip.compress(f">a\n{GENE}\n".encode()))
        (upload,) = read_path(path, Limits())
        assert (upload.name, upload.rows[0].cells) == ("genes.fa.gz", ("a", f"{GENE}\n"))

    def test_what_is_not_there_is_named(self, tmp_path):
        with pytest.raises(InputError, match=r"genes\.fa cannot be read: No such file"):
            read_path(tmp_path / "genes.fa", Limits())


class TestReadRecords:
    def test_reads_all_of_them(self, tmp_path):
        (tmp_path / "genes.txt").write_text(f"sequence\tclass\n{GENE}\t3\n{GENE}\t3\n")
        records = read_records(tmp_path / "genes.txt", "human", Limits())
        assert records == [Record("", GENE, 1, 2, 3), Record("", GENE, 2, 3, 3)]

    def test_a_bad_one_is_refused_with_its_line(self, tmp_path):
        (tmp_path / "genes.txt").write_text(BAD)
        with pytest.raises(InputError) as caught:
            read_records(tmp_path / "genes.txt", "human", Limits())
        assert caught.value.message == (
            "2 of 3 records cannot be loaded. In genes.txt: Record 2 (line 3) has '!' at base 4;"
            " only IUPAC letters of DNA are read."
        )


class TestRequireClean:
    def test_counts_over_all_files(self):
        clean = report(f"sequence\tclass\n{GENE}\t3\n")
        require_clean([clean, clean])
        with pytest.raises(InputError, match=r"^4 of 7 records cannot be loaded\. .* Try again\.$"):
            require_clean([clean, report(BAD), report(BAD)], "Try again.")
