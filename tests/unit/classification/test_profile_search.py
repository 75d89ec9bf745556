import numpy as np
import pytest

from core.classification.profile_search import MAX_E_VALUE, ProfileSearch, parse_hmm
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


class TestParse:
    def test_reads_what_hmmbuild_writes(self):
        hmm = parse_hmm(profile(0))
        assert (hmm.name, hmm.M) == ("profile_0", 220)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("HMMER3/f", "HMMER3/z"),
            ("LENG  220", "LENG  219"),
            ("LENG  220", "LENG  221"),
            ("//", ""),
            ("     10 ", "     11 "),
            ("  COMPO", "\0 COMPO"),
        ],
    )
    def test_damage_is_an_error(self, old, new):
        text = profile(0)
        assert old in text
        with pytest.raises(ValueError, match=r"."):
            parse_hmm(text.replace(old, new, 1))

    @pytest.mark.parametrize("scale", ["0.00000", "-0.7", "nan", "inf"])
    def test_scores_must_have_a_scale(self, scale):
        before, _, after = profile(0).partition("STATS LOCAL FORWARD")
        location, _ = after.split("\n", 1)[0].split()
        line = f"STATS LOCAL FORWARD  {location} {scale}"
        with pytest.raises(ValueError, match="STATS LOCAL"):
            parse_hmm("\n".join([before + line, after.split("\n", 1)[1]]))

    @pytest.mark.parametrize("number", ["0.00001", "-3.2", "nan", "inf", "x"])
    def test_probabilities_must_add_up(self, number):
        lines = profile(0).split("\n")
        (state,) = [index for index, line in enumerate(lines) if line.startswith("     10 ")]
        index, first, *others = lines[state].split()
        lines[state] = "  ".join([index, number, *others])
        assert float(first) > 0.1
        with pytest.raises(ValueError, match=r"."):
            parse_hmm("\n".join(lines))
