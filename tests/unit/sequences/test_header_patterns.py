import time

import pytest

from core.errors import InputError
from core.sequences.header_patterns import (
    FAMILY_PATTERNS,
    ORGANISM_PATTERNS,
    best_pattern,
    describe_several_families,
    search_headers,
)

EXPLODES = "a" * 900 + "!"


class TestFamilyPatterns:
    @pytest.mark.parametrize(
        ("header", "family"),
        [
            ("gene1 class=3", "3"),
            ("gene1 Class: 3 length=900", "3"),
            ("gene1 family:Ion channel", "Ion channel"),
            ("gene1 family=Ion channel organism=human", "Ion channel"),
            ("gene1 [family=Ion channel] [organism=human]", "Ion channel"),
            ("gene1|family=Synthase|human", "Synthase"),
            ('gene1 gene_family="G protein coupled receptors"', "G protein coupled receptors"),
            ("gene1|3|human", "3"),
            ("gene1 |12", "12"),
            ("gi|17|human class=3", "3"),
        ],
    )
    def test_read_what_people_write(self, header, family):
        pattern = best_pattern(FAMILY_PATTERNS, [header])
        assert search_headers(pattern, [header]) == [family]

    @pytest.mark.parametrize("header", ["gene1", "gi|29345|ref|NM_1.2", "class", "x=3", ""])
    def test_find_nothing_else(self, header):
        assert best_pattern(FAMILY_PATTERNS, [header]) == ""

    def test_the_one_of_most_headers_is_taken(self):
        headers = ["a|1|", "b|2|", "c class=3"]
        assert best_pattern(FAMILY_PATTERNS, headers) == FAMILY_PATTERNS["|3|"]

    def test_none_is_taken_of_no_headers(self):
        assert best_pattern(FAMILY_PATTERNS, []) == ""


class TestOrganismPatterns:
    @pytest.mark.parametrize(
        ("header", "organism"),
        [
            ("a [organism=Homo sapiens]", "Homo sapiens"),
            ("a organism=human class=3", "human"),
            ("sp|P1|X Kinase OS=Homo sapiens OX=9606 GN=X", "Homo sapiens"),
        ],
    )
    def test_read_what_people_write(self, header, organism):
        pattern = best_pattern(ORGANISM_PATTERNS, [header])
        assert search_headers(pattern, [header]) == [organism]


class TestSearchHeaders:
    def test_gives_the_first_group_of_each(self):
        assert search_headers(r"fam_(\w+)-(\d)", ["x fam_A-1 y", "none", "fam_B-2"]) == [
            "A",
            "",
            "B",
        ]

    def test_takes_the_first_place_in_a_header(self):
        assert search_headers(r"(\d)", ["a1b2"]) == ["1"]

    def test_alternatives_stay_inside_the_pattern(self):
        assert search_headers("x|y(.)", ["ayb"]) == ["b"]

    @pytest.mark.parametrize("pattern", ["(", "a)(", "[", "(?=a)(b)", r"(a)\1", "*(a)", "(?P<x"])
    def test_what_is_no_pattern_is_refused(self, pattern):
        with pytest.raises(InputError) as caught:
            search_headers(pattern, ["abc"])
        assert caught.value.message.startswith(f"Invalid pattern {pattern!r}: ")
        assert "^.*?" not in caught.value.message

    def test_a_pattern_needs_brackets(self):
        with pytest.raises(InputError, match="has no capture group"):
            search_headers(r"class=\d+", ["class=3"])

    def test_an_endless_pattern_is_refused(self):
        with pytest.raises(InputError, match="has 301 characters; the maximum is 300"):
            search_headers("x" * 301, ["x"])

    def test_one_that_is_too_large_unfolded_is_refused(self):
        with pytest.raises(InputError, match="Invalid pattern"):
            search_headers("(((a{9}){99}){99})", ["a"])

    @pytest.mark.parametrize(
        "pattern", ["(a+)+$", "((a|aa)+)$", "(.*a){20}(b)", "(a*)*b", "(a|a)*(c)", "(.*)(.*)(.*)=x"]
    )
    def test_none_takes_long_whatever_it_is(self, pattern):
        started = time.thread_time()
        assert len(search_headers(pattern, [EXPLODES] * 50)) == 50
        assert time.thread_time() - started < 5

    def test_looks_at_the_beginning_of_a_header_only(self):
        assert search_headers("(x)", ["a" * 1_000 + "x"]) == [""]

    def test_surrogates_in_a_pattern_are_an_input_error(self):
        with pytest.raises(InputError, match="Invalid pattern"):
            search_headers("(\ud800)", ["a"])


class TestSeveralFamilies:
    PATTERN = FAMILY_PATTERNS["family=…"]

    @pytest.mark.parametrize(
        "header", ["a class=1 class=2", "a [class=3] [family=Kinase]", "a|3| family: Kinase"]
    )
    def test_in_one_header_are_noted(self, header):
        (note,) = describe_several_families(self.PATTERN, ["b class=1", header])
        assert note == f"Headers name several families, such as {header!r}; one of them is read."

    def test_one_of_each_header_is_not(self):
        headers = ["a class=1", "b [gene_family=Ion channel] [organism=dog]", "c"]
        assert describe_several_families(self.PATTERN, headers) == []

    def test_are_no_matter_of_a_pattern_of_the_users_own(self):
        assert describe_several_families(r"class=(\d)", ["a class=1 class=2"]) == []
