from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
import pytest

from core.classification.profile_search import MAX_E_VALUE, ProfileSearch
from core.encoders.proteins import encode_bases
from tests.support.profiles import build, coding, distant_protein, profile
from tests.support.synthetic import dna

LENGTH = 60
PROTEIN = distant_protein("long", "one", 120)
"""Found by its own profile in any place."""
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def reverse_complement(sequence):
    return sequence.translate(COMPLEMENT)[::-1]


@pytest.fixture(scope="module")
def search():
    return ProfileSearch([build("own", [PROTEIN]), profile(0), profile(1)])


class TestSearch:
    @pytest.mark.parametrize("offset", [0, 1, 2])
    @pytest.mark.parametrize("strand", ["+", "-"])
    def test_finds_the_strand_the_frame_and_the_bases(self, search, offset, strand):
        gene = coding(PROTEIN)
        before, after = "TAA" * 20 + "A" * offset, "TAACTAACTAA" * 4
        query = before + gene + after
        if strand == "-":
            query = reverse_complement(query)
        (match, *_) = search.search([query])[0]
        start = len(before) if strand == "+" else len(after)
        assert (match.profile, match.strand) == (0, strand)
        assert match.frame == (offset % 3) + 1
        # The ends of an alignment may lack some residues.
        assert start < match.start <= start + 15
        assert start + len(gene) - 15 <= match.end <= start + len(gene)
        assert (match.start - 1 - start) % 3 == 0
        assert (match.end - match.start + 1) % 3 == 0

    def test_the_bases_are_those_of_the_protein(self, search):
        (match,) = search.search([coding(PROTEIN)])[0]
        assert match.score > 100
        assert match.e_value < 1e-20

    def test_what_is_found_does_not_depend_on_the_other_queries(self, search):
        queries = [coding(distant_protein(n % 2, f"asked {n}")) for n in range(12)]
        alone = [search.search([query])[0] for query in queries]
        assert search.search(queries) == alone
        assert sum(map(bool, alone)) >= 4

    def test_more_profiles_bring_more_chance(self):
        query = coding(distant_protein(0, "asked 0", 220))
        few, many = ([profile(0)], [profile(0), *[profile(n) for n in (1, 2, 3)]])
        one, other = (ProfileSearch(texts).search([query])[0][0] for texts in (few, many))
        assert one.score == other.score
        assert other.e_value == pytest.approx(4 * one.e_value)

    def test_random_dna_matches_nothing_that_counts(self, search):
        found = search.search([dna(f"random {number}", 900) for number in range(200)])
        assert sum(match.e_value < 0.001 for matches in found for match in matches) == 0
        assert all(match.e_value <= MAX_E_VALUE for matches in found for match in matches)

    @pytest.mark.parametrize("query", ["", "A", "ACGT", "N" * 300, "TAA" * 50, "RYKM" * 40])
    def test_what_cannot_be_read_matches_nothing(self, search, query):
        assert search.search([query]) == [[]]

    def test_ambiguous_bases_are_passed_over(self, search):
        gene = coding(PROTEIN)
        assert search.search([gene[:150] + "N" * 6 + gene[156:]])[0][0].profile == 0

    def test_a_long_contig_is_bounded(self, search):
        gene = coding(PROTEIN)
        contig = dna("contig", 150_000) + "TAA" + gene * 3 + dna("more", 150_000)
        assert np.bincount(encode_bases(contig)).size == 4
        assert search.search([contig])[0][0].profile == 0

    def test_no_queries_are_no_matches(self, search):
        assert search.search([]) == []

    def test_many_at_once_find_what_one_finds(self, search):
        members = [coding(distant_protein(number % 2, number)) for number in range(12)]
        expected = [search.search([query]) for query in members]
        assert any(matches for (matches,) in expected)
        with ThreadPoolExecutor(12) as pool:
            found = list(pool.map(lambda query: search.search([query]), members * 5))
        assert found == expected * 5

    def test_a_profile_in_use_is_searched_as_well(self, search):
        query = coding(PROTEIN)
        expected = search.search([query])
        with ExitStack() as searches:
            for models in search._shares:
                for model in models:
                    searches.enter_context(model._borrow())
            assert search.search([query]) == expected

    def test_more_profiles_than_shares(self, search):
        texts = [build(f"own_{number}", [PROTEIN]) for number in range(70)]
        (matches,) = ProfileSearch(texts).search([coding(PROTEIN)])
        assert sorted(match.profile for match in matches) == list(range(70))
        assert len({match.score for match in matches}) == 1
