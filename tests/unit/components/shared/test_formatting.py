import pytest

from components.shared.formatting import (
    escape_markdown,
    format_duration,
    isolate_bidi,
    pluralize,
    unique_labels,
)


class TestEscapeMarkdown:
    def test_escapes_every_mark(self):
        marks = "\\`*_{}[]()#+-.!|<>~$:&^="
        assert escape_markdown(marks) == "".join(f"\\{mark}" for mark in marks)

    @pytest.mark.parametrize(
        ("text", "broken"),
        [
            ("see https://evil.example/x", "see https\\:\u2060//evil\\.example/x"),
            ("WWW.evil.example", "WWW\u2060\\.evil\\.example"),
            ("a@evil.example", "a@\u2060evil\\.example"),
            ("a:b, awww. 5'/3'", "a\\:b, awww\\. 5'/3'"),
        ],
    )
    def test_leaves_no_address_that_becomes_a_link(self, text, broken):
        assert escape_markdown(text) == broken

    def test_joins_lines(self):
        assert escape_markdown(" a\n\n b\t") == "a b"

    def test_isolates_text_from_right_to_left(self):
        assert escape_markdown("\u0645") == "\u2068\u0645\u2069"


class TestIsolateBidi:
    @pytest.mark.parametrize("text", ["", "abc", "grün", "🧬"])
    def test_leaves_text_from_left_to_right(self, text):
        assert isolate_bidi(text) == text


class TestUniqueLabels:
    def test_skips_numbers_that_are_taken(self):
        assert unique_labels(["a", "a (2)", "a"]) == ["a", "a (2)", "a (3)"]


class TestPluralize:
    def test_takes_irregular_plurals(self):
        assert pluralize(2, "query", "queries") == "2 queries"
        assert pluralize(0, "gene") == "0 genes"


class TestFormatDuration:
    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(1, "1 s"), (59, "59 s"), (60, "1 min"), (3_600, "1 h"), (86_400, "1 d")],
    )
    def test_takes_the_largest_unit(self, seconds, text):
        assert format_duration(seconds) == text
