import numpy as np
import pytest
from Bio.Seq import reverse_complement as biopython

from core.evaluation.perturbations import (
    AMBIGUOUS,
    FRAGMENTS,
    SUBSTITUTED,
    ambiguous,
    fragment,
    stress,
    substituted,
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
        pieces = {fragment("AACCGGTT", 6, generator) for _ in range(50)}

        assert pieces == {"AACCGG", "ACCGGT", "CCGGTT"}


class TestSubstituted:
    @pytest.mark.parametrize("share", [0.05, 0.3])
    def test_so_many_bases_are_others(self, generator, share):
        changed = substituted(LONG, share, generator)

        assert share_of_others(LONG, changed) == pytest.approx(share, abs=0.02)
        assert set(changed) == set("ACGT")

    def test_ambiguous_letters_stay(self, generator):
        assert substituted("NRY", 1.0, generator) == "NRY"

    def test_no_base_becomes_itself(self, generator):
        assert share_of_others(LONG, substituted(LONG, 1.0, generator)) == 1.0


class TestAmbiguous:
    def test_so_many_letters_become_n(self, generator):
        changed = ambiguous(LONG, 0.2, generator)

        assert changed.count("N") / len(LONG) == pytest.approx(0.2, abs=0.02)
        assert share_of_others(LONG, changed) == changed.count("N") / len(LONG)


class TestStress:
    def test_asks_the_split_s_queries_in_many_ways_of_one_training_part(self):
        (found,) = stress(data(), seed=42)

        plain, *changed = found.tasks
        assert not plain.changed
        assert all(task.changed for task in changed)
        fitting = [length for length in FRAGMENTS if 2 * length <= 450]
        assert len(changed) == 1 + len(fitting) + len(SUBSTITUTED) + len(AMBIGUOUS)
        for task in changed:
            assert len(task.sequences) == task.places.size == task.units.size

    def test_fragments_have_their_length_and_come_from_their_sequence(self):
        given = data()
        (found,) = stress(given, seed=42)

        cut = next(task for task in found.tasks if task.name == "fragments of 150 bases")
        for place, piece in zip(cut.places, cut.sequences, strict=True):
            assert len(piece) == 150
            assert piece in given.sequences[place]

    def test_is_always_the_same_for_a_seed(self):
        one, same, other = (stress(data(), seed)[0].tasks[-1] for seed in (1, 1, 2))

        assert one.sequences == same.sequences
        assert one.sequences != other.sequences
