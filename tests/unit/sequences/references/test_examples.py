import pytest

from core.alignment.translations import translate_frames
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.sequences.references.examples import (
    DIVERGENCE,
    EXAMPLES,
    make_examples,
    make_fragment,
    make_random_sequence,
    make_receptor,
)
from core.sequences.references.human import FAMILIES, load_human_reference


@pytest.fixture(scope="module")
def records():
    return read_text_queries(make_examples(), "examples", Limits())


class TestExamples:
    def test_are_always_the_same(self):
        assert make_examples() == make_examples()

    def test_are_good_records_one_a_family_and_a_random_one(self, records):
        assert [record.problem for record in records] == [None] * 8
        names = [f"example_{family + 1}" for family in FAMILIES]
        assert [record.name for record in records] == [*names, "random_sequence"]

    def test_are_genes_of_their_family_with_some_bases_substituted(self, records):
        for family, record in zip(FAMILIES, records, strict=False):
            genes = [
                gene.residues
                for gene in load_human_reference()
                if gene.family == family and len(gene.residues) == len(record.residues)
            ]
            shares = [_share_of_differences(gene, record.residues) for gene in genes]
            assert min(shares) == pytest.approx(DIVERGENCE, abs=0.04)

    def test_none_is_in_the_reference(self, records):
        reference = {record.residues for record in load_human_reference()}
        assert not reference & {record.residues for record in records}

    def test_are_wrapped_so_that_people_can_read_them(self):
        assert max(map(len, make_examples().split("\n"))) <= 70

    def test_are_open_from_end_to_end_as_genes_are(self, records):
        for record in records[:-1]:
            forward, *_ = translate_frames(record.residues)
            assert "*" not in forward.text[:-1]


class TestChoice:
    @pytest.mark.parametrize("make", EXAMPLES.values())
    def test_is_always_the_same(self, make):
        assert make() == make()

    @pytest.mark.parametrize("make", [make_receptor, make_fragment, make_random_sequence])
    def test_is_one_good_record(self, make):
        (record,) = _records(make())
        assert record.problem is None

    def test_the_fragment_is_open_on_the_reverse_strand(self):
        (record,) = _records(make_fragment())
        frames = {
            (frame.strand, frame.frame): frame.text for frame in translate_frames(record.residues)
        }
        assert "*" not in frames["-", 1]

    def test_of_twenty_one_cannot_be_used(self):
        records = _records(EXAMPLES["Batch of 20"]())
        assert len(records) == 20
        assert [record.name for record in records if record.problem] == ["invalid_character"]


def _records(text):
    return read_text_queries(text, "an example", Limits())


def _share_of_differences(one, other):
    return sum(a != b for a, b in zip(one, other, strict=True)) / len(one)
