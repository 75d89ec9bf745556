import gzip
from pathlib import Path

import pytest

from core.cli.table_output import BatchedTable, check_output, encode, is_gzip
from core.errors import InputError
from core.runs.call_table import format_calls
from tests.unit.runs.test_call_table import CALLED, INVALID, UNKNOWN

BATCHES = [[CALLED, INVALID], [UNKNOWN], [CALLED]]
CALLS = [call for batch in BATCHES for call in batch]


@pytest.mark.parametrize("file_format", ["tsv", "csv", "json", "ndjson"])
@pytest.mark.parametrize("stopped", [0, 1, 2, 3])
def test_batches_make_the_table_of_all(file_format, stopped):
    first, second = (BatchedTable(file_format, begun=begun) for begun in (False, stopped > 0))
    texts = [format_calls(batch, file_format, {}) for batch in BATCHES]
    text = "".join(
        [*map(first.add, texts[:stopped]), *map(second.add, texts[stopped:]), second.end()]
    )
    assert text == format_calls(CALLS, file_format, {})


def test_parquet_is_made_of_tsv():
    table = BatchedTable("parquet", begun=True)
    assert table.add("a\tb\n1\t2\n") == "1\t2\n"


@pytest.mark.parametrize(
    ("name", "gzipped"),
    [("a.tsv.gz", True), ("a.GZ", True), ("a.tsv", False), ("gz", False), ("/dev/x.gz", False)],
)
def test_an_output_is_gzipped_by_its_name(name, gzipped):
    assert is_gzip(Path(name)) == gzipped
    data = encode("café", Path(name)) + encode("", Path(name)) + encode("!", Path(name))
    assert (gzip.decompress(data) if gzipped else data) == "café!".encode()


def test_the_same_text_is_the_same_gzip():
    assert encode("a", Path("a.gz")) == encode("a", Path("a.gz"))


@pytest.mark.parametrize("output", [None, Path("/dev/null")])
def test_only_files_are_continued_or_parquet(output):
    check_output("tsv", output, resume=False)
    for file_format, resume in (("tsv", True), ("parquet", False)):
        with pytest.raises(InputError, match="Name it with --output"):
            check_output(file_format, output, resume=resume)
