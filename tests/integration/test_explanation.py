"""Explanations of calls, with simulated homologs whose differences are known."""

import random
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from core.alignment.explanation import MAX_HIT_LETTERS, explain, explain_hits
from core.alignment.pairwise import format_alignment, split_rows
from core.alignment.scoring import GAP
from core.classification.prediction import Hit
from core.classify import classify
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.evolution import FAMILIES, ancestor, member, members
from tests.support.oracles import reverse_complement, translate
from tests.support.synthetic import FAMILY_NAMES, dna, genes
from tests.unit.runs.test_call_table import CALLED

GENE = ancestor(0)
PROTEIN = translate(GENE)
STRONG = 100.0
"""Bit score that only a homolog reaches."""
HIT = Hit(1, "human", 0, "gene", 0.9, len(GENE))


def explain_pair(query, residues=GENE, strand="+", frame=1):
    call = replace(CALLED, strand=strand, frame=frame)
    return explain_hits(query, call, [HIT], {HIT.id: residues})


def align(query, residues=GENE, strand="+", frame=1):
    (alignment,) = explain_pair(query, residues, strand, frame).alignments
    return alignment


def rebuild(alignment, query):
    """Return the query's letters at the positions of an alignment."""
    bases = query[alignment.query_start - 1 : alignment.query_end]
    bases = bases if alignment.strand == "+" else reverse_complement(bases)
    return translate(bases) if alignment.frame else bases


class TestProteins:
    @pytest.mark.parametrize("before", ["", "A", "GC"])
    def test_a_copy_is_aligned_from_end_to_end_in_its_frame(self, before):
        query = before + GENE
        frame = len(before) + 1
        found = align(query, frame=frame)
        assert (found.strand, found.frame) == ("+", frame)
        assert found.query_letters == found.midline == found.hit_letters == PROTEIN
        assert found.dna == GENE
        assert (found.query_start, found.query_end) == (frame, len(query))
        assert (found.hit_start, found.hit_end) == (1, len(PROTEIN))
        assert (found.identity, found.hit_coverage) == (1, 1)
        assert found.query_coverage == pytest.approx(len(GENE) / len(query))
        assert found.significant
        assert not found.truncated

    def test_on_the_other_strand_positions_are_those_of_the_query_as_given(self):
        query = dna("after", 31) + reverse_complement(GENE) + "AC"
        found = align(query, strand="-", frame=3)
        assert (found.strand, found.frame) == ("-", 3)
        assert (found.query_start, found.query_end) == (32, 31 + len(GENE))
        assert found.query_letters == PROTEIN == rebuild(found, query)

    def test_lost_and_added_codons_are_gaps(self):
        query = GENE[:90] + GENE[96:300] + "TGGTGGTGG" + GENE[300:]
        found = align(query)
        assert found.query_letters.count(GAP) == 2
        assert found.hit_letters.count(GAP) == 3
        assert found.query_letters.replace(GAP, "") == rebuild(found, query)
        assert found.hit_letters.replace(GAP, "") == PROTEIN
        assert found.dna.replace(GAP, "") == query
        same = sum(
            one == two for one, two in zip(found.query_letters, found.hit_letters, strict=True)
        )
        assert found.identity == same / len(found.query_letters) < 1

    def test_the_middle_says_what_is_alike(self):
        found = align(member(0, "near", 0.2))
        for one, mark, two in zip(
            found.query_letters, found.midline, found.hit_letters, strict=True
        ):
            assert mark == one if one == two else mark in "+ "
        assert "+" in found.midline

    def test_stops_and_what_cannot_be_read_do_not_end_it(self):
        query = GENE[:150] + "TAA" + GENE[153:240] + "NNN" + GENE[243:]
        found = align(query)
        assert found.query_letters == translate(query).replace("?", "X")
        assert (found.query_letters[50], found.query_letters[80]) == ("*", "X")
        assert (found.midline[50], found.midline[80]) == (" ", " ")
        assert found.identity == (len(PROTEIN) - 2) / len(PROTEIN)

    def test_a_piece_covers_all_of_itself_and_little_of_the_hit(self):
        found = align(GENE[150:240])
        assert (found.query_coverage, found.hit_coverage) == (1, 30 / len(PROTEIN))
        assert (found.hit_start, found.hit_end) == (51, 80)

    def test_a_hit_that_fits_another_frame_far_better_is_aligned_there(self):
        found = align(GENE, frame=2)
        assert (found.strand, found.frame, found.identity) == ("+", 1, 1)

    def test_a_long_query_is_cut_to_the_region_of_the_hit(self):
        query = dna("upstream", 30_000) + GENE + dna("downstream", 30_000)
        found = align(query)
        assert found.query_start <= 30_001
        assert found.query_end >= 30_000 + len(GENE)
        assert PROTEIN in found.query_letters
        assert not found.truncated

    def test_of_a_very_long_hit_the_surroundings_of_the_best_segment_are_aligned(self):
        draw = random.Random("long")
        codons = [codon for codon in re.findall("...", dna("codons", 60_000)) if codon[0] != "T"]
        long = "".join(draw.choices(codons, k=MAX_HIT_LETTERS + 1_000))
        found = align(long[-600:], long)
        assert found.truncated
        assert found.query_coverage == 1
        assert found.hit_end == MAX_HIT_LETTERS + 1_000


