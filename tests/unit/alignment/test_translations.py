import pytest

from core.alignment.translations import read_strands, translate_frames
from tests.support.oracles import reverse_complement, six_frames
from tests.support.synthetic import dna


@pytest.mark.parametrize("length", [1, 2, 3, 4, 100, 101, 102])
class TestTranslations:
    def test_are_the_six_frames(self, length):
        query = dna("six frames", length)
        readings = translate_frames(query)
        assert [reading.text for reading in readings] == six_frames(query)
        assert [(reading.strand, reading.frame) for reading in readings] == [
            *(("+", frame) for frame in (1, 2, 3)),
            *(("-", frame) for frame in (1, 2, 3)),
        ]

    def test_every_residue_knows_its_bases(self, length):
        query = dna("places", length)
        for reading in translate_frames(query):
            for index in range(len(reading.text)):
                start, end = reading.to_query_positions(index, index + 1)
                codon = query[start - 1 : end]
                read = codon if reading.strand == "+" else reverse_complement(codon)
                assert read == reading.dna[3 * index : 3 * index + 3]
                assert len(read) == 3


class TestStrands:
    def test_are_both_as_bases_with_n_for_what_cannot_be_read(self):
        forward, back = read_strands("ACGTTR")
        assert (forward.strand, forward.frame, forward.text) == ("+", 0, "ACGTTN")
        assert (back.strand, back.frame, back.text) == ("-", 0, "NAACGT")

    def test_every_base_knows_its_place(self):
        query = dna("bases", 50)
        for reading in read_strands(query):
            for index, letter in enumerate(reading.text):
                start, end = reading.to_query_positions(index, index + 1)
                assert start == end
                base = query[start - 1]
                assert letter == (base if reading.strand == "+" else reverse_complement(base))
