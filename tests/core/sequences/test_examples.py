import pytest

from core.sequences.examples import SUBSTITUTED, examples
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.sequences.reference import FAMILIES, human_reference


@pytest.fixture(scope="module")
def records():
    return read_text_queries(examples(), "examples", Limits())


class TestExamples:
    def test_are_always_the_same(self):
        assert examples() == examples()

    def test_are_good_records_one_a_family_and_a_random_one(self, records):
        assert [record.problem for record in records] == [None] * 8
        names = [f"example_{family + 1}" for family in FAMILIES]
        assert [record.name for record in records] == [*names, "random_sequence"]

    def test_are_genes_of_their_family_with_some_bases_substituted(self, records):
        for family, record in zip(FAMILIES, records, strict=False):
            genes = [
                gene.residues
                for gene in human_reference()
                if gene.family == family and len(gene.residues) == len(record.residues)
            ]
            shares = [_share_of_differences(gene, record.residues) for gene in genes]
            assert min(shares) == pytest.approx(SUBSTITUTED, abs=0.04)

    def test_none_is_in_the_reference(self, records):
        reference = {record.residues for record in human_reference()}
        assert not reference & {record.residues for record in records}

    def test_are_wrapped_so_that_people_can_read_them(self):
        assert max(map(len, examples().split("\n"))) <= 70


def _share_of_differences(one, other):
    return sum(a != b for a, b in zip(one, other, strict=True)) / len(one)