class TestNucleotides:
    """Where no frame is known."""

    def test_a_copy_is_aligned_as_bases(self):
        found = align("CC" + GENE, frame=0, strand="")
        assert (found.strand, found.frame, found.dna) == ("+", 0, "")
        assert found.query_letters == found.midline == found.hit_letters == GENE
        assert (found.query_start, found.query_end) == (3, len(GENE) + 2)

    def test_both_strands_are_tried(self):
        query = reverse_complement(GENE)
        found = align(query, frame=0, strand="")
        assert (found.strand, found.query_letters) == ("-", GENE)
        assert (found.query_start, found.query_end) == (1, len(GENE))

    def test_gaps_cost_as_in_blastn(self):
        found = align(GENE[:200] + GENE[203:], frame=0, strand="")
        assert found.query_letters.count(GAP) == 3
        assert found.score == 2 * (len(GENE) - 3) - 5 - 2 * 3


class TestSegments:
    def test_say_which_stretch_is_like_which_hit_on_which_strand(self):
        other = ancestor(1)
        query = dna("before", 50) + GENE + dna("between", 40) + reverse_complement(other)
        hits = [HIT, Hit(2, "dog", 1, "other", 0.5, len(other))]
        call = replace(CALLED, strand="+", frame=3)
        found = explain_hits(query, call, hits, {1: GENE, 2: other}).segments
        strong = [segment for segment in found if segment.bits > STRONG]
        assert [(segment.hit.family, segment.strand) for segment in strong] == [(0, "+"), (1, "-")]
        first, second = strong
        assert (first.start - 1, first.end) == pytest.approx((50, 50 + len(GENE)), abs=30)
        start = 50 + len(GENE) + 40
        assert (second.start - 1, second.end) == pytest.approx((start, len(query)), abs=30)
        assert min(first.bits, second.bits) > 200

    def test_two_exons_in_different_frames_are_two(self):
        query = GENE[:210] + dna("intron", 200) + GENE[210:]
        first, second = (
            segment for segment in explain_pair(query).segments if segment.bits > STRONG
        )
        assert (first.frame, first.start, first.hit_start) == (1, 1, 1)
        assert (second.frame, second.end, second.hit_end) == (3, len(query), len(PROTEIN))
        assert first.significant

    def test_where_none_is_beyond_chance_the_best_one_is_shown_as_such(self):
        found = explain_pair(dna("noise", 600))
        (segment,) = found.segments
        assert not segment.significant
        assert not found.alignments[0].significant

    def test_of_a_hit_in_which_only_chance_is_seen_little_is_aligned(self):
        long = dna("long", 6_000)
        (found,) = explain_pair(dna("noise", 300), long, "", 0).alignments
        assert found.truncated
        assert not found.significant

    def test_of_nothing_in_common_there_are_none(self):
        found = explain_pair("N" * 300)
        assert (found.alignments, found.segments, found.missing) == ((), (), ())


