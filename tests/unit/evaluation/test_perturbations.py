import numpy as np
import pytest
from Bio.Seq import reverse_complement as biopython

from core.evaluation.perturbations import (
    AMBIGUITY_RATES,
    FRAGMENT_LENGTHS,
    SUBSTITUTION_RATES,
    cut_fragment,
    mask,
    perturbed_split,
    substitute,
)
from core.sequences.alphabet import reverse_complement
from tests.support.evaluation_data import data
from tests.support.synthetic import dna

LONG = dna("long", 20_000)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def share_of_others(one: str, other: str) -> float:
    return float(np.mean([a != b for a, b in zip(one, other, strict=True)]))


class TestReverseComplement:
    def test_of_every_letter(self):
        assert reverse_complement("ACGTRYSWKMBDHVN") == biopython("ACGTRYSWKMBDHVN")


class TestFragment:
    def test_is_a_window(self, generator):
        pieces = {cut_fragment("AACCGGTT", 6, generator) for _ in range(50)}

        assert pieces == {"AACCGG", "ACCGGT", "CCGGTT"}


class TestSubstituted:
    @pytest.mark.parametrize("share", [0.05, 0.3])
    def test_so_many_bases_are_others(self, generator, share):
        changed = substitute(LONG, share, generator)

        assert share_of_others(LONG, changed) == pytest.approx(share, abs=0.02)
        assert set(changed) == set("ACGT")

    def test_ambiguous_letters_stay(self, generator):
        assert substitute("NRY", 1.0, generator) == "NRY"

    def test_no_base_becomes_itself(self, generator):
        assert share_of_others(LONG, substitute(LONG, 1.0, generator)) == 1.0


class TestAmbiguous:
    def test_so_many_letters_become_n(self, generator):
        changed = mask(LONG, 0.2, generator)

        assert changed.count("N") / len(LONG) == pytest.approx(0.2, abs=0.02)
        assert share_of_others(LONG, changed) == changed.count("N") / len(LONG)


class TestStress:
    def test_asks_the_split_s_queries_in_many_ways_of_one_training_part(self):
        (found,) = perturbed_split(data(), seed=42)

        plain, *changed = found.tasks
        assert not plain.perturbed
        assert all(task.perturbed for task in changed)
        fitting = [length for length in FRAGMENT_LENGTHS if 2 * length <= 450]
        assert len(changed) == 1 + len(fitting) + len(SUBSTITUTION_RATES) + len(AMBIGUITY_RATES)
        for task in changed:
            assert len(task.sequences) == task.indexes.size == task.units.size

    def test_fragments_have_their_length_and_come_from_their_sequence(self):
        given = data()
        (found,) = perturbed_split(given, seed=42)

        cut = next(task for task in found.tasks if task.name == "fragments of 150 bases")
        for place, piece in zip(cut.indexes, cut.sequences, strict=True):
            assert len(piece) == 150
            assert piece in given.sequences[place]

    def test_is_always_the_same_for_a_seed(self):
        one, same, other = (perturbed_split(data(), seed)[0].tasks[-1] for seed in (1, 1, 2))

        assert one.sequences == same.sequences
        assert one.sequences != other.sequences
