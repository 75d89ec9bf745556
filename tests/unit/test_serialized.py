import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.serialized import decompress, parse_json

TEXT = zlib.compress(b'["ACGT"]' * 100)


class TestParseJson:
    def test_reads_unpaired_surrogates(self):
        assert parse_json(b'["\\ud83e"]') == ["\ud83e"]

    @pytest.mark.parametrize(
        "text", ["", "{", b"\xff", b"\0", "[" * 100_000, "1" * 10_000, None, 5], ids=str
    )
    def test_refuses_what_is_none_in_one_way(self, text):
        with pytest.raises(ValueError):  # noqa: PT011  (it has many messages)
            parse_json(text)


class TestDecompress:
    def test_gives_all_of_it(self):
        assert decompress(TEXT, 800) == b'["ACGT"]' * 100

    @pytest.mark.parametrize("data", [b"", b"\0", TEXT[:-1], TEXT + b"x", b"x" + TEXT])
    def test_refuses_what_is_damaged(self, data):
        with pytest.raises(ValueError):  # noqa: PT011
            decompress(data, 800)

    def test_refuses_more_than_it_may_be(self):
        with pytest.raises(ValueError, match="not a complete compressed stream"):
            decompress(TEXT, 799)

    @given(st.integers(0, len(TEXT) - 1), st.integers(1, 255))
    def test_never_gives_anything_else(self, position, change):
        data = bytearray(TEXT)
        data[position] ^= change
        with suppress(ValueError):
            assert decompress(bytes(data), 800) == b'["ACGT"]' * 100