class TestSignificance:
    def test_an_alignment_is_less_significant_the_more_genes_were_searched(self):
        call = replace(CALLED, strand="+", frame=1)
        one, many = (
            explain_hits(GENE, call, [HIT], {HIT.id: GENE}, searched=searched).alignments[0]
            for searched in (1, 5_000)
        )
        assert many.evalue == pytest.approx(5_000 * one.evalue)
        assert (many.bits, many.hit_letters) == (one.bits, one.hit_letters)
        assert 0 < many.evalue < 1e-50

    def test_what_one_comparison_would_not_bring_by_chance_a_library_may(self):
        piece = GENE[150:216]
        call = replace(CALLED, strand="+", frame=1)
        one, many = (
            explain_hits(piece, call, [HIT], {HIT.id: GENE}, searched=searched)
            for searched in (1, 10**12)
        )
        assert one.alignments[0].significant
        assert one.segments[0].significant
        assert not many.alignments[0].significant
        assert not many.segments[0].significant


class TestMissing:
    def test_a_hit_that_was_removed_is_named(self):
        gone = replace(HIT, id=2)
        found = explain_hits(GENE, replace(CALLED, strand="+", frame=1), [gone, HIT], {1: GENE})
        assert found.missing == (gone,)
        assert [alignment.hit for alignment in found.alignments] == [HIT]

    def test_without_hits_there_is_nothing_to_explain(self):
        assert explain_hits(GENE, CALLED, [], {}).alignments == ()


class TestRows:
    @pytest.mark.parametrize("strand", "+-")
    def test_positions_go_on_from_row_to_row(self, strand):
        gene = GENE[:90] + GENE[96:]
        query = gene if strand == "+" else reverse_complement(gene)
        alignment = align(query, strand=strand)
        found = list(split_rows(alignment, 40))
        assert "".join(row.query_letters for row in found) == alignment.query_letters
        assert "".join(row.dna for row in found) == alignment.dna
        assert found[0].query_start == (1 if strand == "+" else len(query))
        assert found[-1].query_end == (len(query) if strand == "+" else 1)
        assert (found[0].hit_start, found[-1].hit_end) == (1, len(PROTEIN))
        step = 1 if strand == "+" else -1
        for one, following in pairwise(found):
            assert following.query_start == one.query_end + step
            assert following.hit_start == one.hit_end + 1

    def test_as_text_has_both_ends_and_the_dna_on_demand(self):
        alignment = align(GENE[:36], GENE[:36])
        protein = PROTEIN[:12]
        assert format_alignment(alignment) == (
            f"query   1 {protein} 36\n          {protein}\nhit     1 {protein} 12\n"
        )
        spread = "".join(f" {letter} " for letter in protein)
        assert format_alignment(alignment, dna=True).split("\n") == [
            f"query   1 {spread} 36",
            f"          {spread}".rstrip(),
            f"hit     1 {spread} 12",
            f"DNA       {GENE[:36]}",
            "",
        ]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("explaining"))) as stores:
        libraries = Libraries(stores)
        load(libraries, {"human": members("human", 3, 4)}, families=FAMILIES)
        references = {"human": genes("human")}
        load(libraries, references, library="count", encoder="count", families=FAMILY_NAMES)
        yield libraries


class TestExplain:
    def test_a_call_of_the_encoder_translated_by_proteins(self, libraries):
        library = libraries.open()
        query = reverse_complement(member(1, "query", 0.1))
        (call,) = classify(library, [Record("q", query, 1, 1)])
        found = explain(library, query, call, max_hits=2)
        assert [alignment.hit for alignment in found.alignments] == list(call.hits[:2])
        assert {(alignment.strand, alignment.frame) for alignment in found.alignments} == {("-", 1)}
        assert found.alignments[0].identity > 0.6
        assert {segment.hit.family for segment in found.segments} == {1}

    def test_a_call_of_the_encoder_count_by_bases(self, libraries):
        library = libraries.open("count")
        (call,) = classify(library, [Record("q", dna("human 2"), 1, 1)])
        found = explain(library, dna("human 2"), call)
        assert (found.alignments[0].frame, found.alignments[0].identity) == (0, 1)

    def test_what_was_removed_since_is_missing(self, libraries):
        references = {"dog": members("dog", 1, 2)}
        load(libraries, references, library="passing", families=FAMILIES)
        library = libraries.open("passing")
        query = member(0, "query", 0.1)
        (call,) = classify(library, [Record("q", query, 1, 1)])
        libraries.remove_organism("passing", "dog")
        assert explain(library, query, call).missing == call.hits
